"""Every template is rendered at least once by a walk through the shop, and each fragment is a part of its page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.core.db import db, transaction
from storefront.core.errors import Conflict
from storefront.core.web.access import public
from storefront.orders import mails
from storefront.orders import service as orders
from storefront.orders.models import Order
from storefront.payments import service as payments
from storefront.payments.gateways import get_gateway
from tests.fixtures import factories
from tests.fixtures.shop import PASSWORD, accounts, post

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def loaded(app: Flask) -> Iterator[set[str]]:
    """The names of all templates that were loaded, included and imported ones too."""
    names: set[str] = set()
    loader = app.jinja_env.loader
    assert loader is not None
    get_source = loader.get_source

    def note(environment, template):  # type: ignore[no-untyped-def]
        names.add(template)
        return get_source(environment, template)

    loader.get_source = note  # type: ignore[method-assign]
    app.jinja_env.cache.clear()  # type: ignore[union-attr]
    yield names


@pytest.fixture
def stocked(app: Flask) -> dict[str, str]:
    """A shop with something of everything; gives the addresses of its pages."""
    with app.app_context():
        accounts.create_user("ada@example.com", PASSWORD, "Ada")
        accounts.create_user("owner@example.com", PASSWORD, "Olive", roles=["owner"])
        product = factories.make_product(name="Lamp", variants=("Red", "Blue"), stock_level=3)
        for _ in range(30):
            factories.make_product(name="Plate", stock_level=0)
        user_id = accounts.find_user(db.session(), "ada@example.com").id
        paid, pending = (factories.make_order(user_id=user_id).id for _ in range(2))
        with transaction():
            orders.mark_paid(paid, "tests")
        order = db.session.get_one(Order, paid)
        waiting = db.session.get_one(Order, pending)
        return {"product": product.slug, "paid": order.token, "pending": waiting.token, "number": waiting.number}


def walk_shopper(client: FlaskClient, stocked: dict[str, str]) -> None:
    for path in ("/", "/search", "/search?q=plate&page=2", "/search?q=nothing+like+it", "/terms", "/nowhere"):
        client.get(path)
    product = client.get(f"/p/{stocked['product']}")
    variant = re.search(r'name="variant_id" value="(\d+)"', product.text)
    assert variant
    client.get("/cart")
    client.post("/cart/lines", data={"variant_id": variant.group(1), "quantity": 2})
    line = re.search(r'action="(/cart/lines/\d+)/remove"', client.get("/cart").text)
    assert line
    client.get("/checkout")
    post(client, "/checkout", {"email": "wrong"})
    post(client, f"{line.group(1)}/remove")
    client.get("/cart")
    for state in ("paid", "pending"):
        client.get(f"/orders/{stocked[state]}")


def walk_account(client: FlaskClient) -> None:
    client.get("/account/register")
    client.get("/account/sign-in")
    post(client, "/account/sign-in", {"email": "ada@example.com", "password": PASSWORD})
    client.get("/account")


def walk_desk(client: FlaskClient, app: Flask, stocked: dict[str, str]) -> None:
    post(client, "/account/sign-in", {"email": "owner@example.com", "password": PASSWORD})
    values = {"number": stocked["number"]}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("admin.") and "GET" in (rule.methods or ()):
            with app.test_request_context():
                path = app.url_for(rule.endpoint, **{name: values.get(name, 1) for name in rule.arguments})
            client.get(path)
    client.get("/admin/products?q=nothing+like+it")
    client.get("/admin/orders?q=nothing+like+it")


def walk_payment(app: Flask, stocked: dict[str, str]) -> None:
    """The demo provider's pages, in every state, and the mails."""
    with app.app_context():
        order = db.session.scalar(db.select(Order).where(Order.token == stocked["pending"]))
        url = payments.start(order.id, get_gateway(), app.config["SETTINGS"].base_url)
        mails.confirmation(db.session.get_one(Order, order.id), app.config["SETTINGS"])
    path = "/" + url.split("/", 3)[3]
    client = FlaskClient(app)
    for card in ("4000000000003220", "4000000000000002"):
        answer = client.post(path, data={"action": "pay", "card": card})
        client.get(answer.location or path)
    client.get(path)
    with app.app_context():
        gateway = get_gateway()
        gateway.cancel(path.rsplit("/", 1)[1], "walk-cancel")
    client.get(path)


def test_every_template_is_rendered_by_somebody(
    app: Flask, client: FlaskClient, loaded: set[str], stocked: dict[str, str]
) -> None:
    walk_shopper(client, stocked)
    walk_account(app.test_client())
    walk_desk(app.test_client(), app, stocked)
    walk_payment(app, stocked)
    known = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file()}
    assert known - loaded == set()


@pytest.mark.parametrize("path", ["/search?q=plate", "/p/{product}", "/cart", "/orders/{pending}", "/c/{shelf}"])
def test_a_fragment_is_a_part_of_its_page(client: FlaskClient, stocked: dict[str, str], path: str) -> None:
    shelf = re.search(r'href="/c/([^"]+)"', client.get("/").text)
    assert shelf
    address = path.format(shelf=shelf.group(1), **stocked)
    page, fragment = client.get(address).text, client.get(address, headers=HTMX).text
    assert len(fragment) < len(page)
    assert _plain(fragment) in _plain(page)


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_boosted_and_restored_pages_are_whole(client: FlaskClient, stocked: dict[str, str], header: str) -> None:
    assert client.get("/cart", headers={**HTMX, header: "true"}).text.startswith("<!doctype")


def test_pages_vary_by_what_they_are_made_for(client: FlaskClient, stocked: dict[str, str]) -> None:
    assert {"HX-Request", "Accept-Language", "Cookie"} <= set(client.get("/").vary)


def test_a_crash_is_answered_with_a_page_that_needs_no_database(app: Flask, settings: object) -> None:
    @public
    def crash() -> str:
        raise RuntimeError("a secret detail")

    app.add_url_rule("/crash", "crash", crash)
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/crash")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "<h1>" in answer.text


def test_an_error_of_a_service_is_told_in_its_own_words(app: Flask) -> None:
    class Gone(Conflict):
        message = "There are %(count)s left."

    @public
    def fail() -> str:
        raise Gone(count=3)

    app.add_url_rule("/fail", "fail", fail)
    answer = app.test_client().get("/fail")
    assert (answer.status_code, "There are 3 left." in answer.text) == (409, True)


def _plain(text: str) -> str:
    """Without the CSRF tokens, which differ between two answers, and without indentation."""
    return re.sub(r"\s+", " ", re.sub(r'value="[^"]{40,}"', "", text)).strip()
