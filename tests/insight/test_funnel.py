"""Steps on the way to an order are counted without a cookie, and pages stay the same bytes for everybody."""

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from storefront.core.db import db, transaction
from storefront.insight import funnel
from storefront.insight.days import Books
from storefront.insight.funnel import Funnel, FunnelStep, get_tally, read_funnel
from storefront.insight.periods import Span
from storefront.orders import service as orders
from tests.fixtures.factories import make_order, make_product
from tests.fixtures.shop import on_every_database


def look(client: FlaskClient, slug: str) -> object:
    """What the browser asks for when a product's page has been shown."""
    address = f"http://localhost/p/{slug}?v=1"
    return client.get("/cart/badge", headers={"HX-Request": "true", "HX-Current-URL": address})


def counted(app: Flask) -> Funnel:
    with app.app_context():
        get_tally().write()
        books = Books.of(app.config["SETTINGS"])
        today = books.today()
        return read_funnel(db.session(), Span(today, today), books)


@on_every_database
def test_each_step_is_counted_on_its_day(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        product = make_product()
        slug, variant_id = product.slug, product.variants[0].id
    client.get(f"/p/{slug}")
    look(client, slug)
    for _ in range(2):
        client.post("/cart/lines", data={"variant_id": variant_id, "quantity": 1})
        client.get("/checkout")
    assert counted(app) == Funnel(seen=1, carts=1, checkouts=1, placed=0, paid=0)
    with app.app_context():
        paid, _unpaid = make_order(), make_order()
        with transaction():
            orders.mark_paid(paid.id, "tests")
    assert counted(app) == Funnel(seen=1, carts=1, checkouts=1, placed=2, paid=1)


def test_looking_sets_no_cookie(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        slug = make_product().slug
    answers = [client.get(f"/p/{slug}"), look(client, slug)]
    assert [answer.headers.getlist("Set-Cookie") for answer in answers] == [[], []]  # type: ignore[attr-defined]
    assert counted(app).seen == 1


def test_a_cart_that_changes_is_no_second_look(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        product = make_product()
        slug, variant_id = product.slug, product.variants[0].id
    client.post("/cart/lines", data={"variant_id": variant_id, "quantity": 1})
    for _ in range(3):
        look(client, slug)
    assert counted(app).seen == 1


def test_what_is_fetched_without_a_browser_is_not_counted(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        slug = make_product().slug
    client.get(f"/p/{slug}")
    client.get("/cart/badge")
    assert counted(app).seen == 0


def test_counts_survive_a_database_that_is_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_counts: object) -> None:
        raise OperationalError("", {}, OSError("away"))

    with app.app_context():
        get_tally().note(FunnelStep.CART)
        with monkeypatch.context() as patch:
            patch.setattr(funnel, "add_counts", fail)
            get_tally().write()
    assert counted(app).carts == 1


def test_counts_of_several_processes_add_up(app: Flask) -> None:
    today = date(2026, 1, 1)
    with app.app_context():
        for _ in range(2):
            funnel.add_counts(funnel.Counter({(today, FunnelStep.CART): 3}))
        span = Span(today, today)
        assert read_funnel(db.session(), span, Books.of(app.config["SETTINGS"])).carts == 6
