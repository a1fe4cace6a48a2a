"""Orders are snapshots with numbers nobody counts, and every change of them is noted."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storefront.catalog import service as catalog
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.text import NUMBER_ALPHABET
from storefront.orders import service as orders
from storefront.orders.draft import DraftLine, OrderDraft
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.orders.service import NumberTaken, OrderMoved
from storefront.orders.totals import PricedLine, compute
from storefront.stock.service import OutOfStock
from storefront.tax.rules import UNTAXED
from tests.fixtures.factories import ADDRESS, make_order, make_variant
from tests.fixtures.readings import count_orders, event_kinds, stock_of
from tests.fixtures.shop import on_every_database


def line(variant_id: int, quantity: int = 1, price_minor: int = 250) -> DraftLine:
    return DraftLine(
        variant_id=variant_id,
        sku="SKU",
        name="Lamp",
        variant_name="red",
        quantity=quantity,
        unit_price_minor=price_minor,
    )


def draft(key: str, *lines: DraftLine) -> OrderDraft:
    return OrderDraft(
        checkout_key=key,
        address=ADDRESS,
        lines=lines,
        currency="GBP",
        shipping_method="standard",
        shipping_name="Standard delivery",
        totals=compute([PricedLine(one.quantity, one.unit_price_minor, one.tax) for one in lines], 395, UNTAXED),
        locale="en",
        expires_at=clock.now() + timedelta(hours=1),
    )


def create(wanted: OrderDraft) -> str:
    with transaction():
        return orders.create(wanted, "shopper").number


@pytest.mark.usefixtures("context")
def test_an_order_is_a_snapshot_of_what_was_bought() -> None:
    variant = make_variant(price_minor=250)
    order = make_order(variant, 3)
    name = order.lines[0].name
    catalog.set_price(variant.id, 999)
    order = get_order_by_id(db.session(), order.id)
    assert [(one.name, one.unit_price_minor, one.total_minor) for one in order.lines] == [(name, 250, 750)]
    assert (order.items_minor, order.shipping_minor, order.total_minor) == (750, 395, 1145)
    assert (order.email, order.city, order.status, order.units) == ("ada@example.com", "London", OrderStatus.PENDING, 3)


@pytest.mark.usefixtures("context")
def test_an_order_and_its_stock_are_written_together_or_not_at_all() -> None:
    plenty, few = make_variant(stock_level=10).id, make_variant(stock_level=1).id
    with pytest.raises(OutOfStock):
        create(draft("key", line(plenty, 2), line(few, 2)))
    assert count_orders() == 0
    assert stock_of(plenty) == (10, 10)


@pytest.mark.usefixtures("context")
def test_one_variant_on_two_lines_of_an_order_counts_as_one_quantity() -> None:
    variant_id = make_variant(stock_level=5).id
    with pytest.raises(OutOfStock):
        create(draft("key", line(variant_id, 3), line(variant_id, 3)))
    create(draft("key", line(variant_id, 3), line(variant_id, 2)))
    assert stock_of(variant_id)[0] == 0


@pytest.mark.usefixtures("context")
def test_an_order_begins_with_an_event_and_is_not_written_outside_a_transaction() -> None:
    order = make_order()
    assert [(event.kind, event.actor, event.to_status) for event in order.events] == [
        ("placed", "shopper", OrderStatus.PENDING)
    ]
    with pytest.raises(RuntimeError, match="joins a transaction"):
        orders.create(draft("key"), "shopper")


@pytest.mark.usefixtures("context")
def test_numbers_are_short_and_tokens_cannot_be_guessed() -> None:
    made = [make_order() for _ in range(5)]
    assert all(re.fullmatch(rf"[{NUMBER_ALPHABET}]{{4}}-[{NUMBER_ALPHABET}]{{4}}", order.number) for order in made)
    assert all(len(order.token) == 43 for order in made)
    assert len({order.number for order in made}) == len({order.token for order in made}) == 5


@on_every_database
@pytest.mark.usefixtures("context")
def test_a_number_that_is_taken_undoes_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    variant_id = make_variant().id
    monkeypatch.setattr(orders, "spoken_number", lambda: "AAAA-AAAA")
    assert create(draft("one", line(variant_id))) == "AAAA-AAAA"
    with pytest.raises(NumberTaken):
        create(draft("two", line(variant_id)))
    assert (count_orders(), stock_of(variant_id)[0]) == (1, 9)


@pytest.mark.usefixtures("context")
def test_a_checkout_key_makes_one_order() -> None:
    variant_id = make_variant().id
    create(draft("key", line(variant_id)))
    with pytest.raises(IntegrityError):
        create(draft("key", line(variant_id)))
    assert (count_orders(), stock_of(variant_id)[0]) == (1, 9)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("status", [OrderStatus.PENDING, OrderStatus.PAID])
def test_a_corrected_address_is_noted_with_what_it_was(status: OrderStatus) -> None:
    order_id = make_order().id
    if status is OrderStatus.PAID:
        with transaction():
            orders.mark_paid(order_id, "tests")
    orders.change_address(order_id, replace(ADDRESS, city="Leeds", postcode="LS1 1UR"), "ada@shop.example")
    order = get_order_by_id(db.session(), order_id)
    event = order.events[-1]
    assert (order.city, order.postcode, order.name) == ("Leeds", "LS1 1UR", ADDRESS.name)
    assert (event.kind, event.actor) == ("address_changed", "ada@shop.example")
    assert event.facts == {"before": {"city": "London", "postcode": "SW1Y 4JH"}}


@pytest.mark.usefixtures("context")
def test_an_address_that_stays_the_same_is_not_noted() -> None:
    order_id = make_order().id
    orders.change_address(order_id, ADDRESS, "staff")
    assert event_kinds(order_id) == ["placed"]


@pytest.mark.usefixtures("context")
def test_what_was_sent_goes_where_it_was_sent() -> None:
    order_id = make_order().id
    with transaction():
        orders.mark_paid(order_id, "tests")
    orders.fulfil(order_id, "packer")
    with pytest.raises(OrderMoved):
        orders.change_address(order_id, replace(ADDRESS, city="Leeds"), "staff")
    assert get_order_by_id(db.session(), order_id).city == "London"


@pytest.mark.usefixtures("context")
def test_a_remark_is_kept_with_the_order() -> None:
    order_id = make_order().id
    orders.add_note(order_id, "Rang: leave it at the door.", "packer@shop.example")
    event = get_order_by_id(db.session(), order_id).events[-1]
    assert (event.kind, event.actor, event.facts["text"]) == (
        "note",
        "packer@shop.example",
        "Rang: leave it at the door.",
    )
