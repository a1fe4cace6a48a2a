"""The way to the payment: past the shield, which stops only who tries too often, and says what to do."""

import re
import time

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from storefront import create_app
from storefront.config import Settings
from storefront.core.db import db
from storefront.payments.gateway import PaymentStatus
from storefront.payments.queries import list_payments
from storefront.payments.shield import MAX_CODES_PER_SESSION, MAX_DECLINES, Verdict, get_shield
from tests.fixtures.factories import ADDRESS, make_order, make_variant
from tests.fixtures.paying import hear_all
from tests.fixtures.provider import Provider
from tests.fixtures.readings import count_orders, staged
from tests.fixtures.shop import make_settings, post
from tests.fixtures.walk_cards import send_form

PUBLIC = {"REMOTE_ADDR": "8.8.8.8"}


def points(app: Flask, session: str, count: int, email: str = ADDRESS.email) -> None:
    """Somebody with this session began so many payments."""
    with app.app_context():
        shield = get_shield()
        for number in range(count):
            shield.note_start(900_000 + number, shield.subjects(None, email, session))


def placed(app: Flask, client: FlaskClient) -> str:
    """An unpaid order of whoever has this client; gives its token."""
    with app.app_context():
        return make_order().token


def session_of(client: FlaskClient) -> str:
    client.get("/account/sign-in")
    with client.session_transaction() as session:
        session.setdefault("shopper", "the shopper")
        return str(session["shopper"])


def test_an_ordinary_payer_goes_straight_to_the_provider(app: Flask, client: FlaskClient) -> None:
    token = placed(app, client)
    for _ in range(3):
        answer = post(client, f"/orders/{token}/payments", environ_base=PUBLIC)
        assert "/demo-pay/" in answer.location
    with app.app_context():
        assert get_shield()._counters.sums(["all-starts"]) == [1], "one attempt counts once"


def test_who_tries_often_waits_and_then_goes_on(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = placed(app, client)
    points(app, session_of(client), 12)
    answer = post(client, f"/orders/{token}/payments")
    assert answer.location.endswith(f"/orders/{token}/check")
    page = client.get(answer.location).text
    assert "Please wait 4 seconds, then go on." in page
    assert post(client, f"/orders/{token}/payments").location.endswith("/check"), "it does not help to press at once"
    now = time.time()
    monkeypatch.setattr("storefront.payments.door.time.time", lambda: now + 5)
    assert "You can go on now." in client.get(f"/orders/{token}/check").text
    assert "/demo-pay/" in post(client, f"/orders/{token}/payments").location
    another = placed(app, client)
    assert post(client, f"/orders/{another}/payments").location.endswith("/check"), "a wait is good for one payment"


def test_who_tries_more_often_shows_that_the_mail_is_theirs(app: Flask, client: FlaskClient) -> None:
    token = placed(app, client)
    points(app, session_of(client), 20)
    assert post(client, f"/orders/{token}/payments").location.endswith(f"/orders/{token}/check")
    assert ADDRESS.email in client.get(f"/orders/{token}/check").text
    with app.app_context():
        (mailed,) = staged("payments.send_proof")
    wrong = f"{(int(mailed['code']) + 1) % 1_000_000:06}"
    for typed, words in (
        ("", "Enter the six digits"),
        ("12", "Enter the six digits"),
        (wrong, "not the code of our newest"),
    ):
        answer = post(client, f"/orders/{token}/check", {"code": typed})
        assert answer.status_code == 422
        assert words in answer.text
    assert "/demo-pay/" in post(client, f"/orders/{token}/check", {"code": mailed["code"]}).location


def test_another_code_can_be_asked_for_but_not_for_ever(app: Flask, client: FlaskClient) -> None:
    token = placed(app, client)
    points(app, session_of(client), 20)
    post(client, f"/orders/{token}/payments")
    for expected in ("We have sent you a new code.", "We have sent you a new code.", "several codes already"):
        post(client, f"/orders/{token}/check/mails")
        assert expected in client.get(f"/orders/{token}/check").text
    with app.app_context():
        assert len(staged("payments.send_proof")) == 3


def test_who_is_refused_places_no_order_and_keeps_what_was_typed(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        variant_id = make_variant().id
    post(client, "/cart/lines", {"variant_id": str(variant_id), "quantity": "1"})
    page = client.get("/checkout").text
    points(app, session_of(client), 41)
    form = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page).group(1) for name in ("key", "quoted_minor")}  # type: ignore[union-attr]
    answer = post(client, "/checkout", {**form, **vars(ADDRESS), "shipping_method": "standard", "terms": "y"})
    assert answer.status_code == 429
    assert "your cart waits for you" in answer.text
    assert ADDRESS.line1.replace("'", "&#39;") in answer.text
    with app.app_context():
        assert count_orders() == 0


