"""Ordering the same again: what can be had goes into the cart, and everything else is said."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.cart.models import Cart
from storefront.cart.queries import find_cart
from storefront.catalog.models import ProductStatus, Variant
from storefront.checkout.again import order_again
from storefront.core.db import db, transaction
from storefront.orders.models import Order, OrderLine
from storefront.orders.queries import get_order
from storefront.stock import service as stock
from tests.fixtures.factories import make_cart, make_order, make_variant
from tests.fixtures.readings import forget
from tests.fixtures.shop import post


def order_of(*variants: tuple[int, int]) -> str:
    """A cancelled order of (variant, pieces); gives its token."""
    order = make_order(make_variant(price_minor=100))
    token, order_id = order.token, order.id
    with transaction() as session:
        for variant_id, quantity in variants:
            variant = session.get_one(Variant, variant_id)
            session.add(
                OrderLine(
                    order_id=order_id,
                    variant_id=variant_id,
                    sku=variant.sku,
                    name=variant.product.name,
                    quantity=quantity,
                    unit_price_minor=variant.price_minor,
                    total_minor=quantity * variant.price_minor,
                )
            )
        session.get_one(Order, order_id).status = "cancelled"  # type: ignore[assignment]
    return token


def again(token: str, cart_token: str | None = None, user_id: int | None = None):  # type: ignore[no-untyped-def]
    forget()
    return order_again(get_order(db.session(), token), cart_token, user_id)


def lines_of(cart_token: str | None) -> dict[int, int]:
    forget()
    cart = find_cart(db.session(), cart_token)
    return {line.variant_id: line.quantity for line in cart.lines} if cart else {}


@pytest.mark.usefixtures("context")
def test_each_line_is_told_what_became_of_it() -> None:
    same, fewer, none, archived, dearer = (make_variant(price_minor=200, stock_level=5).id for _ in range(5))
    token = order_of((same, 2), (fewer, 5), (none, 1), (archived, 1), (dearer, 3))
    forget()
    stock.adjust(fewer, -3, "tests", "gone")
    stock.adjust(none, -5, "tests", "gone")
    with transaction() as session:
        session.get_one(Variant, archived).product.status = ProductStatus.ARCHIVED
        session.get_one(Variant, dearer).price_minor = 250
    found = again(token)
    cart = lines_of(found.token)
    assert {variant: cart.get(variant) for variant in (same, fewer, none, archived, dearer)} == {
        same: 2,
        fewer: 2,
        none: None,
        archived: None,
        dearer: 3,
    }
    assert found.pieces == 2 + 2 + 3 + 1
    assert (len(found.gone), len(found.sold_out)) == (1, 1)
    assert [(one.before, one.now) for one in found.fewer] == [(5, 2)]
    assert [(one.before, one.now) for one in found.repriced] == [(200, 250)]


@pytest.mark.usefixtures("context")
def test_what_is_in_the_cart_stays_and_adds_up() -> None:
    variant_id, other = make_variant().id, make_variant().id
    token = order_of((variant_id, 2))
    forget()
    cart = make_cart((variant_id, 1), (other, 4))
    found = again(token, cart)
    assert found.token == cart
    lines = lines_of(cart)
    assert (lines[variant_id], lines[other]) == (3, 4)


@pytest.mark.usefixtures("context")
def test_two_lines_of_one_variant_share_what_is_left() -> None:
    variant_id = make_variant(stock_level=3).id
    found = again(order_of((variant_id, 2), (variant_id, 2)))
    assert lines_of(found.token)[variant_id] == 3


@pytest.mark.usefixtures("context")
def test_nothing_that_can_be_had_leaves_the_cart_alone() -> None:
    variant = make_variant(stock_level=1)
    token, variant_id = make_order(variant).token, variant.id
    forget()
    found = again(token)
    assert (found.token, found.pieces, found.sold_out != []) == (None, 0, True)
    assert lines_of(found.token) == {}
    assert db.session.get_one(Variant, variant_id)


def test_the_page_says_it_and_the_cart_is_ones_own(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    client = sign_in(email="ada@example.com")
    with app.app_context():
        variant = make_variant(price_minor=200)
        variant_id, token = variant.id, order_of((variant.id, 2))
        forget()
        with transaction() as session:
            session.get_one(Variant, variant_id).price_minor = 250
    assert "Order the same again" in client.get(f"/orders/{token}").text
    assert post(client, f"/orders/{token}/repeats").location == "/cart"
    page = client.get("/cart").text
    assert "3 pieces are in your cart again." in page
    assert "(£2.50 instead of £2.00)" in page
    with app.app_context():
        assert db.session.scalars(db.select(Cart.user_id).join(Cart.lines)).all() == [1, 1]
    assert post(client, "/orders/nothing/repeats").status_code == 404
