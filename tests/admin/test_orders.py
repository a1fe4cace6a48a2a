"""Orders at the desk: list, search, detail, sending, cancelling, notes, address, packing slip."""

import csv
import re
from dataclasses import replace

import pytest
from flask import Flask

from storefront.core.db import db, transaction
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderStatus
from storefront.payments import service as payments
from storefront.payments.gateways import get_gateway
from storefront.payments.models import Payment, PaymentStatus
from storefront.stock.queries import map_available
from tests.fixtures.factories import ADDRESS, make_order, make_product, make_variant
from tests.fixtures.readings import ledger_sum, stock_of
from tests.fixtures.shop import post

pytestmark = pytest.mark.usefixtures("context")
CANCEL = {"goods": "back_on_sale", "reason": "Customer called"}


def pay(order: Order) -> Order:
    """Bring an order to paid."""
    with transaction():
        orders.mark_paid(order.id, "provider:demo")
    return order


def fresh(order: Order) -> Order:
    """The order as it is in the database now."""
    db.session.rollback()
    return db.session.get_one(Order, order.id)


def listed(client, query: str = "") -> list[str]:
    """The numbers in the list at that address."""
    page = client.get(f"/admin/orders?{query}").text
    return re.findall(r'class="row-link[^>]*>([0-9A-Z-]+)<', page)


def test_an_order_is_found_by_number_email_name_and_sku(sign_in):
    jug = make_variant()
    wanted = make_order(jug, address=replace(ADDRESS, email="grace@example.com", name="Grace Hopper"))
    other = make_order(make_variant())
    client = sign_in("analyst")
    for words in (wanted.number, wanted.number.lower(), "GRACE@", "Hopper", jug.sku):
        assert listed(client, f"q={words}") == [wanted.number], words
    assert set(listed(client)) == {wanted.number, other.number}
    assert "No order matches" in client.get("/admin/orders?q=nobody").text


def test_words_that_mean_something_to_sql_are_only_words(sign_in):
    make_order()
    client = sign_in("analyst")
    for words in ("%25", "_", "'; DROP TABLE shop_order --"):
        assert listed(client, f"q={words}") == []


def test_the_tabs_count_what_they_lead_to(sign_in):
    jug = make_variant()
    pay(make_order(jug))
    make_order(jug)
    make_order(jug)
    client = sign_in("analyst")
    page = client.get("/admin/orders?status=paid").text
    counts = dict(re.findall(r">([^<>]+?) <span class=\"tab-count\">(\d+)</span>", page))
    assert counts == {"All": "3", "Unpaid": "2", "To send": "1"}
    assert len(listed(client, "status=pending")) == 2
    assert len(listed(client, "status=paid")) == 1
    assert len(listed(client, "status=nonsense")) == 3


def test_an_order_shows_lines_totals_address_and_history(sign_in):
    product = make_product(name="Blue jug", price_minor=1250)
    order = pay(make_order(product.variants[0], quantity=2))
    page = sign_in("analyst").get(f"/admin/orders/{order.number}").text
    for text in (
        "Blue jug",
        product.variants[0].sku,
        "£25.00",
        "£3.95",
        "£28.95",
        "Ada Lovelace",
        "SW1Y 4JH",
        "United Kingdom",
    ):
        assert text in page, text
    for text in ("Order placed", "Paid", "Payment provider (Demo payment)", "Customer"):
        assert text in page, text


def test_a_paid_order_is_marked_as_sent_by_whoever_did_it(sign_in):
    order, client = pay(make_order()), sign_in("packer")
    answer = post(client, f"/admin/orders/{order.number}/fulfilments")
    assert answer.status_code == 303
    assert fresh(order).status is OrderStatus.FULFILLED
    page = client.get(answer.location).text
    assert "Sent to the customer" in page
    assert "Packer ·" in page


@pytest.mark.parametrize("times", [0, 1])
def test_an_order_is_not_sent_unpaid_nor_twice(sign_in, times):
    order, client = make_order(), sign_in("packer")
    for _ in range(times):
        pay(order)
        post(client, f"/admin/orders/{order.number}/fulfilments")
    before = fresh(order).status
    answer = post(client, f"/admin/orders/{order.number}/fulfilments")
    assert "no longer possible" in client.get(answer.location).text
    assert fresh(order).status is before
    assert "Mark as sent" not in client.get(f"/admin/orders/{order.number}").text


def test_an_unpaid_order_is_cancelled_with_a_reason_and_its_stock_comes_back(sign_in):
    variant = make_variant(stock_level=10)
    order, client = make_order(variant, quantity=3), sign_in("packer")
    answer = post(client, f"/admin/orders/{order.number}/cancellation", CANCEL)
    assert answer.status_code == 303
    assert fresh(order).status is OrderStatus.CANCELLED
    assert map_available(db.session(), [variant.id]) == {variant.id: 10}
    page = client.get(answer.location).text
    assert "Customer called" in page
    assert "Packer ·" in page


def test_a_payment_that_is_under_way_is_stopped_before_the_order_is_cancelled(sign_in, settings):
    order, client = make_order(), sign_in("owner")
    payments.start(order.id, get_gateway(), settings.base_url)
    post(client, f"/admin/orders/{order.number}/cancellation", CANCEL)
    assert fresh(order).status is OrderStatus.CANCELLED
    assert db.session.scalars(db.select(Payment.status)).all() == [PaymentStatus.CANCELED]
    assert "Given up" in client.get(f"/admin/orders/{order.number}").text


def test_a_cancellation_needs_a_reason(sign_in):
    order = make_order()
    answer = post(sign_in("packer"), f"/admin/orders/{order.number}/cancellation", {**CANCEL, "reason": " "})
    assert answer.status_code == 422
    assert "Say why" in answer.text
    assert fresh(order).status is OrderStatus.PENDING


