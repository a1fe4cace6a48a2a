"""The pages of the demo provider: plainly a demo, safe, and the same whatever the shop's language and currency."""

import re
from pathlib import Path

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from storefront.payments.demo_provider import DemoProvider
from storefront.payments.gateway import PaymentStatus, SessionLine
from tests.contracts.gateway_demo import API_KEY, PUBLIC_URL, WEBHOOK_SECRET, Demo, make_demo, make_request


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


@pytest.fixture
def session_id(demo: Demo) -> str:
    return demo.gateway.start(make_request()).session_id


def heading(page: TestResponse) -> str:
    found = re.findall(r"<h1[^>]*>(.*?)</h1>", page.text, re.S)
    assert len(found) == 1
    return str(found[0])


def test_the_pay_page_says_what_is_paid_to_whom_and_that_it_is_a_demo(demo: Demo, session_id: str) -> None:
    page = demo.page(session_id)
    assert page.status_code == 200
    assert heading(page) == "Pay Linden"
    for text in (
        "Demo payment – no money moves",
        "LR-7K2M9",
        "£31.47",
        "Mug, speckled",
        "£17.00",
        "Standard delivery",
    ):
        assert text in page.text
    assert 'href="https://shop.example/orders/t0ken"' in page.text


def test_no_page_names_the_real_service(demo: Demo, session_id: str) -> None:
    pages = [demo.page(session_id), demo.page("cs_none")]
    demo.pay(session_id, "4000000000003220")
    pages.append(Client(demo.provider).get(f"/pay/{session_id}/authentication"))
    demo.authenticate(session_id)
    pages.append(demo.page(session_id))
    assert [page.status_code for page in pages] == [200, 404, 200, 200]
    assert not any("stripe" in page.text.lower() for page in pages)


@pytest.mark.parametrize(
    ("currency", "amount_minor", "locale", "shown"),
    [
        ("JPY", 5001, "en", "¥5,001"),
        ("KWD", 512, "en", "KWD5.120"),
        ("ISK", 4321, "en", "ISK4,321"),
        ("GBP", 123456, "zh_Hans", "£1,234.56"),
        ("EUR", 123456, "de", "1.234,56\u00a0€"),
    ],
)
def test_amounts_are_written_as_their_currency_is(
    demo: Demo, currency: str, amount_minor: int, locale: str, shown: str
) -> None:
    line = SessionLine(name="Lamp", quantity=1, unit_minor=amount_minor)
    order = make_request(currency=currency, amount_minor=amount_minor, lines=(line,), shipping_minor=0, locale=locale)
    page = demo.page(demo.gateway.start(order).session_id)
    assert f'<p class="amount">{shown}</p>' in page.text


@pytest.mark.parametrize(("locale", "language"), [("en", "en"), ("zh_Hans", "zh-Hans"), ("tlh", "en")])
def test_the_page_declares_the_language_the_shop_asked_for(demo: Demo, locale: str, language: str) -> None:
    page = demo.page(demo.gateway.start(make_request(locale=locale)).session_id)
    assert f'<html lang="{language}">' in page.text


def test_what_the_shop_sends_is_escaped(demo: Demo) -> None:
    lines = (SessionLine(name="<script>alert(1)</script>", quantity=1, unit_minor=3147),)
    page = demo.page(demo.gateway.start(make_request(lines=lines, shipping_minor=0)).session_id)
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text


def test_pages_forbid_foreign_content_and_are_not_kept(demo: Demo, session_id: str) -> None:
    headers = demo.page(session_id).headers
    assert "default-src 'self'; script-src 'self'; style-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize(
    ("card", "text"),
    [
        ("4000000000000002", "The card was declined."),
        ("4000000000009995", "there is not enough money on it"),
        ("4000000000000069", "The card has expired."),
        ("4000000000000127", "The security code of the card is wrong."),
        ("4111111111111111", "only test numbers work here"),
        ("4242", "This is not a valid card number."),
    ],
)
def test_a_decline_is_explained_on_the_page(demo: Demo, session_id: str, card: str, text: str) -> None:
    assert 'role="alert"' not in demo.page(session_id).text
    demo.pay(session_id, card)
    page = demo.page(session_id)
    assert 'role="alert"' in page.text
    assert text in page.text


