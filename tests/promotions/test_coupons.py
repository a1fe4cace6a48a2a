"""A coupon makes an order cheaper, never more often than it may, and comes back with an order that is over."""

from datetime import timedelta

import pytest
from flask import Flask

from storefront.checkout import service as checkout
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments import service as payments
from storefront.promotions import coupons
from storefront.promotions.coupons import (
    BelowMinimum,
    CouponData,
    CouponNotNow,
    CouponUsedBefore,
    CouponUsedUp,
    TakenCoupon,
)
from storefront.promotions.models import Coupon, CouponKind
from tests.fixtures.factories import checkout_data, make_cart, make_order, make_variant
from tests.fixtures.paying import make_paid, make_started
from tests.fixtures.promoting import make_coupon, used, with_coupon
from tests.fixtures.provider import Provider
from tests.fixtures.races import at_once
from tests.fixtures.readings import event_kinds, stock_of
from tests.fixtures.shop import on_every_database


def buy(coupon: Coupon, total_minor: int, **changes: object) -> Order:
    """An order of one thing for 10.00 with the coupon."""
    token = make_cart((make_variant(price_minor=1000).id, 1))
    data = checkout_data(total_minor, applied=with_coupon(coupon.code), **changes)
    return get_order_by_id(db.session(), checkout.place_order(token, data).id)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("values", "discount", "shipping"),
    [
        ({"kind": CouponKind.PERCENT, "percent": 15}, 150, 395),
        ({"kind": CouponKind.AMOUNT, "percent": 0, "amount_minor": 299}, 299, 395),
        ({"kind": CouponKind.AMOUNT, "percent": 0, "amount_minor": 5000}, 1000, 395),
        ({"kind": CouponKind.FREE_SHIPPING, "percent": 0}, 0, 0),
    ],
)
def test_an_order_keeps_what_its_coupon_took_off(values: dict[str, object], discount: int, shipping: int) -> None:
    coupon = make_coupon(**values)
    order = buy(coupon, 1000 - discount + shipping)
    assert (order.discount_minor, order.shipping_minor, order.coupon_code) == (discount, shipping, coupon.code)
    assert order.lines[0].paid_minor == 1000 - discount
    assert used(coupon.id) == (1, 1)


@on_every_database
def test_a_limit_holds_under_a_hundred_uses_at_once(context: Flask) -> None:
    coupon, variant_id = make_coupon(usage_limit=7), make_variant(price_minor=1000, stock_level=200).id
    tokens = [make_cart((variant_id, 1)) for _ in range(100)]

    def place(token: str) -> int:
        return checkout.place_order(token, checkout_data(1295, applied=with_coupon(coupon.code))).id

    race = at_once(context, [lambda token=token: place(token) for token in tokens])
    assert len(race.results) == 7
    assert {type(error) for error in race.errors} == {CouponUsedUp}
    assert used(coupon.id) == (7, 7)
    assert stock_of(variant_id)[0] == 193


@on_every_database
def test_once_per_customer_holds_for_two_tabs_at_once(context: Flask) -> None:
    coupon, variant_id = make_coupon(is_once_per_customer=True), make_variant(price_minor=1000).id
    tokens = [make_cart((variant_id, 1)) for _ in range(2)]

    def place(token: str) -> int:
        return checkout.place_order(token, checkout_data(1295, applied=with_coupon(coupon.code))).id

    race = at_once(context, [lambda token=token: place(token) for token in tokens])
    assert (len(race.results), [type(error) for error in race.errors]) == (1, [CouponUsedBefore])
    assert used(coupon.id) == (1, 1)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"minimum_minor": 1001}, BelowMinimum),
        ({"starts_at": clock.now() + timedelta(hours=1)}, CouponNotNow),
        ({"ends_at": clock.now() - timedelta(seconds=1)}, CouponNotNow),
        ({"is_active": False}, CouponNotNow),
        ({"usage_limit": 0}, CouponUsedUp),
    ],
)
def test_a_coupon_that_does_not_hold_is_refused_by_its_reason(values: dict[str, object], refusal: type) -> None:
    coupon = make_coupon(**values)
    with pytest.raises(refusal):
        buy(coupon, 1295)
    assert used(coupon.id) == (0, 0)