def test_a_cancellation_needs_a_word_about_the_goods(sign_in):
    order = make_order()
    answer = post(sign_in("packer"), f"/admin/orders/{order.number}/cancellation", {"reason": "Customer called"})
    assert answer.status_code == 422
    assert "Choose whether they can be sold again." in answer.text
    assert 'value="Customer called"' in answer.text
    assert fresh(order).status is OrderStatus.PENDING


def test_goods_of_a_cancelled_order_are_written_off(sign_in):
    variant = make_variant(stock_level=10)
    order, client = make_order(variant, quantity=3), sign_in("packer")
    answer = post(client, f"/admin/orders/{order.number}/cancellation", {**CANCEL, "goods": "written_off"})
    page = client.get(answer.location).text
    assert "Its goods are written off." in page
    assert "Its goods were written off" in page
    assert stock_of(variant.id) == (7, 7)
    assert ledger_sum(variant.id) == 7


def test_a_sent_order_is_not_cancelled(sign_in):
    order, client = pay(make_order()), sign_in("manager")
    orders.fulfil(order.id, "tests")
    answer = post(client, f"/admin/orders/{order.number}/cancellation", CANCEL)
    assert answer.status_code == 303
    assert fresh(order).status is OrderStatus.FULFILLED


def test_a_note_is_kept_and_shown_as_text(sign_in):
    order, client = make_order(), sign_in("packer")
    answer = post(client, f"/admin/orders/{order.number}/notes", {"text": "<b>Fragile</b>\nRing twice"})
    page = client.get(answer.location).text
    assert "&lt;b&gt;Fragile&lt;/b&gt;" in page
    assert post(client, f"/admin/orders/{order.number}/notes", {"text": " "}).status_code == 422


def test_an_address_is_changed_and_what_it_was_stays_in_the_history(sign_in):
    order, client = pay(make_order()), sign_in("packer")
    form = {**vars(ADDRESS), "line1": "1 New Street", "postcode": "E1 6AN"}
    answer = post(client, f"/admin/orders/{order.number}/address", form)
    assert answer.status_code == 303
    assert (fresh(order).line1, fresh(order).postcode) == ("1 New Street", "E1 6AN")
    page = client.get(answer.location).text
    assert "Address was “12 St James&#39;s Square”" in page


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("line1", "", "Enter street and house number."),
        ("email", "nobody", "such as name@example.com"),
        ("country", "XX", "Choose one of the list."),
    ],
)
def test_an_address_that_cannot_be_right_comes_back_as_typed(sign_in, field, value, message):
    order = make_order()
    form = {**vars(ADDRESS), "name": "Someone Else", field: value}
    answer = post(sign_in("packer"), f"/admin/orders/{order.number}/address", form)
    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="Someone Else"' in answer.text
    assert fresh(order).name == "Ada Lovelace"


def test_another_country_would_change_tax_and_delivery_and_is_refused_at_its_field(sign_in):
    order, client = make_order(), sign_in("packer")
    answer = post(client, f"/admin/orders/{order.number}/address", {**vars(ADDRESS), "city": "Lyon", "country": "FR"})
    assert answer.status_code == 409
    assert "Tax and delivery depend on the country." in answer.text
    assert 'value="Lyon"' in answer.text
    assert "Lyon" not in client.get(f"/admin/orders/{order.number}").text


def test_the_address_of_an_order_on_its_way_stays(sign_in):
    order, client = pay(make_order()), sign_in("packer")
    orders.fulfil(order.id, "tests")
    answer = post(client, f"/admin/orders/{order.number}/address", {**vars(ADDRESS), "name": "Someone Else"})
    assert "no longer possible" in client.get(answer.location).text
    assert fresh(order).name == "Ada Lovelace"


def test_a_packing_slip_has_what_is_packed_and_no_prices(sign_in):
    product = make_product(name="Blue jug", price_minor=1250)
    order = pay(make_order(product.variants[0], quantity=2))
    page = sign_in("packer").get(f"/admin/orders/{order.number}/slip").text
    for text in ("Blue jug", product.variants[0].sku, order.number, "Ada Lovelace", "2 pieces in all"):
        assert text in page, text
    assert "£" not in page


def test_the_file_has_every_order_that_the_list_would_show(app: Flask, sign_in) -> None:
    variant = make_variant(price_minor=1250, stock_level=99)
    first, other = pay(make_order(variant, 2)), make_order(variant)
    client = sign_in("packer")
    page = client.get("/admin/orders?status=paid").text
    assert 'href="/admin/orders.csv?status=paid"' in page
    answer = client.get("/admin/orders.csv?status=paid")
    assert answer.headers["Content-Disposition"] == "attachment; filename=orders.csv"
    (row,) = csv.DictReader(answer.text.removeprefix("\ufeff").splitlines())
    placed = first.placed_at.astimezone(app.config["SETTINGS"].time_zone)
    assert row == {
        "number": first.number,
        "placed_at": f"{placed:%Y-%m-%d %H:%M}",
        "status": "paid",
        "name": first.name,
        "email": first.email,
        "country": first.country,
        "pieces": "2",
        "currency": "GBP",
        "items": "25.00",
        "discount": "0.00",
        "shipping": "3.95",
        "tax": f"{first.tax_minor / 100:.2f}",
        "included_tax": f"{first.included_tax_minor / 100:.2f}",
        "total": "28.95",
    }
    everything = client.get("/admin/orders.csv").text
    assert everything.index(other.number) < everything.index(first.number), "the newest first"
    for _ in range(30):
        make_order(variant)
    assert len(client.get("/admin/orders.csv").text.splitlines()) == 33, "a file has no pages"