@pytest.mark.parametrize("choice", ["pay", "approve"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
def test_a_form_from_another_site_pays_nothing(
    demo: Demo, session_id: str, headers: dict[str, str], choice: str
) -> None:
    path = f"/pay/{session_id}"
    if choice == "approve":
        demo.pay(session_id, choice="authenticate")
        path = f"{path}/authentication"
    before = demo.gateway.look_up(session_id)
    response = Client(demo.provider).post(path, data={"choice": choice}, headers=headers)
    assert response.status_code == 403
    assert demo.gateway.look_up(session_id) == before


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {}])
def test_the_pages_own_form_pays(demo: Demo, session_id: str, headers: dict[str, str]) -> None:
    Client(demo.provider).post(f"/pay/{session_id}", data={"choice": "pay"}, headers=headers)
    assert demo.gateway.look_up(session_id).status is PaymentStatus.SUCCEEDED


def test_looking_at_a_page_pays_nothing(demo: Demo, session_id: str) -> None:
    Client(demo.provider).get(f"/pay/{session_id}?choice=pay&card_number=4242424242424242")
    assert demo.gateway.look_up(session_id).status is PaymentStatus.CREATED


def test_an_expired_page_says_so_and_leads_back(demo: Demo, session_id: str) -> None:
    demo.clock.advance(3601)
    page = demo.page(session_id)
    assert (page.status_code, heading(page)) == (410, "This payment page has expired")
    assert 'href="https://shop.example/orders/t0ken"' in page.text
    assert "<form" not in page.text


def test_a_paid_page_says_so_and_leads_to_the_order(demo: Demo, session_id: str) -> None:
    demo.pay(session_id)
    page = demo.page(session_id)
    assert (page.status_code, heading(page)) == (200, "Already paid")
    assert f'href="https://shop.example/orders/t0ken/return?session={session_id}"' in page.text
    assert "<form" not in page.text


@pytest.mark.parametrize("path", ["/pay/cs_none", "/pay/cs_none/authentication", "/", "/pay", "/static/x"])
def test_an_unknown_page_says_so(demo: Demo, path: str) -> None:
    page = Client(demo.provider).get(path)
    assert (page.status_code, heading(page)) == (404, "There is no such payment")


def test_the_authentication_page_exists_only_while_the_bank_asks(demo: Demo, session_id: str) -> None:
    client = Client(demo.provider)
    assert client.get(f"/pay/{session_id}/authentication").headers["Location"] == f"/pay/{session_id}"
    demo.pay(session_id, choice="authenticate")
    page = client.get(f"/pay/{session_id}/authentication")
    assert heading(page) == "Confirm your payment"
    assert "£31.47" in page.text


def test_mounted_below_a_path_every_address_stays_below_it(demo: Demo, session_id: str) -> None:
    shop = DispatcherMiddleware(lambda environ, start_response: [], {"/demo-pay": demo.provider})
    client = Client(shop)
    assert f'action="/demo-pay/pay/{session_id}"' in client.get(f"/demo-pay/pay/{session_id}").text
    answer = client.post(f"/demo-pay/pay/{session_id}", data={"choice": "authenticate"})
    assert answer.headers["Location"] == f"/demo-pay/pay/{session_id}/authentication"
    assert f'href="/demo-pay/pay/{session_id}"' in client.get(answer.headers["Location"]).text


def test_the_shop_may_render_the_pages_itself(tmp_path: Path) -> None:
    seen: list[tuple[str, set[str]]] = []

    def render(template: str, /, **context: object) -> str:
        seen.append((template, set(context)))
        return f"<h1>{context['language']}</h1>"

    provider = DemoProvider(
        tmp_path / "own.sqlite3", PUBLIC_URL, "http://127.0.0.1:9/", WEBHOOK_SECRET, API_KEY, render=render
    )
    assert heading(Client(provider).get("/pay/cs_none")) == "en"
    assert seen == [
        (
            "demo_provider/closed.html",
            {"shop_name", "stylesheet", "state", "back", "language", "order_number", "amount", "message"},
        )
    ]


def test_a_form_too_large_to_be_one_is_refused(demo: Demo, session_id: str) -> None:
    response = demo.pay(session_id, "4" * 1_100_000)
    assert response.status_code == 413
    assert demo.gateway.look_up(session_id).status is PaymentStatus.CREATED
