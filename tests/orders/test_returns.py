"""Goods that come back: never more than were sent, once each, on sale again only when that was chosen."""

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from storefront.core.db import db, transaction
from storefront.orders import returns
from storefront.orders import service as orders
from storefront.orders.queries import get_order_by_id
from storefront.orders.service import OrderMoved
from storefront.stock import service as stock
from storefront.stock.models import EntryKind
from storefront.stock.queries import list_entries
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.races import at_once
from tests.fixtures.readings import event_kinds, ledger_sum, stock_of
from tests.fixtures.shop import on_every_database


def sent_order(quantity: int = 4) -> tuple[int, int, int]:
    """An order of 4 out of 10 pieces that is on its way: its id, its line's id, the variant's id."""
    variant = make_variant(stock_level=10)
    order, variant_id = make_order(variant, quantity), variant.id
    order_id, line_id = order.id, order.lines[0].id
    db.session.rollback()
    with transaction():
        orders.mark_paid(order_id, "tests")
    orders.fulfil(order_id, "tests")
    return order_id, line_id, variant_id


def take_back(order_id: int, line_id: int, quantity: int, key: str = "once", *, is_restocked: bool = True) -> None:
    pieces = {line_id: quantity}
    returns.take_back(order_id, key, pieces, is_restocked=is_restocked, reason="too blue", actor="user:1")


def returned(order_id: int) -> list[tuple[int, int]]:
    """Pieces and money of each return line."""
    db.session.rollback()
    found = get_order_by_id(db.session(), order_id).returns
    return [(line.quantity, line.amount_minor) for back in found for line in back.lines]


@on_every_database
def test_what_came_back_can_be_sold_again(context: Flask) -> None:
    order_id, line_id, variant_id = sent_order()
    assert stock_of(variant_id) == (6, 6)
    take_back(order_id, line_id, 3)
    assert stock_of(variant_id) == (9, 9)
    assert ledger_sum(variant_id) == 9
    assert returned(order_id) == [(3, 750)]
    assert event_kinds(order_id)[-1] == "returned"
    entry = list_entries(db.session(), variant_id, 1)[0]
    assert (entry.kind, entry.quantity, entry.actor, entry.reason) == (EntryKind.RETURN, 3, "user:1", "too blue")


@pytest.mark.usefixtures("context")
def test_what_is_damaged_is_noted_and_not_sold_again() -> None:
    order_id, line_id, variant_id = sent_order()
    take_back(order_id, line_id, 1, is_restocked=False)
    assert stock_of(variant_id) == (6, 6)
    assert returned(order_id) == [(1, 250)]


@pytest.mark.usefixtures("context")
def test_the_rest_can_come_back_later_and_no_more() -> None:
    order_id, line_id, variant_id = sent_order()
    take_back(order_id, line_id, 3, "first")
    with pytest.raises(returns.ReturnedTooMany) as caught:
        take_back(order_id, line_id, 2, "second")
    assert caught.value.facts["left"] == 1
    take_back(order_id, line_id, 1, "third")
    with pytest.raises(returns.ReturnedTooMany):
        take_back(order_id, line_id, 1, "fourth")
    assert stock_of(variant_id) == (10, 10)
    assert sum(money for _, money in returned(order_id)) == 1000


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("pieces", [{}, {"own": 0}, {"own": -1}, {"other": 1}, {"own": 1, "other": 1}])
def test_what_is_no_number_of_this_order_is_refused(pieces: dict[str, int]) -> None:
    order_id, line_id, _ = sent_order()
    _, other_id, _ = sent_order()
    ids = {"own": line_id, "other": other_id}
    wanted = {ids[name]: number for name, number in pieces.items()}
    with pytest.raises(returns.NothingReturned):
        returns.take_back(order_id, "key", wanted, is_restocked=True, reason="x", actor="tests")
    assert returned(order_id) == []


@pytest.mark.usefixtures("context")
def test_what_was_never_sent_does_not_come_back() -> None:
    order = make_order(make_variant(stock_level=10), 4)
    order_id, line_id = order.id, order.lines[0].id
    db.session.rollback()
    with pytest.raises(OrderMoved):
        take_back(order_id, line_id, 1)
    with transaction():
        orders.mark_paid(order_id, "tests")
    with pytest.raises(OrderMoved):
        take_back(order_id, line_id, 1)
    assert returned(order_id) == []


@on_every_database
def test_one_form_sent_many_times_at_once_is_one_return(context: Flask) -> None:
    order_id, line_id, variant_id = sent_order()
    race = at_once(context, [lambda: take_back(order_id, line_id, 1)] * 6)
    assert race.errors == []
    assert returned(order_id) == [(1, 250)]
    assert stock_of(variant_id) == (7, 7)


@on_every_database
def test_two_desks_at_once_take_back_no_more_than_was_sent(context: Flask) -> None:
    order_id, line_id, variant_id = sent_order()
    race = at_once(context, [lambda n=n: take_back(order_id, line_id, 3, f"desk {n}") for n in range(4)])
    assert len(race.results) == 1
    assert all(isinstance(error, returns.ReturnedTooMany) for error in race.errors)
    assert returned(order_id) == [(3, 750)]
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 9


@on_every_database
def test_the_ledger_itself_refuses_a_return_line_twice(context: Flask) -> None:
    variant_id = make_variant(stock_level=1).id
    db.session.rollback()
    lines = [stock.StockLine(variant_id, 1, return_line_id=77)]
    with transaction():
        stock.take_back(lines, "tests", "once")
    with pytest.raises(IntegrityError), transaction():
        stock.take_back(lines, "tests", "twice")
    assert stock_of(variant_id) == (2, 2)


@on_every_database
def test_broken_goods_are_written_off_and_never_more_than_there_are(context: Flask) -> None:
    variant_id = make_variant(stock_level=5).id
    db.session.rollback()
    stock.write_off(variant_id, 2, "tests", "dropped")
    assert stock_of(variant_id) == (3, 3)
    assert list_entries(db.session(), variant_id, 1)[0].kind is EntryKind.WRITE_OFF
    db.session.rollback()
    for quantity, error in ((4, stock.NotEnoughStock), (0, stock.InvalidQuantity), (-1, stock.InvalidQuantity)):
        with pytest.raises(error):
            stock.write_off(variant_id, quantity, "tests", "dropped")
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 3


@pytest.mark.usefixtures("context")
def test_an_order_cancelled_with_broken_goods_leaves_the_rest_right() -> None:
    variant = make_variant(stock_level=10)
    order_id, variant_id = make_order(variant, 4).id, variant.id
    db.session.rollback()
    with transaction():
        orders.cancel_pending(order_id, "tests", "burnt", is_written_off=True)
    assert stock_of(variant_id) == (6, 6)
    assert ledger_sum(variant_id) == 6
    kinds = [entry.kind for entry in list_entries(db.session(), variant_id, 2)]
    assert kinds == [EntryKind.WRITE_OFF, EntryKind.RELEASE]
