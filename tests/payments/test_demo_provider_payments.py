"""Paying at the demo provider, seen through the gateway: every way a try can end, and that money is taken once."""

import threading
from pathlib import Path

import pytest

from storefront.payments.gateway import GatewayUnavailable, PaymentStatus
from storefront.payments.stripe_gateway import StripeGateway
from tests.contracts.gateway_demo import API_KEY, Demo, make_demo, make_request

HOUR = 3600


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


@pytest.fixture
def session_id(demo: Demo) -> str:
    return demo.gateway.start(make_request()).session_id


def event_kinds(demo: Demo) -> list[str]:
    """The newest last."""
    events = client_of(demo).v1.events.list({"limit": 100}).data
    return [event.type for event in reversed(events)]


def client_of(demo: Demo):  # type: ignore[no-untyped-def]  # The library's client has no public alias to name here.
    from stripe import StripeClient

    return StripeClient(API_KEY, http_client=demo.provider.http_client(), max_network_retries=0)


def test_a_paid_session_reports_what_was_received(demo: Demo, session_id: str) -> None:
    answer = demo.pay(session_id, "4242 4242 4242 4242")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"https://shop.example/orders/t0ken/return?session={session_id}"
    state = demo.gateway.look_up(session_id)
    assert (state.status, state.amount_minor, state.currency) == (PaymentStatus.SUCCEEDED, 3147, "GBP")
    assert (state.is_session_open, state.decline_code) == (False, None)
    assert state.payment_ref is not None


def test_an_empty_card_field_pays_with_the_ordinary_test_card(demo: Demo, session_id: str) -> None:
    demo.pay(session_id)
    assert demo.gateway.look_up(session_id).status is PaymentStatus.SUCCEEDED


def test_paying_is_told_once_and_in_order(demo: Demo, session_id: str) -> None:
    demo.pay(session_id)
    demo.pay(session_id)
    assert event_kinds(demo) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


@pytest.mark.parametrize(
    ("card", "decline_code"),
    [
        ("4000000000000002", "generic_decline"),
        ("4000000000009995", "insufficient_funds"),
        ("4000000000009987", "lost_card"),
        ("4000000000009979", "stolen_card"),
        ("4000000000000069", "expired_card"),
        ("4000000000000127", "incorrect_cvc"),
        ("4000000000000119", "processing_error"),
        ("4242424242424241", "incorrect_number"),
        ("4111111111111111", "test_mode_live_card"),
        ("hello", "incorrect_number"),
    ],
)
def test_a_declined_card_leaves_the_session_open_and_says_why(
    demo: Demo, session_id: str, card: str, decline_code: str
) -> None:
    answer = demo.pay(session_id, card)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/pay/{session_id}")
    state = demo.gateway.look_up(session_id)
    assert (state.status, state.decline_code) == (PaymentStatus.REQUIRES_ACTION, decline_code)
    assert state.is_session_open


def test_after_a_decline_another_card_pays_the_same_attempt(demo: Demo, session_id: str) -> None:
    demo.pay(session_id, choice="decline")
    declined = demo.gateway.look_up(session_id)
    demo.pay(session_id, "5555 5555 5555 4444")
    paid = demo.gateway.look_up(session_id)
    assert (paid.status, paid.decline_code) == (PaymentStatus.SUCCEEDED, None)
    assert paid.payment_ref == declined.payment_ref


@pytest.mark.parametrize(
    ("card", "choice"), [("4000002500003155", "pay"), ("4000000000003220", "pay"), ("", "authenticate")]
)
def test_authentication_comes_before_the_money(demo: Demo, session_id: str, card: str, choice: str) -> None:
    answer = demo.pay(session_id, card, choice)
    assert answer.headers["Location"] == f"/pay/{session_id}/authentication"
    assert demo.gateway.look_up(session_id).status is PaymentStatus.REQUIRES_ACTION
    assert demo.authenticate(session_id).headers["Location"].startswith("https://shop.example/")
    assert demo.gateway.look_up(session_id).status is PaymentStatus.SUCCEEDED


def test_a_refused_authentication_takes_nothing(demo: Demo, session_id: str) -> None:
    demo.pay(session_id, "4000000000003220")
    demo.authenticate(session_id, "refuse")
    state = demo.gateway.look_up(session_id)
    assert (state.status, state.decline_code) == (
        PaymentStatus.REQUIRES_ACTION,
        "payment_intent_authentication_failure",
    )


def test_a_bank_may_decline_after_authentication(demo: Demo, session_id: str) -> None:
    demo.pay(session_id, "4000008260003178")
    demo.authenticate(session_id)
    assert demo.gateway.look_up(session_id).decline_code == "insufficient_funds"


def test_authentication_that_nobody_asked_for_pays_nothing(demo: Demo, session_id: str) -> None:
    demo.authenticate(session_id)
    assert demo.gateway.look_up(session_id).status is PaymentStatus.CREATED
    demo.pay(session_id, choice="decline")
    demo.authenticate(session_id)
    assert demo.gateway.look_up(session_id).decline_code == "generic_decline"