@on_every_database
@pytest.mark.parametrize("how", ["expired", "cancelled", "paid and cancelled"])
def test_an_order_that_is_over_gives_its_coupon_back(context: Flask, how: str) -> None:
    coupon = make_coupon(usage_limit=1, is_once_per_customer=True)
    order_id = buy(coupon, 1295).id
    assert used(coupon.id) == (1, 1)
    with transaction():
        if how == "expired":
            orders.expire_pending(order_id, "tests")
        elif how == "cancelled":
            orders.cancel_pending(order_id, "tests", "wrong")
        else:
            orders.mark_paid(order_id, "tests")
            orders.cancel_paid(order_id, "tests", "wrong", is_written_off=False)
    assert used(coupon.id) == (0, 0)
    buy(coupon, 1295)


@pytest.mark.usefixtures("context")
def test_a_coupon_that_is_switched_off_between_page_and_order_is_refused_at_the_last_moment() -> None:
    coupon, order_id = make_coupon(), make_order().id
    with transaction() as session:
        session.get_one(Coupon, coupon.id).is_active = False
    with pytest.raises(CouponUsedUp), transaction():
        coupons.use(coupon, order_id, "ada@example.com")
    assert used(coupon.id) == (0, 0)


@on_every_database
def test_an_order_that_ends_in_several_places_at_once_gives_its_coupon_back_once(context: Flask) -> None:
    coupon = make_coupon()
    order_id, _other = buy(coupon, 1295).id, buy(coupon, 1295)

    def end() -> None:
        with transaction():
            coupons.give_back(order_id)

    at_once(context, [end] * 4)
    assert used(coupon.id) == (1, 1)


@on_every_database
@pytest.mark.parametrize("is_used_up", [False, True])
def test_an_order_that_is_paid_late_keeps_its_price_whether_or_not_its_coupon_is_left(
    context: Flask, is_used_up: bool
) -> None:
    provider, coupon = Provider(context), make_coupon(usage_limit=1)
    started = make_started(provider, make_variant(price_minor=1000), applied=with_coupon(coupon.code), quoted=1295)
    with transaction():
        orders.expire_pending(started.order_id, "tests")
    if is_used_up:
        buy(coupon, 1295)
    provider.pay(started.session_id)
    payments.confirm(started.payment_id, provider.gateway)
    assert get_order_by_id(db.session(), started.order_id).status is OrderStatus.PAID
    assert ("coupon_used_up" in event_kinds(started.order_id)) is is_used_up
    assert used(coupon.id) == (1, 1)


@pytest.mark.usefixtures("context")
def test_the_provider_is_asked_for_what_is_left_after_the_discount(context: Flask) -> None:
    provider, coupon = Provider(context), make_coupon(percent=33)
    paid = make_paid(provider, make_variant(price_minor=333), 3, applied=with_coupon(coupon.code), quoted=669 + 395)
    assert provider.gateway.look_up_money(paid.payment_ref).captured_minor == 669 + 395


@pytest.mark.usefixtures("context")
def test_a_limit_is_never_set_below_what_was_used() -> None:
    coupon = make_coupon()
    buy(coupon, 1295)
    coupons.change_coupon(coupon.id, CouponData(code=coupon.code, kind=CouponKind.PERCENT, percent=10, usage_limit=0))
    assert db.session.get_one(Coupon, coupon.id).usage_limit == 1


@pytest.mark.usefixtures("context")
def test_two_coupons_cannot_share_a_code() -> None:
    coupon = make_coupon()
    with pytest.raises(TakenCoupon):
        make_coupon(coupon.code)


@pytest.mark.usefixtures("context")
def test_an_order_keeps_its_discount_when_the_coupon_changes() -> None:
    coupon = make_coupon()
    order_id = buy(coupon, 1295).id
    coupons.change_coupon(coupon.id, CouponData(code="OTHER", kind=CouponKind.PERCENT, percent=90))
    order = get_order_by_id(db.session(), order_id)
    assert (order.discount_minor, order.coupon_code, order.total_minor) == (100, coupon.code, 1295)
    assert make_order().discount_minor == 0
