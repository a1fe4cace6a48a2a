"""One's own pages: the overview, and orders that are found among hundreds."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.core.db import db, transaction
from storefront.orders.models import Order, OrderStatus
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.readings import forget

EMAIL = "ada@example.com"


@pytest.fixture
def client(app: Flask, sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    """Somebody with twelve orders in all states, and one of somebody else."""
    own = sign_in(email=EMAIL)
    with app.app_context():
        lamp = make_variant(stock_level=50)
        lamp.product.name = "Brass_Lamp"
        db.session.commit()
        ids = [make_order(lamp if n == 0 else None, user_id=1).id for n in range(12)]
        make_order()
        with transaction() as session:
            for order_id, status in zip(ids[:3], ("fulfilled", "cancelled", "paid"), strict=True):
                session.get_one(Order, order_id).status = OrderStatus(status)
        forget()
    return own


def shown(client: FlaskClient, query: str = "", **options: object) -> int:
    return client.get(f"/account/orders{query}", **options).text.count('class="order-number"')  # type: ignore[arg-type]


def test_orders_are_narrowed_by_state_and_paged(client: FlaskClient) -> None:
    assert (shown(client), shown(client, "?page=2"), shown(client, "?page=99")) == (10, 2, 2)
    assert (shown(client, "?state=sent"), shown(client, "?state=over")) == (1, 1)
    assert (shown(client, "?state=open"), shown(client, "?state=rubbish&page=x")) == (10, 10)
    assert shown(client, "?state=sent", headers={"HX-Request": "true"}) == 1


@pytest.mark.parametrize(
    ("words", "number"), [("brass_lamp", 1), ("BRASS", 1), ("brassxlamp", 0), ("%", 0), ("nothing", 0)]
)
def test_orders_are_found_by_what_was_bought(client: FlaskClient, words: str, number: int) -> None:
    assert shown(client, f"?q={words}") == number


def test_orders_are_found_by_their_number(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        own, others = (
            db.session.scalars(db.select(Order.number).where(is_own).limit(1)).one()
            for is_own in (Order.user_id == 1, Order.user_id.is_(None))
        )
    assert (shown(client, f"?q={own.lower()}"), shown(client, f"?q={others}")) == (1, 0)


def test_the_overview_leads_everywhere(client: FlaskClient) -> None:
    page = client.get("/account").text
    for path in ("/account/orders", "/account/wishlist", "/account/addresses", "/account/settings"):
        assert f'href="{path}"' in page
    assert page.count('class="order-number"') == 3


def test_an_order_leads_back_to_its_owners_account_and_to_nobody_elses(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        own, others = (
            db.session.scalars(db.select(Order.token).where(is_own).limit(1)).one()
            for is_own in (Order.user_id == 1, Order.user_id.is_(None))
        )
    assert 'href="/account/orders"' in client.get(f"/orders/{own}").text
    assert 'href="/account/orders"' not in client.get(f"/orders/{others}").text
    assert 'href="/account/orders"' not in app.test_client().get(f"/orders/{own}").text


def test_every_page_of_the_account_has_the_way_out(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        token = db.session.scalars(db.select(Order.token).where(Order.user_id == 1).limit(1)).one()
    own = ("", "/orders", "/addresses", "/addresses/new", "/settings", "/wishlist", "/privacy")
    for path in (*(f"/account{place}" for place in own), f"/orders/{token}"):
        answer = client.get(path)
        assert (answer.status_code, answer.text.count('action="/account/sign-out"')) == (200, 1), path
    stranger = app.test_client().get(f"/orders/{token}")
    assert "/account/sign-out" not in stranger.text
