"""Every state an order may go to, every one it may not, and the event that each step leaves."""

import pytest
from flask import Flask
from sqlalchemy import update

from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob
from storefront.orders import service as orders
from storefront.orders.models import TRANSITIONS, Order, OrderStatus
from storefront.orders.queries import UnknownOrder, get_order_by_id
from storefront.orders.service import OrderMoved
from storefront.stock.service import NotOnShelf
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.races import at_once
from tests.fixtures.readings import event_kinds, forget, ledger_sum, staged, stock_of
from tests.fixtures.shop import on_every_database

EVERY_PAIR = [(here, there) for here in OrderStatus for there in OrderStatus]
ALLOWED = [(here, there) for here, there in EVERY_PAIR if there in TRANSITIONS[here]]
FORBIDDEN = [(here, there) for here, there in EVERY_PAIR if there not in TRANSITIONS[here]]


def order_in(status: OrderStatus) -> int:
    order_id = make_order().id
    put(order_id, status)
    return order_id


def put(order_id: int, status: OrderStatus) -> None:
    with transaction() as session:
        session.execute(update(Order).where(Order.id == order_id).values(status=status))


def move(order_id: int, expected: OrderStatus, to: OrderStatus) -> None:
    with transaction():
        orders.move(order_id, expected, to, "tests", "moved", why="because")


def mark_paid(order_id: int) -> bool:
    with transaction():
        return orders.mark_paid(order_id, "tests", payment_ref="pi_1")


def status_of(order_id: int) -> OrderStatus:
    forget()
    return get_order_by_id(db.session(), order_id).status


def test_a_paid_order_never_becomes_expired_or_unpaid_again() -> None:
    assert not TRANSITIONS[OrderStatus.PAID] & {OrderStatus.EXPIRED, OrderStatus.PENDING}
    assert TRANSITIONS[OrderStatus.EXPIRED] == {OrderStatus.PAID, OrderStatus.ACCEPTED}


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(("here", "there"), ALLOWED)
def test_an_allowed_step_is_taken_and_noted(here: OrderStatus, there: OrderStatus) -> None:
    order_id = order_in(here)
    move(order_id, here, there)
    event = get_order_by_id(db.session(), order_id).events[-1]
    assert status_of(order_id) is there
    assert (event.kind, event.actor, event.from_status, event.to_status) == ("moved", "tests", here, there)
    assert event.facts == {"why": "because"}


@pytest.mark.usefixtures("context")
def test_a_forbidden_step_is_not_taken_from_any_state() -> None:
    order_id = make_order().id
    for here, there in FORBIDDEN:
        put(order_id, here)
        with pytest.raises(ValueError, match="is no transition"):
            move(order_id, here, there)
        assert status_of(order_id) is here
    assert event_kinds(order_id) == ["placed"]


@pytest.mark.usefixtures("context")
def test_a_step_that_expects_another_state_is_refused_and_says_where_the_order_stands() -> None:
    order_id = make_order().id
    for expected, to in ALLOWED:
        for actual in set(OrderStatus) - {expected}:
            put(order_id, actual)
            with pytest.raises(OrderMoved) as refused:
                move(order_id, expected, to)
            assert refused.value.facts["status"] is actual
            assert status_of(order_id) is actual
    assert event_kinds(order_id) == ["placed"]


@pytest.mark.usefixtures("context")
def test_an_unknown_order_does_not_move() -> None:
    with pytest.raises(UnknownOrder):
        move(10**6, OrderStatus.PENDING, OrderStatus.PAID)
    with pytest.raises(UnknownOrder):
        orders.add_note(10**6, "hello", "staff")


@pytest.mark.usefixtures("context")
def test_paying_stamps_the_time_stages_the_mail_and_counts_what_was_sold() -> None:
    variant = make_variant(price_minor=2500)
    order_id = make_order(variant, 3).id
    assert mark_paid(order_id) is True
    order = get_order_by_id(db.session(), order_id)
    assert order.paid_at is not None
    assert order.paid_at >= order.placed_at
    assert order.events[-1].facts == {"payment_ref": "pi_1"}
    assert staged("orders.send_confirmation") == [{"order_id": order_id}]
    assert variant.product.sold == 3


