"""Passkeys on the pages: added, signed in with, removed; asked again who it is; and limits at the door."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.accounts.queries import find_user
from storefront.accounts.views import visit
from storefront.core.db import db
from tests.fixtures.authenticator import PRESENT, Authenticator
from tests.fixtures.shop import PASSWORD, post, post_bare, token_of

EMAIL = "grace@example.com"


def options(client: FlaskClient, path: str) -> str:
    answer = client.post(path, data={"csrf_token": token_of(client)}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200, answer.status
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.text


def add_by_page(client: FlaskClient) -> Authenticator:
    device = Authenticator()
    answer = device.create(options(client, "/account/passkeys/options"))
    added = post(client, "/account/passkeys", {"answer": answer, "passkey_name": "Phone"})
    assert added.location == "/account/settings#passkeys"
    return device


def test_the_page_adds_signs_in_and_removes(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    own = sign_in(email=EMAIL)
    device = add_by_page(own)
    assert "Your passkey is added." in own.get("/account/settings").text
    other = app.test_client()
    answer = device.get(options(other, "/account/sign-in/passkeys/options"))
    entered = post(other, "/account/sign-in/passkeys?next=/cart", {"answer": answer})
    assert (entered.status_code, entered.location) == (303, "/cart")
    assert "Hello, Grace" in other.get("/account").text
    post(other, "/account/passkeys/1", {"passkey_name": ""})
    post(other, "/account/passkeys/1", {"passkey_name": "Old phone"})
    assert "Old phone" in other.get("/account/settings").text
    post(other, "/account/passkeys/1/removal")
    assert "Old phone" not in other.get("/account/settings").text
    third = app.test_client()
    answer = device.get(options(third, "/account/sign-in/passkeys/options"))
    refused = post(third, "/account/sign-in/passkeys", {"answer": answer})
    assert (refused.status_code, "This passkey did not work here." in refused.text) == (403, True)


def test_the_session_begins_anew_with_a_passkey(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    device, client = add_by_page(sign_in(email=EMAIL)), app.test_client()
    answer = device.get(options(client, "/account/sign-in/passkeys/options"))
    with client.session_transaction() as session:
        session["planted"] = "by a thief"
    post(client, "/account/sign-in/passkeys", {"answer": answer})
    with client.session_transaction() as session:
        assert "planted" not in session


def test_without_a_script_the_page_says_what_to_do(client: FlaskClient, sign_in: Callable[..., FlaskClient]) -> None:
    refused = post(client, "/account/sign-in/passkeys", {"answer": ""})
    assert "Passkeys need JavaScript and a recent browser." in refused.text
    own = sign_in(email=EMAIL)
    refused = post(own, "/account/passkeys", {"answer": "", "passkey_name": "Phone"})
    assert (refused.status_code, "Passkeys need JavaScript and a recent browser." in refused.text) == (409, True)


def test_a_browser_that_was_left_open_changes_no_passkeys(
    sign_in: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(email=EMAIL)
    device = add_by_page(client)
    past = timedelta(minutes=16).total_seconds()
    with client.session_transaction() as session:
        session[visit.SHOWN] -= past
    refused = client.post(
        "/account/passkeys/options", data={"csrf_token": token_of(client)}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert refused.status_code == 403
    for path in ("/account/passkeys", "/account/passkeys/1/removal"):
        sent = post(client, path, {"passkey_name": "x", "answer": "{}"})
        assert sent.location.startswith("/account/confirmation?next=")
    wrong = post(client, "/account/confirmation?next=/account/settings", {"password": "wrong password"})
    assert (wrong.status_code, "This is not your password." in wrong.text) == (403, True)
    assert post(client, "/account/confirmation").status_code == 422
    right = post(client, "/account/confirmation?next=/account/settings", {"password": PASSWORD})
    assert right.location == "/account/settings"
    options(client, "/account/passkeys/options")
    with client.session_transaction() as session:
        session[visit.SHOWN] -= past
    answer = device.get(options(client, "/account/sign-in/passkeys/options"))
    assert post(client, "/account/sign-in/passkeys", {"answer": answer}).status_code == 303
    options(client, "/account/passkeys/options")


def test_who_has_no_password_at_hand_shows_it_by_mail(sign_in: Callable[..., FlaskClient]) -> None:
    client = sign_in(email=EMAIL)
    assert EMAIL in client.get("/account/confirmation").text
    answer = post(client, "/account/confirmation/mails")
    assert (answer.status_code, EMAIL in answer.text) == (200, True)


def test_passkeys_are_limited_in_rate(client: FlaskClient) -> None:
    form = {"csrf_token": token_of(client), "answer": "{}"}
    statuses = [client.post("/account/sign-in/passkeys", data=form).status_code for _ in range(32)]
    assert statuses[:30] == [403] * 30
    assert statuses[30:] == [429] * 2
    form = {"csrf_token": token_of(client)}
    statuses = [client.post("/account/sign-in/passkeys/options", data=form).status_code for _ in range(122)]
    assert (statuses[0], statuses[-1]) == (200, 429)


@pytest.mark.parametrize("path", ["/account/sign-in/passkeys/options", "/account/sign-in/passkeys"])
def test_another_site_asks_for_no_passkey(client: FlaskClient, path: str) -> None:
    assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 400


def owner_with_passkey(app: Flask, sign_in: Callable[..., FlaskClient]) -> Authenticator:
    return add_by_page(sign_in("owner"))


def use(app: Flask, device: Authenticator) -> FlaskClient:
    client = app.test_client()
    answer = device.get(options(client, "/account/sign-in/passkeys/options"))
    assert post(client, "/account/sign-in/passkeys", {"answer": answer}).status_code == 303
    return client


def test_a_passkey_with_a_finger_is_the_second_factor_of_staff(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    device = owner_with_passkey(app, sign_in)
    assert use(app, device).get("/admin/").status_code == 200
    device.flags = PRESENT
    client = use(app, device)
    assert client.get("/admin/").location == "/account/second-factor?next=/admin/"


def test_a_password_alone_sets_up_no_factor_beside_a_passkey(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    device = owner_with_passkey(app, sign_in)
    thief = app.test_client()
    known = {"email": "owner@example.com", "password": PASSWORD}
    post_bare(thief, "/account/sign-in", known, "/account/sign-in")
    page = thief.get("/account/second-factor").text
    assert "Your passkey is your second factor." in page
    assert "otpauth" not in page
    refused = post_bare(thief, "/account/second-factor", {"code": "123456"}, "/account/second-factor")
    assert refused.status_code == 403
    assert thief.get("/account/settings").status_code == 303
    with app.app_context():
        user = find_user(db.session(), "owner@example.com")
        assert user
        assert (user.factor_salt, user.factor_confirmed_at) == (None, None)
    assert "Set up your second factor" in use(app, device).get("/account/second-factor").text
