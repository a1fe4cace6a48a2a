"""Every route declares who may use it, and is held to it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.accounts import service as accounts
from storefront.accounts.models import ROLES, Permission
from storefront.core.web.access import CUSTOMER, PUBLIC, access_of
from tests.fixtures.shop import PASSWORD, post, token_of

SAMPLE = {
    "number": "AAAA-AAAA",
    "token": "none",
    "slug": "none",
    "provider": "none",
    "folder": "aa",
    "name": "a.webp",
    "country": "GB",
}


def address_of(app: Flask, endpoint: str) -> str:
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    values = {name: SAMPLE.get(name, 1) for name in rule.arguments}
    with app.test_request_context():
        return str(app.url_for(endpoint, **values))


def test_every_route_declares_who_may_use_it(app: Flask) -> None:
    known = {PUBLIC, CUSTOMER, *Permission}
    undeclared = {name: access_of(app, name) for name in app.view_functions if access_of(app, name) not in known}
    assert undeclared == {}


def test_a_route_that_declares_nothing_answers_nobody(app: Flask, client: FlaskClient) -> None:
    app._got_first_request = False
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert client.get("/forgotten").status_code == 404


def test_only_the_desk_is_for_staff_and_all_of_it_is(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        is_staff = access_of(app, rule.endpoint) in set(Permission)
        assert is_staff == rule.endpoint.startswith("admin."), rule.endpoint


@pytest.mark.parametrize("role", ["", *ROLES])
def test_each_staff_page_opens_only_to_its_permission(
    app: Flask, sign_in: Callable[..., FlaskClient], role: str
) -> None:
    client = sign_in(role) if role else sign_in()
    for rule in app.url_map.iter_rules():
        needed = access_of(app, rule.endpoint)
        if needed not in set(Permission) or "GET" not in (rule.methods or ()):
            continue
        is_allowed = bool(role) and needed in ROLES[role]
        status = client.get(address_of(app, rule.endpoint)).status_code
        assert (status != 403) == is_allowed, (rule.rule, role, status)


def test_a_stranger_is_sent_to_the_door_and_comes_back(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/admin/orders?status=paid")
    assert answer.status_code == 303
    assert answer.location == "/account/sign-in?next=/admin/orders?status%3Dpaid"


def test_a_state_change_without_token_is_refused(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert client.post("/account/sign-in", data={"email": "a@b.c"}, headers=headers).status_code == 400


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_a_state_change_from_another_site_is_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    form = {"csrf_token": token_of(client), "email": "a@example.com", "password": PASSWORD}
    assert client.post("/account/sign-in", data=form, headers=headers).status_code == 403
    assert client.post("/cart/lines", data={"variant_id": 1}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(sign_in: Callable[..., FlaskClient], target: str) -> None:
    client = sign_in()
    assert client.get("/account/sign-in", query_string={"next": target}).location == "/account"


def test_the_session_begins_anew_at_sign_in_and_the_cart_comes_along(app: Flask, client: FlaskClient) -> None:
    from tests.fixtures import factories

    with app.app_context():
        variant_id = factories.make_variant().id
    client.post("/cart/lines", data={"variant_id": variant_id})
    with client.session_transaction() as session:
        session["planted"] = "by a thief"
    with app.app_context():
        accounts.create_user("ada@example.com", PASSWORD, "Ada")
    data = {"email": "ada@example.com", "password": PASSWORD}
    assert post(client, "/account/sign-in", data).status_code == 303
    with client.session_transaction() as session:
        assert "planted" not in session
    assert "1<span" in client.get("/cart/badge").text


def test_sign_in_is_limited_in_rate(client: FlaskClient) -> None:
    token = token_of(client)
    form = {"csrf_token": token, "email": "ada@example.com", "password": "wrong password"}
    answers = [client.post("/account/sign-in", data=form).status_code for _ in range(12)]
    assert answers[:10] == [403] * 10
    assert answers[10:] == [429, 429]