@on_every_database
def test_paying_twice_is_one_event_and_one_mail(context: Flask) -> None:
    order_id = make_order().id
    assert sorted(at_once(context, [lambda: mark_paid(order_id)] * 6).won()) == [False] * 5 + [True]
    assert mark_paid(order_id) is False
    assert event_kinds(order_id) == ["placed", "paid"]
    assert staged("orders.send_confirmation") == [{"order_id": order_id}]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("status", [OrderStatus.PARTLY_FULFILLED, OrderStatus.FULFILLED])
def test_what_is_on_its_way_was_paid_before(status: OrderStatus) -> None:
    order_id = order_in(status)
    assert mark_paid(order_id) is False
    assert status_of(order_id) is status


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("status", [OrderStatus.CANCELLED, OrderStatus.EXPIRED])
def test_an_order_that_is_over_does_not_become_paid(status: OrderStatus) -> None:
    order_id = order_in(status)
    with pytest.raises(OrderMoved):
        mark_paid(order_id)
    assert staged("orders.send_confirmation") == []


@on_every_database
def test_paying_and_cancelling_at_once_end_in_one_of_both(context: Flask) -> None:
    variant = make_variant(stock_level=10)
    order_id, variant_id = make_order(variant, 4).id, variant.id

    def cancel() -> None:
        with transaction():
            orders.cancel_pending(order_id, "tests", "too slow")

    race = at_once(context, [lambda: mark_paid(order_id), cancel])
    assert len(race.results) == len(race.errors) == 1
    assert isinstance(race.errors[0], OrderMoved)
    is_paid = status_of(order_id) is OrderStatus.PAID
    assert event_kinds(order_id) == ["placed", "paid" if is_paid else "cancelled"]
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == (6 if is_paid else 10)
    assert len(staged("orders.send_confirmation")) == is_paid


@pytest.mark.usefixtures("context")
def test_cancelling_gives_the_stock_back_once() -> None:
    variant = make_variant(stock_level=10)
    order_id = make_order(variant, 4).id
    assert stock_of(variant.id) == (6, 10)
    with transaction():
        orders.cancel_pending(order_id, "shopper", "changed their mind")
    with pytest.raises(OrderMoved), transaction():
        orders.cancel_pending(order_id, "shopper", "changed their mind")
    assert stock_of(variant.id) == (10, 10)
    assert get_order_by_id(db.session(), order_id).events[-1].facts == {"reason": "changed their mind"}


@pytest.mark.usefixtures("context")
def test_shipping_a_paid_order_empties_the_shelf() -> None:
    variant = make_variant(stock_level=10)
    order_id = make_order(variant, 4).id
    with pytest.raises(OrderMoved):
        orders.fulfil(order_id, "packer")
    mark_paid(order_id)
    orders.fulfil(order_id, "packer")
    assert stock_of(variant.id) == (6, 6)
    assert (status_of(order_id), event_kinds(order_id)[-1]) == (OrderStatus.FULFILLED, "fulfilled")
    with pytest.raises(OrderMoved):
        orders.fulfil(order_id, "packer")
    assert stock_of(variant.id) == (6, 6)


@pytest.mark.usefixtures("context")
def test_an_order_that_cannot_be_shipped_stays_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = make_order().id
    mark_paid(order_id)

    def refuse(_lines: object) -> None:
        raise NotOnShelf(variant_id=1, quantity=1)

    monkeypatch.setattr(orders.stock, "ship", refuse)
    with pytest.raises(NotOnShelf):
        orders.fulfil(order_id, "packer")
    assert status_of(order_id) is OrderStatus.PAID


@pytest.mark.usefixtures("context")
def test_a_mail_that_cannot_be_staged_leaves_the_order_unpaid(monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = make_order().id

    def fail(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr(outbox, "stage", fail)
    with pytest.raises(LookupError):
        mark_paid(order_id)
    assert status_of(order_id) is OrderStatus.PENDING
    assert db.session.scalars(db.select(OutboxJob)).all() == []
