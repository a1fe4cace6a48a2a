"""Codes at checkout: what was typed is looked at before anything is ordered, and a refusal says what to do."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.core.db import db
from storefront.orders.models import Order
from storefront.promotions import coupons, credit
from storefront.promotions.coupons import CouponData
from storefront.promotions.models import CouponKind
from storefront.shipping import service as shipping
from storefront.shipping.models import MethodKind
from storefront.shipping.queries import list_zones
from storefront.shipping.service import MethodData
from storefront.tax import service as taxes
from storefront.tax.rules import TaxClass
from tests.fixtures.factories import ADDRESS, make_variant
from tests.fixtures.promoting import balance, make_card, make_coupon, used
from tests.fixtures.readings import count_orders
from tests.fixtures.shop import post

TYPED = {**vars(ADDRESS), "shipping_method": "standard", "terms": "y", "line2": "Flat 7, third bell"}


@pytest.fixture
def shopper(app: Flask, client: FlaskClient) -> FlaskClient:
    """Somebody with one thing for 10.00 in the cart."""
    return with_cart(app, client)


def with_cart(app: Flask, client: FlaskClient) -> FlaskClient:
    with app.app_context():
        variant_id = make_variant(price_minor=1000).id
    post(client, "/cart/lines", {"variant_id": str(variant_id), "quantity": "1"})
    return client


def send(client: FlaskClient, page: str = "", **changes: str):  # type: ignore[no-untyped-def]
    """Send the checkout's form as the page has it."""
    shown = page or client.get("/checkout").text
    form = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', shown) for name in ("key", "quoted_minor")}
    values = {name: found.group(1) for name, found in form.items() if found}
    return post(client, "/checkout", {**values, **TYPED, **changes})


def rows(page: str) -> dict[str, str]:
    """The sums as the page shows them."""
    summary = page.split('id="summary"')[1].split('id="pay-bar"')[0]
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", summary))


def last_order(app: Flask) -> Order:
    with app.app_context():
        return db.session.scalars(db.select(Order).order_by(Order.id.desc())).first()  # type: ignore[return-value]


def test_a_coupon_is_applied_and_everything_that_was_typed_stays(app: Flask, shopper: FlaskClient) -> None:
    with app.app_context():
        coupon = make_coupon("SPRING")
    answer = send(shopper, apply="1", code=" spring ")
    assert answer.status_code == 200
    assert rows(answer.text) == {
        "Goods": "£10.00",
        "Discount SPRING": "-£1.00",
        "Standard delivery": "£3.95",
        "Total": "£12.95",
    }
    assert "Flat 7, third bell" in answer.text
    assert send(shopper, answer.text).status_code == 303
    order = last_order(app)
    assert (order.coupon_code, order.discount_minor, order.total_minor) == ("SPRING", 100, 1295)
    with app.app_context():
        assert used(coupon.id) == (1, 1)


@pytest.mark.parametrize("button", [{}, {"apply": "1"}])
def test_enter_in_the_field_orders_nothing_before_the_new_total_was_shown(
    app: Flask, shopper: FlaskClient, button: dict[str, str]
) -> None:
    with app.app_context():
        make_coupon("SPRING")
    answer = send(shopper, code="SPRING", **button)
    assert (answer.status_code, rows(answer.text)["Total"]) == (200, "£12.95")
    with app.app_context():
        assert count_orders() == 0


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NOPE", "We know no discount or gift card NOPE"),
        ("DEAR", "DEAR needs goods for £50.00 or more"),
        ("OFF", "OFF is not valid"),
    ],
)
def test_a_code_that_is_refused_says_why_at_its_field(app: Flask, shopper: FlaskClient, code: str, words: str) -> None:
    with app.app_context():
        make_coupon("DEAR", minimum_minor=5000)
        make_coupon("OFF", is_active=False)
    answer = send(shopper, apply="1", code=code)
    assert answer.status_code == 422
    assert words in answer.text.split('id="code-error"')[1].split("</p>")[0]
    assert f'value="{code}"' in answer.text
    assert rows(answer.text)["Total"] == "£13.95"


def test_a_coupon_can_be_removed(app: Flask, shopper: FlaskClient) -> None:
    with app.app_context():
        make_coupon("SPRING")
    send(shopper, apply="1", code="SPRING")
    answer = send(shopper, drop="coupon")
    assert rows(answer.text)["Total"] == "£13.95"


def test_a_coupon_that_ends_while_the_page_is_open_is_dropped_and_the_new_total_shown(
    app: Flask, shopper: FlaskClient
) -> None:
    with app.app_context():
        coupon = make_coupon("SPRING")
    page = send(shopper, apply="1", code="SPRING").text
    with app.app_context():
        coupons.change_coupon(
            coupon.id, CouponData(code="SPRING", kind=CouponKind.PERCENT, percent=10, is_active=False)
        )
    answer = send(shopper, page)
    assert answer.status_code == 409
    assert "SPRING is not valid at the moment" in answer.text
    assert rows(answer.text)["Total"] == "£13.95"
    with app.app_context():
        assert count_orders() == 0
    assert send(shopper, answer.text).status_code == 303


