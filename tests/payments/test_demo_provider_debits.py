"""Bank debits: the shopper is done at once, and the bank answers later, by the provider's clock."""

from pathlib import Path
from typing import Any

import pytest

from storefront.payments.gateway import PaymentStatus
from tests.contracts.gateway_demo import Demo, make_demo, make_request

SETTLE_SECONDS = 60


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


@pytest.fixture
def session_id(demo: Demo) -> str:
    return demo.gateway.start(make_request()).session_id


def state_of(demo: Demo, session_id: str) -> tuple[str, str, str, str]:
    """Session, its payment, the intent and its charge."""
    params: Any = {"expand": ["payment_intent.latest_charge"]}
    session: Any = demo.api.checkout.sessions.retrieve(session_id, params)
    intent = session.payment_intent
    return session.status, session.payment_status, intent.status, intent.latest_charge.status


def test_a_debit_ends_the_session_and_the_money_comes_later(demo: Demo, session_id: str) -> None:
    answer = demo.pay(session_id, choice="debit")
    assert answer.headers["Location"].startswith("https://shop.example/orders/t0ken/return")
    assert state_of(demo, session_id) == ("complete", "unpaid", "processing", "pending")
    assert demo.gateway.look_up(session_id).status is PaymentStatus.PROCESSING
    demo.clock.advance(SETTLE_SECONDS - 1)
    assert demo.gateway.look_up(session_id).status is PaymentStatus.PROCESSING
    demo.clock.advance(1)
    state = demo.gateway.look_up(session_id)
    assert (state.status, state.amount_minor) == (PaymentStatus.SUCCEEDED, 3147)
    assert state_of(demo, session_id) == ("complete", "paid", "succeeded", "succeeded")
    assert demo.event_kinds() == [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
        "checkout.session.completed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.async_payment_succeeded",
    ]


def test_a_debit_that_the_bank_refuses_takes_nothing(demo: Demo, session_id: str) -> None:
    demo.pay(session_id, choice="debit_refused")
    assert demo.gateway.look_up(session_id).status is PaymentStatus.PROCESSING
    demo.clock.advance(SETTLE_SECONDS)
    state = demo.gateway.look_up(session_id)
    assert (state.status, state.decline_code, state.is_session_open) == (
        PaymentStatus.FAILED,
        "insufficient_funds",
        False,
    )
    assert state_of(demo, session_id) == ("complete", "unpaid", "requires_payment_method", "failed")
    assert demo.event_kinds()[-3:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]


def test_a_debit_on_its_way_can_be_neither_cancelled_nor_paid_again(demo: Demo, session_id: str) -> None:
    demo.pay(session_id, choice="debit")
    assert demo.gateway.cancel(session_id, "cancel-1").status is PaymentStatus.PROCESSING
    demo.pay(session_id)
    assert state_of(demo, session_id) == ("complete", "unpaid", "processing", "pending")


def test_the_bank_answers_once_even_when_it_is_hurried(demo: Demo, session_id: str) -> None:
    demo.pay(session_id, choice="debit")
    payment_ref = demo.gateway.look_up(session_id).payment_ref or ""
    assert demo.provider.dashboard.settle(payment_ref)["status"] == "succeeded"
    demo.provider.dashboard.settle(payment_ref)
    demo.clock.advance(SETTLE_SECONDS)
    assert demo.gateway.look_up(session_id).status is PaymentStatus.SUCCEEDED
    assert demo.event_kinds().count("payment_intent.succeeded") == 1


def test_the_end_of_the_session_changes_nothing_for_a_debit_on_its_way(tmp_path: Path) -> None:
    """The session's page would have ended before the bank answers."""
    demo = make_demo(tmp_path / "provider.sqlite3", settle_seconds=5 * 86_400)
    session_id = demo.gateway.start(make_request()).session_id
    demo.pay(session_id, choice="debit")
    demo.clock.advance(2 * 86_400)
    assert state_of(demo, session_id) == ("complete", "unpaid", "processing", "pending")
    demo.clock.advance(3 * 86_400)
    assert state_of(demo, session_id) == ("complete", "paid", "succeeded", "succeeded")


def test_an_intent_that_a_bank_refused_is_paid_by_card(demo: Demo) -> None:
    """The first bank's answer does not touch the second try, although both were due."""
    asked = {"amount": 3000, "currency": "gbp", "confirm": True, "return_url": "https://shop.example/done"}
    intent = demo.api.payment_intents.create({**asked, "payment_method": "pm_bacsDebit_insufficientFunds"})
    demo.provider.dashboard.settle(intent.id)
    again = demo.api.payment_intents.confirm(intent.id, {"payment_method": "pm_bacsDebit_success"})
    assert again.status == "processing"
    demo.clock.advance(SETTLE_SECONDS)
    paid = demo.api.payment_intents.retrieve(intent.id)
    assert (paid.status, paid.amount_received) == ("succeeded", 3000)
    assert [c.status for c in demo.api.charges.list({"payment_intent": intent.id}).data] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("currency", "capture_method", "kinds"),
    [
        ("gbp", "automatic", ["card", "bacs_debit"]),
        ("eur", "automatic", ["card", "sepa_debit"]),
        ("usd", "automatic", ["card", "us_bank_account"]),
        ("jpy", "automatic", ["card"]),
        ("gbp", "manual", ["card"]),
    ],
)
def test_a_page_offers_the_bank_debit_of_its_currency(
    demo: Demo, currency: str, capture_method: str, kinds: list[str]
) -> None:
    params = demo.session_params() | {"payment_intent_data": {"capture_method": capture_method}}
    for line in params["line_items"]:
        line["price_data"]["currency"] = currency
    session = demo.api.checkout.sessions.create(params)
    assert session.payment_method_types == kinds
    assert ("Bank debit" in demo.page(session.id).text) is (len(kinds) == 2)


@pytest.mark.parametrize("currency", ["gbp", "jpy"])
def test_a_forged_debit_on_a_page_for_cards_pays_nothing(demo: Demo, currency: str) -> None:
    params = demo.session_params() | {"allowed_payment_method_types": ["card", "alipay"]}
    for line in params["line_items"]:
        line["price_data"]["currency"] = currency
    session = demo.api.checkout.sessions.create(params)
    assert demo.pay(session.id, choice="debit").headers["Location"] == f"/pay/{session.id}"
    assert demo.api.checkout.sessions.retrieve(session.id).status == "open"


@pytest.mark.parametrize(
    ("choice", "seconds", "heading", "leads_to"),
    [
        ("debit", 0, "Waiting for your bank", "https://shop.example/orders/t0ken/return"),
        ("debit", SETTLE_SECONDS, "Already paid", "https://shop.example/orders/t0ken/return"),
        ("debit_refused", SETTLE_SECONDS, "Your bank did not pay", 'https://shop.example/orders/t0ken"'),
    ],
)
def test_the_page_says_how_a_debit_stands(
    demo: Demo, session_id: str, choice: str, seconds: int, heading: str, leads_to: str
) -> None:
    demo.pay(session_id, choice=choice)
    demo.clock.advance(seconds)
    page = demo.page(session_id)
    assert f'<h1 id="heading">{heading}</h1>' in page.text
    assert f'href="{leads_to}' in page.text
    assert "<form" not in page.text
