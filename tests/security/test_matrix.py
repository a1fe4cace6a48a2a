"""Every route for every kind of visitor, as tests/security/matrix.py has it."""

from typing import Any

import pytest
from flask import Flask

from storefront.accounts.models import ROLES as BUNDLES
from storefront.accounts.models import UserSession
from storefront.cart.models import CartLine
from storefront.core.db import db
from storefront.core.web.access import access_of
from storefront.orders.queries import get_order
from tests.security.matrix import ROLES, ROWS, Row
from tests.security.visitors import VISITORS, Town

# What an argument of an address is, where its name means another thing than in the rest of the shop.
OTHER = {
    ("accounts", "token"): "link",
    ("stock", "token"): "request",
    ("catalog.category", "slug"): "shelf",
    ("orders.receipt", "token"): "paid",
    ("privacy", "token"): "unknown",
    ("wishlist", "token"): "unknown",
    ("insight", "token"): "unknown",
    ("admin.drop_recipient", "token"): "unknown",
    ("accounts.follow", "token"): "unknown",
}
# Forms that have to say something before it is asked whose the object is.
SAID = {"accounts.rename_passkey": {"passkey_name": "Phone"}}
# Taken last: what they take away, others look at.
LAST = ("removal", "/end", "sign-out", "cancellation", "links")


def address(town: Town, endpoint: str) -> str:
    """The address of a route about something that is there."""
    rule = next(rule for rule in town.app.url_map.iter_rules() if rule.endpoint == endpoint)
    values: dict[str, Any] = {}
    for name in rule.arguments:
        owner = endpoint if (endpoint, name) in OTHER else endpoint.partition(".")[0]
        values[name] = town.facts[OTHER.get((owner, name), name)]
    with town.app.test_request_context():
        return str(town.app.url_for(endpoint, **values))


def routes(app: Flask) -> set[tuple[str, str]]:
    """(method, endpoint) of all there are."""
    rules = app.url_map.iter_rules()
    return {(method, rule.endpoint) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


def test_every_route_stands_in_the_table_and_no_other(town: Town) -> None:
    known = {(row.method, row.endpoint) for row in ROWS}
    assert len(known) == len(ROWS)
    assert routes(town.app) - known == set(), "give each new route a line in tests/security/matrix.py"
    assert known - routes(town.app) == set(), "these routes are gone: take their lines out of tests/security/matrix.py"


def test_the_table_says_what_the_views_declare(town: Town) -> None:
    words = {"everybody": "public", "own": "customer", "staff": "customer"}
    for row in ROWS:
        assert access_of(town.app, row.endpoint) == words.get(row.who, row.who), row.endpoint


def test_the_roles_of_a_new_shop_are_those_of_the_table() -> None:
    bundles = {permission: {role for role in BUNDLES if permission in BUNDLES[role]} for permission in ROLES}
    assert {permission: set(roles.split()) for permission, roles in ROLES.items()} == bundles
    assert set().union(*BUNDLES.values()) == set(ROLES)


@pytest.mark.parametrize("visitor", VISITORS)
def test_each_route_answers_each_visitor_as_the_table_says(town: Town, visitor: str) -> None:
    found = {}
    for row in sorted(ROWS, key=lambda row: _when(town, row)):
        path = address(town, row.endpoint)
        client = town.visitor(visitor)
        answer = town.send(client, row.method, path, SAID.get(row.endpoint, {}) if row.method == "POST" else None)
        if answer.status_code != row.expected(visitor):
            found[f"{row.method} {path}"] = (answer.status_code, row.expected(visitor))
        if row.expected(visitor) == 303 and row.who != "everybody" and visitor == "anonymous":
            assert "/account/sign-in" in answer.location, path
    assert found == {}, "(answered, expected)"


ORDER_PAGES = ["", "/receipt", "/return", "/payment", "/check"]
ORDER_FORMS = ["/payments", "/cancellation", "/check", "/check/mails"]


@pytest.mark.parametrize("visitor", ["anonymous", "stranger", "buyer", "owner"])
def test_an_order_opens_to_its_own_link_and_to_nothing_that_can_be_guessed(town: Town, visitor: str) -> None:
    token = town.facts["token"]
    with town.app.app_context():
        order_id = get_order(db.session(), token).id
    near = [token[:-1], f"{token}A", f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}", token.swapcase(), "%", "_" * 43]
    client = town.visitor(visitor)
    for guess in (town.facts["number"], town.facts["paid_number"], order_id, *near):
        for page in ORDER_PAGES:
            assert town.send(client, "GET", f"/orders/{guess}{page}").status_code == 404, (guess, page)
        for form in ORDER_FORMS:
            assert town.send(client, "POST", f"/orders/{guess}{form}", {"code": "123456"}).status_code == 404


@pytest.mark.parametrize("visitor", ["anonymous", "stranger", "owner"])
def test_nobody_changes_the_cart_or_ends_the_session_of_somebody_else(town: Town, visitor: str) -> None:
    client, facts = town.visitor(visitor), town.facts
    with town.app.app_context():
        line = db.session.get_one(CartLine, facts["line_id"])
        before, there = line.quantity, town.people["buyer"]
        db.session.rollback()
        town.send(client, "POST", f"/cart/lines/{facts['line_id']}", {"quantity": "9"})
        town.send(client, "POST", f"/cart/lines/{facts['line_id']}/remove", {})
        sessions = set(db.session.scalars(db.select(UserSession.id).where(UserSession.user_id == there)))
        db.session.rollback()
        for session_id in sessions:
            town.send(client, "POST", f"/account/sessions/{session_id}/end", {})
        assert db.session.get_one(CartLine, facts["line_id"]).quantity == before
        assert set(db.session.scalars(db.select(UserSession.id).where(UserSession.user_id == there))) == sessions
        db.session.remove()


def _when(town: Town, row: Row) -> tuple[bool, bool]:
    path = next(rule.rule for rule in town.app.url_map.iter_rules() if rule.endpoint == row.endpoint)
    return (any(word in path for word in LAST), row.method == "POST")