def test_the_same_customer_is_told_that_the_coupon_was_used(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        make_coupon("ONCE", is_once_per_customer=True)
    for expected in (303, 409):
        with_cart(app, client)
        page = send(client, apply="1", code="ONCE").text
        answer = send(client, page)
        assert answer.status_code == expected
    assert "ONCE can be used once per customer" in answer.text
    assert rows(answer.text)["Total"] == "£13.95"


def test_gift_cards_pay_and_what_is_left_is_asked_for(app: Flask, shopper: FlaskClient) -> None:
    with app.app_context():
        first, second = make_card(500), make_card(300)
    page = send(shopper, apply="1", code=first.code.lower()).text
    page = send(shopper, page, apply="1", code=second.code).text
    assert rows(page)["Gift card or credit"] == "-£8.00"
    assert rows(page)["Left to pay"] == "£5.95"
    assert f"Gift card ending in {first.code[-4:]}" in page
    assert first.code not in page
    page = send(shopper, page, drop=str(second.id)).text
    assert rows(page)["Left to pay"] == "£8.95"
    assert send(shopper, page).status_code == 303
    with app.app_context():
        assert (balance(first.id), balance(second.id)) == ((0, 0), (300, 300))


def test_a_card_that_pays_all_leads_straight_to_the_order(app: Flask, shopper: FlaskClient) -> None:
    with app.app_context():
        card = make_card(5000)
    page = send(shopper, apply="1", code=card.code).text
    assert "Order, nothing to pay" in page
    answer = send(shopper, page)
    order = last_order(app)
    assert answer.location.endswith(f"/orders/{order.token}")
    assert order.paid_at is not None
    assert "Thank you. Your order is paid." in shopper.get(answer.location).text


def test_an_empty_card_is_refused(app: Flask, shopper: FlaskClient) -> None:
    with app.app_context():
        card = make_card(500)
        credit.adjust(card.id, -500, key="k", actor="tests", reason="typo")
    answer = send(shopper, apply="1", code=card.code)
    assert answer.status_code == 422
    assert "There is nothing left to spend on this gift card." in answer.text


def test_store_credit_is_offered_to_whom_it_belongs(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    client = with_cart(app, sign_in(email="grace@example.com"))
    assert "Use my credit" not in client.get("/checkout").text
    with app.app_context():
        credit.grant("grace@example.com", 250, "GBP", key="k", actor="tests", reason="sorry")
    assert "Use my credit of £2.50" in client.get("/checkout").text
    page = send(client, credit="1").text
    assert rows(page)["Left to pay"] == "£11.45"
    assert rows(send(client, page, drop="credit").text)["Total"] == "£13.95"


def test_the_codes_of_one_order_do_not_go_on_to_the_next(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        make_coupon("SPRING")
    with_cart(app, client)
    send(client, send(client, apply="1", code="SPRING").text)
    with_cart(app, client)
    assert "Discount" not in rows(client.get("/checkout").text)


def test_tax_is_shown_as_what_the_price_contains_or_comes_on_top(app: Flask, shopper: FlaskClient) -> None:
    with app.app_context():
        taxes.set_rates("GB", "VAT", {TaxClass.STANDARD: 200_000}, is_included=True)
        taxes.set_rates("US", "Sales tax", {TaxClass.STANDARD: 88_750}, is_included=False)
    page = shopper.get("/checkout?country=GB").text
    assert rows(page)["Total"] == "£13.95"
    assert "Includes VAT 20%: £2.33" in page
    page = shopper.get("/checkout?country=US").text
    assert rows(page)["Sales tax 8.875%"] == "£2.04"
    assert rows(page)["Total"] == "£24.99"


def test_a_parcel_is_priced_by_its_weight_and_one_too_heavy_cannot_be_ordered(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        zone = list_zones(db.session())[0]
        for method in zone.methods:
            shipping.change_method(method.id, MethodData(name=method.name, is_active=False))
        data = MethodData(name="By weight", kind=MethodKind.WEIGHT, bands={500: 250, 2000: 600}, free_from_minor=10_000)
        shipping.create_method(zone.id, data, "weight")
        variant = make_variant(price_minor=1000)
        variant.weight_grams = 400
        db.session.commit()
        variant_id = variant.id
    for total in ("£12.50", "£26.00"):
        post(client, "/cart/lines", {"variant_id": str(variant_id), "quantity": "1"})
        assert rows(client.get("/checkout").text)["Total"] == total
    post(client, "/cart/lines", {"variant_id": str(variant_id), "quantity": "8"})
    page = client.get("/checkout").text
    assert "We cannot send this to United Kingdom" in page
    assert send(client, page, shipping_method="weight").status_code == 409
    with app.app_context():
        assert count_orders() == 0


def test_only_countries_that_something_goes_to_are_offered(app: Flask, shopper: FlaskClient) -> None:
    assert '<option value="FR"' in shopper.get("/checkout").text
    with app.app_context():
        shipping.delete_zone(list_zones(db.session())[1].id)
    page = shopper.get("/checkout?country=FR").text
    assert '<option value="FR"' not in page
    assert rows(page)["Total"] == "£13.95"