def test_who_is_refused_at_an_order_that_stands_is_told_when_to_come_back(app: Flask, client: FlaskClient) -> None:
    token = placed(app, client)
    points(app, session_of(client), 41)
    post(client, f"/orders/{token}/payments")
    answer = client.get(f"/orders/{token}/check")
    assert (answer.status_code, "Try again in ten minutes" in answer.text) == (429, True)


def test_declines_on_the_providers_page_are_heard_of_and_counted_and_a_sale_takes_them_back(context: Flask) -> None:
    provider, token = Provider(context), make_order().token
    client = context.test_client()
    session = session_of(client)
    url = post(client, f"/orders/{token}/payments").location
    for _ in range(3):
        provider.pay(url.rpartition("/")[2], "decline")
    hear_all(provider)
    shield = get_shield()
    who = shield.subjects(None, ADDRESS.email, session)
    assert shield.assess(who).verdict is Verdict.SLOW
    provider.pay(url.rpartition("/")[2])
    hear_all(provider)
    assert shield.assess(who).verdict is Verdict.ALLOW


def test_a_page_that_has_seen_ten_cards_is_closed_and_the_order_can_be_paid_with_another(context: Flask) -> None:
    provider, order = Provider(context), make_order()
    order_id, token = order.id, order.token
    client = context.test_client()
    url = post(client, f"/orders/{token}/payments").location
    for number in range(1, MAX_DECLINES + 1):
        provider.pay(url.rpartition("/")[2], "decline")
        hear_all(provider)
        attempt = list_payments(db.session(), order_id)[-1]
        assert (attempt.status is PaymentStatus.CANCELED) == (number == MAX_DECLINES), number
    provider.pay(url.rpartition("/")[2])
    assert provider.gateway.look_up(url.rpartition("/")[2]).status is PaymentStatus.CANCELED
    assert post(client, f"/orders/{token}/payments").location.endswith("/check"), "past the shield once more"


def test_who_is_refused_buys_no_gift_card(app: Flask, client: FlaskClient) -> None:
    points(app, session_of(client), 41)
    answer = send_form(client)
    assert answer.status_code == 429
    assert "Try again in ten minutes" in answer.text
    with app.app_context():
        assert count_orders() == 0


def test_who_guesses_codes_is_stopped_at_checkout(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        variant_id = make_variant().id
    post(client, "/cart/lines", {"variant_id": str(variant_id), "quantity": "1"})
    for number in range(MAX_CODES_PER_SESSION + 1):
        page = post(client, "/checkout", {"code": f"GUESS{number}", "country": "GB"}).text
        assert ("Too many codes" in page) == (number == MAX_CODES_PER_SESSION), number


def test_staff_see_that_the_shop_is_attacked(app: Flask, sign_in) -> None:  # type: ignore[no-untyped-def]
    desk = sign_in("owner")
    assert "Attack mode" not in desk.get("/admin/").text
    with app.app_context():
        shield = get_shield()
        for number in range(60):
            shield.note_start(number, shield.subjects(None, f"a{number}@b.c", f"s{number}"))
            shield.note_decline(number, "ch_1")
    page = desk.get("/admin/").text
    assert "Attack mode" in page
    assert "60 payments were begun, 60 declined" in page


@pytest.mark.parametrize(("proxies", "expected"), [("0", "127.0.0.1"), ("1", "8.8.8.8")])
def test_the_address_is_the_visitors_behind_as_many_proxies_as_there_are(
    settings: Settings, proxies: str, expected: str
) -> None:
    changed = make_settings(settings.data_dir, settings.database_url, settings.redis_url, TRUSTED_PROXIES=proxies)
    app, seen = create_app(changed), []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: seen.append(request.remote_addr))
    app.test_client().get("/healthz", headers={"X-Forwarded-For": "1.2.3.4, 8.8.8.8"})
    assert seen == [expected]
