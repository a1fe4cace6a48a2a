"""Returns, write-offs and where a ledger entry comes from, at the desk."""

import re

import pytest

from storefront.core.db import db, transaction
from storefront.orders import service as orders
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.readings import stock_of
from tests.fixtures.shop import post

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def sent():
    """Number, line id, variant id and product id of an order of 4 out of 10 that was sent."""
    variant = make_variant(stock_level=10)
    order = make_order(variant, 4)
    found = order.number, order.lines[0].id, variant.id, variant.product_id
    order_id = order.id
    db.session.rollback()
    with transaction():
        orders.mark_paid(order_id, "tests")
    orders.fulfil(order_id, "tests")
    return found


def key_of(page: str) -> str:
    return re.search(r'name="key"[^>]*value="([^"]+)"', page)[1]


def test_goods_are_taken_back_once_and_the_pages_say_so(sign_in, sent):
    number, line_id, variant_id, product_id = sent
    client = sign_in("packer")
    assert f"/admin/orders/{number}/returns" in client.get(f"/admin/orders/{number}").text
    page = client.get(f"/admin/orders/{number}/returns").text
    assert "4 sent" in page
    form = {"key": key_of(page), f"line-{line_id}": "3", "goods": "restock", "reason": "Too blue"}
    for _ in range(2):
        answer = post(client, f"/admin/orders/{number}/returns", form)
        assert answer.status_code == 303
    page = client.get(answer.location).text
    for text in ("No money was sent back", "Goods came back", "Too blue", "back on sale"):
        assert text in page, text
    assert stock_of(variant_id) == (9, 9)
    page = client.get(f"/admin/orders/{number}/returns").text
    assert "4 sent, 3 came back before" in page
    ledger = client.get(f"/admin/products/{product_id}/stock").text
    assert "Came back: Too blue" in ledger
    assert ledger.count(f'href="/admin/orders/{number}"') == 2


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"goods": ""}, "Choose whether they can be sold again."),
        ({"reason": " "}, "Say why"),
        ({"line": "5"}, "Enter a number from 0 to 4."),
        ({"line": "-1"}, "Enter a number from 0 to 4."),
        ({"line": "many"}, "Enter a whole number."),
        ({"line": "0"}, "Enter how many pieces came back."),
        ({"line": ""}, "Enter how many pieces came back."),
    ],
)
def test_bad_input_is_told_and_the_rest_stays(sign_in, sent, change, text):
    number, line_id, variant_id, _ = sent
    typed = {"key": "a-key", "line": "3", "goods": "restock", "reason": "Too blue", **change}
    form = {(f"line-{line_id}" if name == "line" else name): value for name, value in typed.items()}
    answer = post(sign_in("packer"), f"/admin/orders/{number}/returns", form)
    assert answer.status_code in (409, 422)
    assert text in answer.text
    assert "reason" in change or 'value="Too blue"' in answer.text
    assert stock_of(variant_id) == (6, 6)


def test_a_line_that_came_back_meanwhile_is_named(sign_in, sent):
    number, line_id, _, _ = sent
    client = sign_in("packer")
    form = {f"line-{line_id}": "4", "goods": "keep_off", "reason": "Broken"}
    assert post(client, f"/admin/orders/{number}/returns", {**form, "key": "one"}).status_code == 303
    answer = post(client, f"/admin/orders/{number}/returns", {**form, "key": "two"})
    assert answer.status_code == 409
    assert "only 0 can still come back" in answer.text
    away = client.get(f"/admin/orders/{number}/returns")
    assert "Nothing of this order can come back." in client.get(away.location).text
    assert "Take goods back" not in client.get(f"/admin/orders/{number}").text


def test_an_order_that_was_not_sent_offers_no_return(sign_in):
    order = make_order()
    client = sign_in("packer")
    assert "Take goods back" not in client.get(f"/admin/orders/{order.number}").text
    assert client.get(f"/admin/orders/{order.number}/returns").status_code == 303


def test_who_may_only_look_takes_nothing_back(sign_in, sent):
    number, line_id, variant_id, _ = sent
    form = {"key": "one", f"line-{line_id}": "4", "goods": "restock", "reason": "Broken"}
    client = sign_in("analyst")
    assert client.get(f"/admin/orders/{number}/returns").status_code == 403
    assert post(client, f"/admin/orders/{number}/returns", form).status_code == 403
    assert "Take goods back" not in client.get(f"/admin/orders/{number}").text
    assert stock_of(variant_id) == (6, 6)


def test_broken_goods_are_written_off_with_a_reason(sign_in):
    variant = make_variant(stock_level=10)
    path, client = f"/admin/products/{variant.product_id}/variants/{variant.id}/stock-entries", sign_in("owner")
    variant_id = variant.id
    answer = post(client, path, {"kind": "written_off", "quantity": "3"})
    assert answer.status_code == 422
    assert "Say what happened" in answer.text
    answer = post(client, path, {"kind": "written_off", "quantity": "3", "reason": "Broken in the van"})
    assert "Written off: Broken in the van" in client.get(answer.location).text
    assert stock_of(variant_id) == (7, 7)
    answer = post(client, path, {"kind": "written_off", "quantity": "8", "reason": "Broken in the van"})
    assert answer.status_code == 409
    assert stock_of(variant_id) == (7, 7)
