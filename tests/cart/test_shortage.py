"""A cart that lost stock says which line, and offers what is there."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.cart.shortage import SECONDS, free_now, remember_short
from storefront.core import clock
from storefront.stock import service as stock
from storefront.stock.service import ShortLine
from tests.fixtures.factories import make_product
from tests.fixtures.shop import post


@pytest.fixture
def mug(app: Flask) -> int:
    """The id of a variant with ten pieces."""
    with app.app_context():
        return make_product(name="Mug", stock_level=10).variants[0].id


def fill(app: Flask, client: FlaskClient, variant_id: int, quantity: int, *, left: int) -> str:
    """Put so many into the cart, then sell all but `left` to others; returns the cart's page."""
    client.post("/cart/lines", data={"variant_id": variant_id, "quantity": quantity})
    with app.app_context():
        stock.adjust(variant_id, left - 10, "tests", "sold")
    return client.get("/cart").text


def form_of(page: str, label: str) -> tuple[str, dict[str, str]]:
    """Address and values of the form whose button says `label`."""
    for action, body in re.findall(r'<form action="([^"]+)"(.*?)</form>', page, re.DOTALL):
        if re.search(rf"<button[^>]*>\s*{label}\s*</button>", body):
            return action, dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body))
    raise AssertionError(f"no button {label!r}")


def quantities(page: str) -> list[str]:
    return re.findall(r'name="quantity"[^>]*type="number"[^>]* value="(\d+)"', page) or re.findall(
        r'<input[^>]*id="quantity-\d+"[^>]* value="(\d+)"', page
    )


def test_the_line_is_named_and_what_is_left_can_be_taken(app: Flask, client: FlaskClient, mug: int) -> None:
    page = fill(app, client, mug, 5, left=2)
    assert "Only 2 left" in page
    line_id = re.search(r'<li><a href="#line-(\d+)">Mug</a>', page)[1]  # type: ignore[index]
    assert f'id="line-{line_id}"' in page
    path, values = form_of(page, "Take the 2 that are left")
    assert post(client, path, {"quantity": values["quantity"]}).status_code == 303
    page = client.get("/cart").text
    assert quantities(page) == ["2"]
    assert "fewer than you want" not in page


def test_the_last_one_is_offered_in_the_singular(app: Flask, client: FlaskClient, mug: int) -> None:
    assert "Take the one that is left" in fill(app, client, mug, 5, left=1)


def test_a_line_that_is_sold_out_can_be_removed_and_put_back(app: Flask, client: FlaskClient, mug: int) -> None:
    page = fill(app, client, mug, 5, left=0)
    assert "Sold out" in page
    path, _ = form_of(page, "Remove")
    post(client, path)
    page = client.get("/cart").text
    assert quantities(page) == []
    assert "Put it back" in page


def test_a_cart_that_can_be_had_says_nothing(app: Flask, client: FlaskClient, mug: int) -> None:
    page = fill(app, client, mug, 5, left=5)
    assert quantities(page) == ["5"]
    assert "fewer than you want" not in page
    assert "Only" not in page


def test_what_others_hold_is_not_offered(app: Flask, client: FlaskClient, mug: int) -> None:
    fill(app, client, mug, 5, left=9)
    with client.session_transaction() as session:
        session["short"] = [int(clock.now().timestamp()) + 60, {str(mug): 3}]
    assert "Take the 3 that are left" in client.get("/cart").text
    with client.session_transaction() as session:
        session["short"] = [int(clock.now().timestamp()) - 1, {str(mug): 3}]
    assert "that are left" not in client.get("/cart").text


def test_a_refusal_is_remembered_for_its_variants_only_and_for_a_while(app: Flask) -> None:
    with app.test_request_context():
        remember_short([ShortLine(1, "A", "Mug", 5, 2)])
        assert free_now({1: 9, 2: 9}) == {1: 2, 2: 9}
        assert free_now({1: 1}) == {1: 1}
        later = clock.now().timestamp() + SECONDS + 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "now", lambda: clock.datetime.fromtimestamp(later, clock.UTC))
            assert free_now({1: 9}) == {1: 9}
