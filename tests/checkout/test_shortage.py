"""Stock that went while a shopper filled in the checkout: the form says which line, and offers what is there."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.stock import service as stock
from storefront.stock.holds import get_holds
from tests.fixtures import factories
from tests.fixtures.readings import stock_of
from tests.fixtures.shop import post

TYPED = {**vars(factories.ADDRESS), "shipping_method": "standard", "terms": "y", "line2": "Flat 7, third bell"}


def value_of(page: str, name: str) -> str:
    return unescape(page.split(f'name="{name}"')[1].split('value="')[1].split('"')[0])


def begin(app: Flask, client: FlaskClient, *levels: int, quantity: int = 3) -> tuple[list[int], dict[str, str]]:
    """A cart of so many lines at the checkout, and the form as the shopper has filled it in."""
    with app.app_context():
        variants = [factories.make_variant(stock_level=level).id for level in levels]
    for variant_id in variants:
        client.post("/cart/lines", data={"variant_id": variant_id, "quantity": quantity})
    page = client.get("/checkout").text
    return variants, {**TYPED, "key": value_of(page, "key"), "quoted_minor": value_of(page, "quoted_minor")}


def lose(app: Flask, variant_id: int, quantity: int) -> None:
    """Goods break on the shelf; no hold can help that."""
    with app.app_context():
        stock.adjust(variant_id, -quantity, "test", "broken")


def assert_kept(page: str, form: dict[str, str]) -> None:
    """Everything that was typed is still there, under the same key."""
    assert value_of(page, "key") == form["key"]
    for name in ("email", "name", "line1", "line2", "postcode", "city"):
        assert value_of(page, name) == form[name], name
    assert re.search(r'<input[^>]*name="terms"[^>]*checked', page) or re.search(r"<input[^>]*checked[^>]*terms", page)


def test_fewer_are_left_and_are_taken(app: Flask, client: FlaskClient) -> None:
    (variant_id,), form = begin(app, client, 3)
    lose(app, variant_id, 1)
    refused = post(client, "/checkout", form)
    assert refused.status_code == 409
    assert "Take the 2 that are left" in refused.text
    assert "Only 2 left" in refused.text
    assert_kept(refused.text, form)
    taken = post(client, "/checkout", {**form, "take": str(variant_id)})
    assert taken.status_code == 200
    assert "Your order has changed." in taken.text
    assert "that are left" not in taken.text
    assert_kept(taken.text, form)
    assert int(value_of(taken.text, "quoted_minor")) == int(form["quoted_minor"]) - 250
    placed = post(client, "/checkout", {**form, "quoted_minor": value_of(taken.text, "quoted_minor")})
    assert placed.status_code == 303
    with app.app_context():
        assert stock_of(variant_id)[0] == 0


def test_one_of_two_lines_is_gone_and_is_removed(app: Flask, client: FlaskClient) -> None:
    (gone, there), form = begin(app, client, 3, 3)
    lose(app, gone, 3)
    refused = post(client, "/checkout", form)
    assert refused.status_code == 409
    assert refused.text.count('name="take"') == 1
    assert f'name="take" value="{gone}"' in refused.text
    taken = post(client, "/checkout", {**form, "take": str(gone)})
    assert taken.status_code == 200
    assert_kept(taken.text, form)
    placed = post(client, "/checkout", {**form, "quoted_minor": value_of(taken.text, "quoted_minor")})
    assert placed.status_code == 303
    with app.app_context():
        assert stock_of(there)[0] == 0


def test_the_only_line_is_gone_and_the_cart_is_empty(app: Flask, client: FlaskClient) -> None:
    (variant_id,), form = begin(app, client, 3)
    lose(app, variant_id, 3)
    assert post(client, "/checkout", form).status_code == 409
    answer = post(client, "/checkout", {**form, "take": str(variant_id)})
    assert answer.status_code == 303
    assert answer.location.endswith("/cart")


def test_what_is_taken_is_kept_for_them_unless_somebody_was_faster(app: Flask, client: FlaskClient) -> None:
    (variant_id,), form = begin(app, client, 3)
    lose(app, variant_id, 1)
    assert post(client, "/checkout", form).status_code == 409
    with app.app_context():
        holds = get_holds()
        holds.gate.forget_holds()
        holds.publish([variant_id])
        holds.hold("rival", {variant_id: 1})
    again = post(client, "/checkout", {**form, "take": str(variant_id)})
    assert again.status_code == 409
    assert "Take the one that is left" in again.text
    assert_kept(again.text, form)
    assert post(client, "/checkout", {**form, "take": str(variant_id)}).status_code == 200
    assert holds.gate.read_held([variant_id]) == {variant_id: 2}


@pytest.mark.parametrize("wanted", ["", "x", "0", "-1", "999999"])
def test_rubbish_takes_nothing(app: Flask, client: FlaskClient, wanted: str) -> None:
    _, form = begin(app, client, 3)
    answer = post(client, "/checkout", {**form, "take": wanted})
    assert answer.status_code == 200
    assert value_of(answer.text, "quoted_minor") == form["quoted_minor"]
    assert "Your order has changed." not in answer.text
