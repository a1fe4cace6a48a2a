"""A cart becomes one order or stays as it is, whatever happens at the same moment."""

from dataclasses import replace

import pytest
from flask import Flask

from storefront.accounts.models import Customer
from storefront.cart.queries import find_cart
from storefront.catalog import service as catalog
from storefront.catalog.models import Variant
from storefront.checkout import service as checkout
from storefront.checkout.service import CheckoutData, EmptyCart, PriceChanged, Unbuyable
from storefront.core import clock
from storefront.core.db import db
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import get_order
from storefront.orders.service import NumberTaken, OrderMoved
from storefront.payments.gateways import get_gateway
from storefront.payments.queries import list_payments
from storefront.shipping import service as shipping
from storefront.shipping.models import MethodKind
from storefront.shipping.queries import NoSuchMethod, get_method, list_zones
from storefront.shipping.service import MethodData
from storefront.stock.service import OutOfStock
from tests.fixtures.factories import ADDRESS, checkout_data, make_cart, make_order, make_product, make_variant
from tests.fixtures.races import at_once
from tests.fixtures.readings import count_orders, event_kinds, forget, ledger_sum, staged, stock_of
from tests.fixtures.shop import on_every_database

SHIPPING = 395
BASE_URL = "http://shop.example"


def cart_lines(token: str | None) -> dict[int, int]:
    forget()
    cart = find_cart(db.session(), token)
    assert cart is not None
    return {line.variant_id: line.quantity for line in cart.lines}


def place(token: str | None, data: CheckoutData) -> Order:
    return get_order(db.session(), checkout.place_order(token, data).token)


def cancel(order_token: str, cart_token: str | None = None) -> str | None:
    return checkout.cancel_order(order_token, get_gateway(), BASE_URL, cart_token)


@pytest.mark.usefixtures("context")
def test_a_cart_becomes_a_pending_order_and_is_empty_then() -> None:
    one, two = make_variant(price_minor=250), make_variant(price_minor=1000)
    token = make_cart((one.id, 2), (two.id, 1))
    order = place(token, checkout_data(1500 + SHIPPING))
    assert (order.status, order.total_minor, order.currency) == (OrderStatus.PENDING, 1895, "GBP")
    assert [(line.variant_id, line.quantity) for line in order.lines] == [(one.id, 2), (two.id, 1)]
    assert order.expires_at is not None
    assert checkout.PAY_WITHIN.total_seconds() - 30 < (order.expires_at - clock.now()).total_seconds() <= 3600
    assert cart_lines(token) == {}
    assert stock_of(one.id) == (8, 10)
    assert event_kinds(order.id) == ["placed"]


@pytest.mark.usefixtures("context")
def test_a_form_that_is_sent_again_gives_the_same_order() -> None:
    variant_id = make_variant().id
    token, data = make_cart((variant_id, 2)), checkout_data(500 + SHIPPING)
    first = checkout.place_order(token, data)
    assert checkout.place_order(token, data) == first
    assert checkout.place_order(None, data) == first
    assert (count_orders(), stock_of(variant_id)[0]) == (1, 8)


@on_every_database
def test_a_form_sent_twice_at_once_is_one_order(context: Flask) -> None:
    variant_id = make_variant().id
    for _ in range(3):
        token, data = make_cart((variant_id, 1)), checkout_data(250 + SHIPPING)
        assert len(set(at_once(context, [lambda t=token, d=data: checkout.place_order(t, d).token] * 4).won())) == 1
    assert (count_orders(), stock_of(variant_id)[0]) == (3, 7)


@on_every_database
def test_one_key_on_two_carts_at_once_is_one_order(context: Flask) -> None:
    variant_id, data = make_variant().id, checkout_data(250 + SHIPPING)
    carts = [make_cart((variant_id, 1)) for _ in range(4)]
    race = at_once(context, [lambda token=token: checkout.place_order(token, data).token for token in carts])
    assert len(set(race.won())) == 1
    assert (count_orders(), stock_of(variant_id)[0]) == (1, 9)
    assert sorted(len(cart_lines(token)) for token in carts) == [0, 1, 1, 1]


