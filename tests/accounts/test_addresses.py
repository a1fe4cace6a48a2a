"""The address book: several, one offered first, nobody else's, and back again after a slip."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.accounts import addresses
from storefront.accounts import service as accounts
from storefront.accounts.addresses import TooManyAddresses, UnknownAddress
from storefront.core import clock
from storefront.core.db import db
from storefront.orders.models import Order
from tests.fixtures.factories import make_variant
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget
from tests.fixtures.shop import PASSWORD, on_every_database, post

HOME = {
    "name": "Ada Lovelace",
    "line1": "12 St James's Square",
    "line2": "Third bell",
    "city": "London",
    "region": "",
    "postcode": "SW1Y 4JH",
    "country": "GB",
    "phone": "+44 20 7946 0000",
}
WORK = {**HOME, "line1": "1 Analytical Row", "city": "Leeds", "postcode": "LS1 1AA"}


def make_user(email: str = "ada@example.com") -> int:
    return accounts.create_user(email, PASSWORD, "Ada")


def book(user_id: int) -> list[tuple[str, bool]]:
    forget()
    return [(one.line1, one.default_of == user_id) for one in addresses.list_addresses(db.session(), user_id)]


@on_every_database
def test_several_are_kept_and_one_is_offered_first(context: Flask) -> None:
    user_id = make_user()
    addresses.add(user_id, HOME, "Home")
    work = addresses.add(user_id, WORK, "Work")
    assert book(user_id) == [(HOME["line1"], True), (WORK["line1"], False)]
    addresses.make_default(user_id, work)
    assert book(user_id) == [(WORK["line1"], True), (HOME["line1"], False)]
    addresses.change(user_id, work, {**WORK, "line1": "2 Analytical Row"}, "", is_default=False)
    assert dict(book(user_id)) == {"2 Analytical Row": False, HOME["line1"]: False}


@on_every_database
def test_no_two_are_offered_first_however_many_tabs_say_so(context: Flask) -> None:
    user_id = make_user()
    ids = [addresses.add(user_id, {**HOME, "line1": f"{number} Mill Lane"}) for number in range(4)]
    at_once(context, [lambda one=one: addresses.make_default(user_id, one) for one in ids]).won()
    assert sum(is_first for _line, is_first in book(user_id)) == 1


@pytest.mark.usefixtures("context")
def test_the_same_address_is_kept_once() -> None:
    user_id = make_user()
    assert addresses.add(user_id, HOME) == addresses.add(user_id, HOME)
    assert len(book(user_id)) == 1


@pytest.mark.usefixtures("context")
def test_the_book_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MAX_ADDRESSES", 1)
    user_id = make_user()
    first = addresses.add(user_id, HOME)
    with pytest.raises(TooManyAddresses):
        addresses.add(user_id, WORK)
    addresses.remove(user_id, first)
    addresses.add(user_id, WORK)
    with pytest.raises(TooManyAddresses):
        addresses.put_back(user_id, first)


@pytest.mark.usefixtures("context")
def test_what_was_removed_comes_back_within_a_day_and_is_gone_then(monkeypatch: pytest.MonkeyPatch) -> None:
    user_id = make_user()
    first, second = addresses.add(user_id, HOME), addresses.add(user_id, WORK)
    addresses.remove(user_id, first)
    assert book(user_id) == [(WORK["line1"], False)]
    with pytest.raises(UnknownAddress):
        addresses.remove(user_id, first)
    addresses.put_back(user_id, first)
    assert len(book(user_id)) == 2
    addresses.remove(user_id, second)
    assert addresses.forget_removed() == 0
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment + timedelta(days=1, minutes=1))
    assert addresses.forget_removed() == 1
    with pytest.raises(UnknownAddress):
        addresses.put_back(user_id, second)


@pytest.mark.usefixtures("context")
def test_somebody_elses_address_is_not_there(sign_in: Callable[..., FlaskClient]) -> None:
    address_id = addresses.add(make_user(), HOME)
    eve = sign_in(email="eve@example.com")
    path = f"/account/addresses/{address_id}"
    assert eve.get(path).status_code == 404
    for step in ("", "/default", "/removal", "/undo"):
        assert post(eve, f"{path}{step}", {**WORK, "label": "Mine"}).status_code == 404
    variant_id = make_variant().id
    forget()
    eve.post("/cart/lines", data={"variant_id": variant_id})
    assert post(eve, "/checkout", {"address": address_id}).status_code == 404
    assert book(1) == [(HOME["line1"], True)]


def test_the_pages_add_change_remove_and_put_back(sign_in: Callable[..., FlaskClient]) -> None:
    client = sign_in(email="grace@example.com")
    assert "No addresses yet" in client.get("/account/addresses").text
    assert 'value="Grace"' in client.get("/account/addresses/new").text
    wrong = post(client, "/account/addresses", {**HOME, "line1": "", "label": "Home"})
    assert (wrong.status_code, "Enter street and house number." in wrong.text) == (422, True)
    assert 'value="SW1Y 4JH"' in wrong.text
    assert post(client, "/account/addresses", {**HOME, "label": "Home"}).status_code == 303
    assert "Offered first" in client.get("/account/addresses").text
    assert "Third bell" in client.get("/account/addresses/1").text
    assert post(client, "/account/addresses/1", {**HOME, "city": ""}).status_code == 422
    post(client, "/account/addresses/1", {**HOME, "label": "Old home"})
    post(client, "/account/addresses/1/default")
    post(client, "/account/addresses/1/removal")
    page = client.get("/account/addresses").text
    assert "Old home was removed." in page
    assert "was removed" not in client.get("/account/addresses").text, "it is offered once"
    post(client, "/account/addresses/1/undo")
    assert "Old home" in client.get("/account/addresses").text


@pytest.fixture
def shopper(app: Flask, sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    """Somebody with two addresses and something in the cart."""
    client = sign_in(email="ada@example.com")
    with app.app_context():
        addresses.add(1, HOME, "Home")
        addresses.add(1, WORK, "Work")
        variant_id = make_variant().id
    client.post("/cart/lines", data={"variant_id": variant_id})
    return client


def value_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found.group(1) if found else ""


def test_the_checkout_offers_the_book_and_begins_with_the_first(shopper: FlaskClient) -> None:
    page = shopper.get("/checkout").text
    assert (value_of(page, "postcode"), value_of(page, "phone")) == (HOME["postcode"], HOME["phone"])
    assert "From your address book" in page
    page = post(shopper, "/checkout", {"address": 2, "email": "typed@example.com", "shipping_method": "express"}).text
    assert (value_of(page, "postcode"), value_of(page, "city")) == (WORK["postcode"], WORK["city"])
    assert value_of(page, "email") == "typed@example.com"
    assert re.search(r'checked[^>]*value="express"|value="express"[^>]*checked', page)


def test_where_nothing_goes_is_not_offered(app: Flask, shopper: FlaskClient) -> None:
    from storefront.shipping import service as shipping
    from storefront.shipping.queries import list_zones

    with app.app_context():
        addresses.add(1, {**WORK, "country": "FR", "city": "Paris"}, "Paris", is_default=True)
        for zone in list_zones(db.session()):
            if zone.is_rest:
                shipping.delete_zone(zone.id)
    page = shopper.get("/checkout").text
    assert "Paris" not in page
    assert value_of(page, "postcode") == WORK["postcode"]


def test_an_address_typed_at_the_checkout_is_kept_when_wanted(app: Flask, shopper: FlaskClient) -> None:
    for line, keep in (("3 New Road", {}), ("4 New Road", {"save_address": "y"})):
        page = shopper.get("/checkout").text
        form = {name: value_of(page, name) for name in ("key", "quoted_minor")}
        typed = {**HOME, "line1": line, "email": "ada@example.com", "shipping_method": "standard", "terms": "y"}
        assert post(shopper, "/checkout", {**form, **typed, **keep}).status_code == 303
        with app.app_context():
            assert db.session.scalars(db.select(Order.line1).order_by(Order.id.desc())).first() == line
            variant_id = make_variant().id
        shopper.post("/cart/lines", data={"variant_id": variant_id})
    with app.app_context():
        kept = [one.line1 for one in addresses.list_addresses(db.session(), 1)]
    assert ("4 New Road" in kept, "3 New Road" in kept) == (True, False)


def test_a_guest_is_offered_no_book(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        variant_id = make_variant().id
    client.post("/cart/lines", data={"variant_id": variant_id})
    page = client.get("/checkout").text
    assert "address book" not in page
    assert post(client, "/checkout", {"address": 1}).status_code == 404
