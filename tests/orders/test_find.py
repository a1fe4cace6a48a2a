"""A guest finds their order again by number and address, and a stranger learns nothing by trying; ordering it again."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from storefront.cart.models import CartLine
from storefront.core.db import db
from storefront.orders.models import Order
from tests.fixtures.factories import ADDRESS, make_order, make_product
from tests.fixtures.shop import post, token_of

PAGE = "/orders/find"


@pytest.fixture
def order(app: Flask) -> Order:
    with app.app_context():
        found = make_order(quantity=2)
        db.session.expunge_all()
        return found


@pytest.mark.parametrize("spelling", ["{}", " {} ", "lower", "plain"])
def test_number_and_address_lead_to_the_order(client: FlaskClient, order: Order, spelling: str) -> None:
    ways = {"lower": order.number.lower(), "plain": order.number.replace("-", " ")}
    number = ways.get(spelling, spelling.format(order.number))
    answer = post(client, PAGE, {"number": number, "email": ADDRESS.email.upper()})
    assert (answer.status_code, answer.location) == (303, f"/orders/{order.token}")
    assert order.number in client.get(answer.location).text


def test_a_stranger_cannot_tell_a_known_number_or_address_from_an_unknown_one(
    app: Flask, client: FlaskClient, order: Order
) -> None:
    forms = [(order.number, "other@example.com"), ("AAAA-AAAA", ADDRESS.email), ("AAAA-AAAA", "other@example.com")]
    pages, work = set(), set()
    token_of(client)
    for number, email in forms:
        statements: list[str] = []
        with app.app_context():
            engine = db.engine

        def note(_c, _cursor, statement, *_rest, seen=statements):  # type: ignore[no-untyped-def]
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        answer = post(client, PAGE, {"number": number, "email": email})
        event.remove(engine, "before_cursor_execute", note)
        pages.add((answer.status_code, _without(answer.text, number, email)))
        work.add(tuple(statements))
    assert len(pages) == 1
    assert len(work) == 1
    assert "no order with this number and this address" in answer.text


def test_an_order_of_imported_history_has_no_address_to_be_found_by(
    app: Flask, client: FlaskClient, order: Order
) -> None:
    with app.app_context():
        db.session.execute(db.update(Order).values(email=""))
        db.session.commit()
    assert post(client, PAGE, {"number": order.number, "email": ""}).status_code == 422


@pytest.mark.parametrize("kind", ["address", "number", "visitor"])
def test_trying_is_limited(client: FlaskClient, order: Order, kind: str) -> None:
    if kind == "address":
        forms = [{"number": f"AAAA-AA{n:02}", "email": ADDRESS.email} for n in range(11)]
    elif kind == "number":
        forms = [{"number": order.number, "email": f"a{n}@example.com"} for n in range(11)]
    else:
        forms = [{"number": f"AAAA-AA{n:02}", "email": f"a{n}@example.com"} for n in range(21)]
    answers = [post(client, PAGE, form).status_code for form in forms]
    assert answers == [404] * (len(forms) - 1) + [429]


def test_the_same_goods_are_ordered_again(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        goods = make_product(variants=("Red",), stock_level=9)
        found = make_order(goods.variants[0], 3)
        token, variant_id = found.token, goods.variants[0].id
        db.session.execute(db.update(Order).values(status="fulfilled"))
        db.session.commit()
    assert "Order the same again" in client.get(f"/orders/{token}").text
    assert post(client, f"/orders/{token}/repeats").location == "/cart"
    with app.app_context():
        lines = db.session.execute(db.select(CartLine.variant_id, CartLine.quantity)).all()
        assert [tuple(line) for line in lines] == [(variant_id, 3)]


def test_what_is_no_longer_sold_stays_out_of_the_cart(app: Flask, client: FlaskClient, order: Order) -> None:
    from storefront.catalog.models import Product

    with app.app_context():
        db.session.execute(db.update(Product).values(status="archived"))
        db.session.commit()
    assert post(client, f"/orders/{order.token}/repeats").location == "/cart"
    assert client.get("/cart/badge").text.count("1<span") == 0
    assert post(client, "/orders/nothing/repeats").status_code == 404


def _without(text: str, *typed: str) -> str:
    import re

    for word in typed:
        text = text.replace(word, "")
    return re.sub(r'value="[^"]{40,}"', "", text)