@on_every_database
def test_a_cart_ordered_in_two_tabs_at_once_is_ordered_once(context: Flask) -> None:
    """Each tab has a form with a key of its own: the second finds the cart empty."""
    variant_id = make_variant().id
    token, forms = make_cart((variant_id, 1)), [checkout_data(250 + SHIPPING) for _ in range(4)]
    race = at_once(context, [lambda data=data: checkout.place_order(token, data).token for data in forms])
    assert len(race.results) == 1
    assert [type(error) for error in race.errors] == [EmptyCart] * 3
    assert (count_orders(), stock_of(variant_id)[0]) == (1, 9)


@on_every_database
def test_orders_that_draw_the_same_number_at_once_draw_again(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    variant_id = make_variant(stock_level=20).id
    wanted = [f"{n:04d}-SAME" for n in range(4)]

    def lowest_free_number() -> str:
        """What is not committed yet is free to everybody, so all of them draw the same."""
        taken = set(db.session().scalars(db.select(Order.number)))
        return next(number for number in wanted if number not in taken)

    monkeypatch.setattr(orders, "spoken_number", lowest_free_number)
    tokens = [make_cart((variant_id, 1)) for _ in wanted]
    race = at_once(context, [lambda token=token: place(token, checkout_data(645)).number for token in tokens])
    assert sorted(race.won()) == wanted
    assert (count_orders(), stock_of(variant_id)[0]) == (4, 16)


@pytest.mark.usefixtures("context")
def test_a_number_that_is_always_taken_fails_and_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    variant_id = make_variant().id
    monkeypatch.setattr(orders, "spoken_number", lambda: "AAAA-AAAA")
    place(make_cart((variant_id, 1)), checkout_data(645))
    with pytest.raises(NumberTaken):
        place(make_cart((variant_id, 1)), checkout_data(645))
    assert (count_orders(), stock_of(variant_id)[0]) == (1, 9)


@on_every_database
def test_fifty_pieces_and_a_hundred_buyers_are_fifty_orders(context: Flask) -> None:
    variant_id = make_variant(stock_level=50).id
    carts = [make_cart((variant_id, 1)) for _ in range(100)]

    def buy(number: int, token: str) -> str:
        address = replace(ADDRESS, email=f"buyer-{number % 40}@example.com")
        return checkout.place_order(token, checkout_data(250 + SHIPPING, address=address)).token

    race = at_once(context, [lambda n=n, token=token: buy(n, token) for n, token in enumerate(carts)])
    assert {type(error) for error in race.errors} == {OutOfStock}
    assert (len(set(race.results)), len(race.errors), count_orders()) == (50, 50, 50)
    assert stock_of(variant_id) == (0, 50)
    assert ledger_sum(variant_id) == 0
    assert db.session.scalar(db.select(db.func.count()).select_from(Customer)) <= 40


@pytest.mark.usefixtures("context")
def test_a_sold_out_cart_stays_as_it_is_and_nothing_is_written() -> None:
    few, plenty = make_variant(stock_level=1).id, make_variant().id
    token = make_cart((plenty, 1), (few, 2))
    with pytest.raises(OutOfStock) as refused:
        checkout.place_order(token, checkout_data(750 + SHIPPING))
    assert [(line.variant_id, line.available) for line in refused.value.facts["lines"]] == [(few, 1)]
    assert cart_lines(token) == {plenty: 1, few: 2}
    assert (count_orders(), stock_of(plenty)[0], ledger_sum(few)) == (0, 10, 1)
    assert db.session.scalars(db.select(Customer)).all() == []


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("token", [None, "", "there-is-none"])
def test_no_cart_is_no_order(token: str | None) -> None:
    with pytest.raises(EmptyCart):
        checkout.place_order(token, checkout_data(SHIPPING))
    assert count_orders() == 0


@pytest.mark.usefixtures("context")
def test_a_price_that_changed_meanwhile_stops_the_order_and_says_the_new_total() -> None:
    variant_id = make_variant(price_minor=250).id
    token = make_cart((variant_id, 2))
    catalog.set_price(variant_id, 300)
    with pytest.raises(PriceChanged) as refused:
        checkout.place_order(token, checkout_data(500 + SHIPPING))
    assert refused.value.facts["total_minor"] == 600 + SHIPPING
    assert (count_orders(), cart_lines(token)) == (0, {variant_id: 2})
    assert place(token, checkout_data(600 + SHIPPING)).items_minor == 600


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("is_whole", [True, False])
def test_what_went_off_the_shelves_stops_the_order_and_is_named(is_whole: bool) -> None:
    product = make_product(name="Lamp")
    variant_id = product.variants[0].id
    token = make_cart((variant_id, 1), (make_variant().id, 1))
    if is_whole:
        catalog.archive_product(product.id)
    else:
        db.session.get_one(Variant, variant_id).is_active = False
        db.session.commit()
    with pytest.raises(Unbuyable) as refused:
        checkout.place_order(token, checkout_data(500 + SHIPPING))
    assert refused.value.facts["names"] == "Lamp"
    assert (count_orders(), len(cart_lines(token))) == (0, 2)


@pytest.mark.usefixtures("context")
def test_a_method_that_does_not_go_to_the_country_is_refused() -> None:
    token = make_cart((make_variant().id, 1))
    with pytest.raises(NoSuchMethod):
        checkout.place_order(token, checkout_data(250 + SHIPPING, address=replace(ADDRESS, country="FR")))
    assert count_orders() == 0


@pytest.mark.usefixtures("context")
def test_what_sending_costs_is_computed_here_and_never_taken_from_the_shopper() -> None:
    token = make_cart((make_variant(price_minor=250).id, 1))
    with pytest.raises(PriceChanged):
        checkout.place_order(token, checkout_data(250))
    order = place(
        token, checkout_data(250 + 1295, shipping_method="international", address=replace(ADDRESS, country="FR"))
    )
    assert (order.shipping_minor, order.country) == (1295, "FR")


@pytest.mark.usefixtures("context")
def test_a_buyer_is_known_again_by_their_address() -> None:
    first, second = make_order(), make_order(address=replace(ADDRESS, email=" ADA@Example.com "))
    assert first.customer_id == second.customer_id is not None


@on_every_database
def test_an_order_of_nothing_to_pay_is_paid_without_the_provider(context: Flask) -> None:
    pickup = shipping.create_method(list_zones(db.session())[0].id, MethodData(name="Fetch it", kind=MethodKind.PICKUP))
    code = get_method(db.session(), pickup).code
    token, data = make_cart((make_variant(price_minor=0).id, 2)), checkout_data(0, shipping_method=code)
    order = place(token, data)
    assert (order.status, order.total_minor) == (OrderStatus.PAID, 0)
    assert place(token, data).id == order.id
    assert event_kinds(order.id) == ["placed", "paid"]
    assert staged("orders.send_confirmation") == [{"order_id": order.id}]
    assert list_payments(db.session(), order.id) == []


@on_every_database
def test_a_cancelled_order_gives_stock_and_cart_back(context: Flask) -> None:
    variant = make_variant(stock_level=10)
    order = make_order(variant, 3)
    other = make_cart((variant.id, 1))
    assert cancel(order.token, other) == other
    assert cart_lines(other) == {variant.id: 4}
    assert stock_of(variant.id)[0] == ledger_sum(variant.id) == 10
    assert get_order(db.session(), order.token).status is OrderStatus.CANCELLED
    assert event_kinds(order.id) == ["placed", "cancelled"]


@pytest.mark.usefixtures("context")
def test_a_cancelled_order_makes_a_cart_when_there_is_none() -> None:
    variant = make_variant()
    order = make_order(variant, 2)
    assert cart_lines(cancel(order.token)) == {variant.id: 2}


@pytest.mark.usefixtures("context")
def test_cancelling_twice_puts_back_once() -> None:
    variant = make_variant()
    order = make_order(variant, 2)
    token = cancel(order.token)
    with pytest.raises(OrderMoved):
        cancel(order.token, token)
    assert cart_lines(token) == {variant.id: 2}
    assert stock_of(variant.id)[0] == 10


@on_every_database
def test_cancelling_at_once_puts_back_once(context: Flask) -> None:
    variant = make_variant()
    order_token, cart_token, variant_id = make_order(variant, 2).token, make_cart((variant.id, 1)), variant.id
    race = at_once(context, [lambda: cancel(order_token, cart_token)] * 4)
    assert len(race.results) == 1
    assert [type(error) for error in race.errors] == [OrderMoved] * 3
    assert cart_lines(cart_token) == {variant_id: 3}
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 10