def test_a_cancelled_session_cannot_be_paid(demo: Demo, session_id: str) -> None:
    demo.gateway.cancel(session_id, "cancel-1")
    assert demo.pay(session_id).headers["Location"] == f"/pay/{session_id}"
    state = demo.gateway.look_up(session_id)
    assert (state.status, state.amount_minor) == (PaymentStatus.CANCELED, 3147)
    assert event_kinds(demo) == ["checkout.session.expired"]


def test_a_session_cancelled_during_authentication_cannot_be_paid(demo: Demo, session_id: str) -> None:
    demo.pay(session_id, "4000000000003220")
    demo.gateway.cancel(session_id, "cancel-1")
    demo.authenticate(session_id)
    assert demo.gateway.look_up(session_id).status is PaymentStatus.CANCELED


@pytest.mark.parametrize("key", ["cancel-1", "cancel-2"])
def test_cancelling_what_is_paid_returns_the_payment(demo: Demo, session_id: str, key: str) -> None:
    demo.pay(session_id)
    state = demo.gateway.cancel(session_id, key)
    assert (state.status, state.amount_minor) == (PaymentStatus.SUCCEEDED, 3147)


def test_a_session_expires_by_itself_and_cannot_be_paid(demo: Demo, session_id: str) -> None:
    demo.pay(session_id, choice="decline")
    demo.clock.advance(HOUR + 1)
    demo.pay(session_id)
    assert demo.gateway.look_up(session_id).status is PaymentStatus.CANCELED
    assert event_kinds(demo)[-2:] == ["payment_intent.canceled", "checkout.session.expired"]


def test_the_gateway_sees_an_expiry_that_nobody_else_has_noticed(demo: Demo, session_id: str) -> None:
    demo.clock.advance(HOUR + 1)
    state = demo.gateway.look_up(session_id)
    assert (state.status, state.is_session_open) == (PaymentStatus.CANCELED, False)


def test_a_session_can_be_paid_in_its_last_second(demo: Demo) -> None:
    order = make_request()
    session_id = demo.gateway.start(order).session_id
    demo.clock.time = order.expires_at.timestamp() // 1 - 1
    demo.pay(session_id)
    assert demo.gateway.look_up(session_id).status is PaymentStatus.SUCCEEDED


@pytest.mark.parametrize("round_", range(3))
def test_many_clicks_at_once_pay_once(tmp_path: Path, round_: int) -> None:
    demo = make_demo(tmp_path / "provider.sqlite3")
    others = [make_demo(tmp_path / "provider.sqlite3", demo.clock) for _ in range(5)]
    session_id = demo.gateway.start(make_request()).session_id
    start = threading.Barrier(len(others))
    places: list[str] = []

    def click(other: Demo) -> None:
        start.wait()
        places.append(other.pay(session_id).headers["Location"])

    threads = [threading.Thread(target=click, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(places) == 5
    assert all(place.startswith("https://shop.example/") for place in places)
    assert event_kinds(demo).count("checkout.session.completed") == 1
    assert event_kinds(demo).count("payment_intent.succeeded") == 1


@pytest.mark.parametrize("round_", range(5))
def test_paying_against_cancelling_has_one_winner(tmp_path: Path, round_: int) -> None:
    demo = make_demo(tmp_path / "provider.sqlite3")
    session_id = demo.gateway.start(make_request()).session_id
    start = threading.Barrier(2)
    answers: list[PaymentStatus] = []

    def cancel() -> None:
        start.wait()
        answers.append(demo.gateway.cancel(session_id, "cancel-1").status)

    canceller = threading.Thread(target=cancel)
    canceller.start()
    start.wait()
    demo.pay(session_id)
    canceller.join()
    final = demo.gateway.look_up(session_id).status
    assert answers == [final]
    ends = [kind for kind in event_kinds(demo) if kind.startswith("checkout.session.")]
    assert ends == ["checkout.session.completed" if final is PaymentStatus.SUCCEEDED else "checkout.session.expired"]


def test_everything_is_kept_through_a_restart(tmp_path: Path) -> None:
    before = make_demo(tmp_path / "provider.sqlite3")
    order = make_request()
    started = before.gateway.start(order)
    before.pay(started.session_id, "4000000000009995")
    after = make_demo(tmp_path / "provider.sqlite3", before.clock)
    assert after.gateway.start(order) == started
    assert after.gateway.look_up(started.session_id) == before.gateway.look_up(started.session_id)
    assert after.gateway.look_up(started.session_id).decline_code == "insufficient_funds"
    after.pay(started.session_id)
    assert before.gateway.look_up(started.session_id).status is PaymentStatus.SUCCEEDED


def test_no_card_number_is_kept(tmp_path: Path) -> None:
    demo = make_demo(tmp_path / "provider.sqlite3")
    session_id = demo.gateway.start(make_request()).session_id
    demo.pay(session_id, "4000 0000 0000 3220")
    demo.authenticate(session_id)
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"4000000000003220" not in files
    assert b"4000 0000 0000 3220" not in files
    assert b"3220" in files


def test_a_wrong_key_is_answered_with_unavailable(demo: Demo) -> None:
    stranger = StripeGateway("sk_test_other", [], http_client=demo.provider.http_client, max_network_retries=0)
    with pytest.raises(GatewayUnavailable) as refused:
        stranger.start(make_request())
    assert refused.value.facts["status"] == 401
