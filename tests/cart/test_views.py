"""The cart's page and fragment: adding, changing, removing, undoing, and what a shopper is told."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from storefront.catalog import service as catalog
from storefront.core.db import db, transaction
from storefront.orders import service as orders
from tests.fixtures.factories import make_order, make_product
from tests.fixtures.shop import post

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def mug(app: Flask) -> int:
    """The id of a variant at 2.50 with ten pieces."""
    with app.app_context():
        return make_product(name="Mug", price_minor=250).variants[0].id


def add(client: FlaskClient, variant_id: object, quantity: object = 1) -> TestResponse:
    return client.post("/cart/lines", data={"variant_id": variant_id, "quantity": quantity})


def quantities(text: str) -> list[int]:
    return [int(value) for value in re.findall(r'name="quantity"[^>]* value="(\d+)"', text)]


def line_path(client: FlaskClient) -> str:
    found = re.search(r'action="(/cart/lines/\d+)"', client.get("/cart").text)
    assert found
    return found.group(1)


def test_adding_leads_to_the_cart_and_adds_up(client: FlaskClient, mug: int) -> None:
    answer = add(client, mug, 2)
    assert (answer.status_code, answer.location) == (303, "/cart")
    add(client, mug, 3)
    text = client.get("/cart").text
    assert quantities(text) == [5]
    assert "£12.50" in text


def test_htmx_gets_the_block_and_is_told_to_ask_for_a_new_badge(client: FlaskClient, mug: int) -> None:
    answer = client.post("/cart/lines", data={"variant_id": mug, "quantity": 1}, headers=HTMX)
    assert answer.status_code == 200
    assert not answer.text.lstrip().startswith("<!doctype")
    assert answer.headers["HX-Trigger"] == "cart-changed"


def test_adding_from_another_site_is_refused(client: FlaskClient, mug: int) -> None:
    answer = client.post("/cart/lines", data={"variant_id": mug}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert quantities(client.get("/cart").text) == []


@pytest.mark.parametrize(
    ("variant", "quantity"), [("x", 1), (999999, 1), (None, 0), (None, -3), (None, 1000), (None, "x")]
)
def test_what_cannot_be_added_is_told_and_changes_nothing(
    client: FlaskClient, mug: int, variant: object, quantity: object
) -> None:
    add(client, mug if variant is None else variant, quantity)
    text = client.get("/cart").text
    if quantity == "x":
        assert quantities(text) == [1], "an unreadable quantity of the form's own field is one piece"
        return
    assert "tone-danger" in text
    assert quantities(text) == []


def test_an_archived_product_cannot_be_added(app: Flask, client: FlaskClient, mug: int) -> None:
    with app.app_context():
        product = make_product(name="Bygone")
        variant_id, product_id = product.variants[0].id, product.id
        db.session.rollback()
        catalog.archive_product(product_id)
    add(client, variant_id)
    assert "not for sale any more" in client.get("/cart").text


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"quantity": 7}, [7]),
        ({"quantity": 2, "step": 1}, [3]),
        ({"quantity": 2, "step": -1}, [1]),
        ({"quantity": 1, "step": -1}, []),
        ({"quantity": 0}, []),
        ({"quantity": -1}, [2]),
        ({"quantity": 1000}, [2]),
        ({"quantity": "x"}, [2]),
    ],
)
def test_a_line_takes_a_quantity_or_a_step(
    client: FlaskClient, mug: int, form: dict[str, object], expected: list[int]
) -> None:
    add(client, mug, 2)
    assert post(client, line_path(client), form).status_code == 303
    assert quantities(client.get("/cart").text) == expected


def test_a_line_is_changed_with_our_token_only(client: FlaskClient, mug: int) -> None:
    add(client, mug, 2)
    assert client.post(line_path(client), data={"quantity": 5}).status_code == 400
    assert quantities(client.get("/cart").text) == [2]


def test_a_stranger_cannot_change_a_line(app: Flask, client: FlaskClient, mug: int) -> None:
    add(client, mug, 2)
    path, stranger = line_path(client), app.test_client()
    post(stranger, path, {"quantity": 9})
    post(stranger, f"{path}/remove")
    assert quantities(client.get("/cart").text) == [2]


def test_a_removed_line_can_be_put_back_once(client: FlaskClient, mug: int) -> None:
    add(client, mug, 4)
    post(client, f"{line_path(client)}/remove")
    text = client.get("/cart").text
    assert "Mug was removed." in text
    assert quantities(text) == []
    assert "was removed." not in client.get("/cart").text, "the offer is made once"
    post(client, "/cart/undo")
    assert quantities(client.get("/cart").text) == [4]
    post(client, "/cart/undo")
    assert quantities(client.get("/cart").text) == [4]


def test_removing_twice_removes_once(client: FlaskClient, mug: int) -> None:
    add(client, mug)
    path = line_path(client)
    assert [post(client, f"{path}/remove").status_code for _ in range(2)] == [303, 303]
    assert quantities(client.get("/cart").text) == []


def test_the_cart_says_when_there_is_less_than_wanted(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        rare = make_product(stock_level=3).variants[0].id
    add(client, rare, 3)
    assert "Only 3 left" not in client.get("/cart").text
    add(client, rare, 1)
    assert "Only 3 left" in client.get("/cart").text


def test_the_cart_reminds_of_an_order_that_waits_for_its_payment(app: Flask, client: FlaskClient, mug: int) -> None:
    with app.app_context():
        order = make_order()
        order_id, token, number = order.id, order.token, order.number
        db.session.rollback()
    with client.session_transaction() as session:
        session["last_order"] = token
    text = client.get("/cart").text
    assert number in text
    assert f"/orders/{token}" in text
    with app.app_context(), transaction():
        orders.mark_paid(order_id, "tests")
    assert number not in client.get("/cart").text


def test_the_badge_counts_and_names(app: Flask, mug: int, sign_in) -> None:  # type: ignore[no-untyped-def]
    guest = app.test_client()
    assert 'class="count"' not in guest.get("/cart/badge").text
    ada = sign_in(email="ada@example.com")
    add(ada, mug, 3)
    text = ada.get("/cart/badge").text
    assert re.search(r'class="count">3<', text)
    assert "Ada" in text
    assert ada.get("/cart/badge").headers["Cache-Control"] == "private, no-store"
