"""Orders are found by link, number and words; a link that does not fit finds nothing."""

import pytest

from storefront.accounts.service import create_user
from storefront.core.db import db, transaction
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import (
    OrderFilter,
    UnknownOrder,
    get_order,
    get_order_by_id,
    get_order_by_number,
    list_orders,
    list_orders_of,
)
from tests.fixtures.factories import make_order
from tests.fixtures.shop import PASSWORD, on_every_database

pytestmark = pytest.mark.usefixtures("context")


def found(words: str = "", status: OrderStatus | None = None) -> list[str]:
    return [order.number for order in list_orders(db.session(), OrderFilter(words=words, status=status)).items]


def test_an_order_is_found_by_its_link_and_by_its_number_in_any_case() -> None:
    order = make_order()
    assert get_order(db.session(), order.token) is order
    assert get_order_by_number(db.session(), f" {order.number.lower()} ") is order


def test_a_link_or_number_that_does_not_fit_finds_nothing() -> None:
    order = make_order()
    for ask in (
        lambda: get_order(db.session(), order.token[:-1]),
        lambda: get_order(db.session(), order.number),
        lambda: get_order_by_number(db.session(), "0000-0000"),
        lambda: get_order_by_id(db.session(), order.id + 1),
    ):
        with pytest.raises(UnknownOrder):
            ask()


@on_every_database
def test_staff_find_orders_by_number_address_name_and_sku() -> None:
    ada = make_order()
    with transaction() as session:
        session.get_one(Order, ada.id).external_ref = "OLD-541431"
    number, sku = ada.number, ada.lines[0].sku
    for words in (number[:4].lower(), "ADA@example", "Lovelace", sku.lower(), "541431", f"  {number}  "):
        assert found(words) == [number], words
    for words in ("Babbage", "%", "_", sku[:-1]):
        assert found(words) == [], words


def test_orders_are_listed_the_newest_first_and_by_state() -> None:
    first, second = make_order(), make_order()
    with transaction():
        orders.mark_paid(first.id, "tests")
    assert found() == [second.number, first.number]
    assert found(status=OrderStatus.PAID) == [first.number]
    assert found(status=OrderStatus.EXPIRED) == []


def test_people_see_their_own_orders_only() -> None:
    user_id = create_user("ada@example.com", PASSWORD, "Ada")
    own, _ = make_order(user_id=user_id), make_order()
    page = list_orders_of(db.session(), user_id)
    assert [order.number for order in page.items] == [own.number]
    assert list_orders_of(db.session(), user_id + 1).total == 0
