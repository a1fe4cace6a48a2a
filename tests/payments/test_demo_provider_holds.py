"""Money that is held first: captured in whole or in part, given up by the shop or by time."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from stripe import InvalidRequestError

from tests.contracts.gateway_demo import Demo, make_demo, make_request
from tests.payments.calls import DAY, charge_of, hold, refusal


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


def test_a_held_payment_waits_for_its_capture(demo: Demo) -> None:
    held = hold(demo)
    assert (held.status, held.amount_capturable, held.amount_received) == ("requires_capture", 3000, 0)
    assert held.payment_method_types == ["card"]
    charge = charge_of(demo, held)
    assert (charge.captured, charge.amount_captured, charge.paid) == (False, 0, True)
    assert charge.payment_method_details.card.capture_before == int(demo.clock.time) + 7 * DAY
    taken = demo.api.payment_intents.capture(held.id)
    assert (taken.status, taken.amount_capturable, taken.amount_received) == ("succeeded", 0, 3000)
    assert charge_of(demo, held).amount_captured == 3000
    assert demo.event_kinds()[1:] == [
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]


def test_what_is_not_captured_is_released_as_a_reversal(demo: Demo) -> None:
    held = hold(demo)
    taken = demo.api.payment_intents.capture(held.id, {"amount_to_capture": 2000})
    charge = charge_of(demo, held)
    assert (taken.amount_received, taken.amount) == (2000, 3000)
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (2000, 1000, False)
    released = demo.api.refunds.list({"payment_intent": held.id}).data
    assert [(r.amount, r.status, r.destination_details.card.type) for r in released] == [
        (1000, "succeeded", "reversal")
    ]
    demo.api.refunds.create({"payment_intent": held.id})
    assert charge_of(demo, held).amount_refunded == 3000


@pytest.mark.parametrize(("amount", "code"), [(0, None), (-1, None), (3001, "amount_too_large")])
def test_only_what_is_held_can_be_captured(demo: Demo, amount: int, code: str | None) -> None:
    held = hold(demo)
    error = refusal(lambda: demo.api.payment_intents.capture(held.id, {"amount_to_capture": amount}))
    assert (error.param, error.code) == ("amount_to_capture", code)
    assert demo.api.payment_intents.retrieve(held.id).status == "requires_capture"


def test_a_capture_happens_once(demo: Demo) -> None:
    held = hold(demo)
    demo.api.payment_intents.capture(held.id)
    error = refusal(lambda: demo.api.payment_intents.capture(held.id))
    assert error.code == "payment_intent_unexpected_state"
    assert error.json_body["error"]["payment_intent"]["status"] == "succeeded"


def test_what_nobody_captures_is_given_up_after_a_week(demo: Demo) -> None:
    held = hold(demo)
    demo.clock.advance(7 * DAY - 1)
    assert demo.api.payment_intents.retrieve(held.id).status == "requires_capture"
    demo.clock.advance(1)
    given_up = demo.api.payment_intents.retrieve(held.id)
    assert (given_up.status, given_up.cancellation_reason) == ("canceled", "automatic")
    assert charge_of(demo, held).refunded
    assert demo.api.refunds.list({"payment_intent": held.id}).data[0].reason == "expired_uncaptured_charge"
    assert "charge.expired" in demo.event_kinds()
    assert refusal(lambda: demo.api.payment_intents.capture(held.id)).code == "payment_intent_unexpected_state"


@pytest.mark.parametrize("round_", range(3))
def test_capturing_against_cancelling_has_one_winner(tmp_path: Path, round_: int) -> None:
    demo = make_demo(tmp_path / "provider.sqlite3")
    held = hold(demo)
    start = threading.Barrier(2)
    ends: list[str] = []

    def run(call: Callable[[str], Any]) -> None:
        start.wait()
        with suppress(InvalidRequestError):
            ends.append(call(held.id).status)

    calls = (demo.api.payment_intents.capture, demo.api.payment_intents.cancel)
    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    charge = charge_of(demo, held)
    assert ends == [demo.api.payment_intents.retrieve(held.id).status]
    assert charge.amount_captured + charge.amount_refunded == 3000


def test_a_session_may_hold_instead_of_take(demo: Demo) -> None:
    params = demo.session_params() | {"payment_intent_data": {"capture_method": "manual"}}
    session = demo.api.checkout.sessions.create(params)
    assert session.payment_method_types == ["card"]
    demo.pay(session.id)
    session = demo.api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (session.status, session.payment_status, session.payment_intent.status) == (
        "complete",
        "unpaid",
        "requires_capture",
    )
    assert session.payment_intent.latest_charge.captured is False
    demo.api.payment_intents.capture(session.payment_intent.id)
    assert demo.api.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_the_intent_of_a_session_is_cancelled_only_when_it_is_held(demo: Demo) -> None:
    session_id = demo.gateway.start(make_request()).session_id
    demo.pay(session_id, choice="decline")
    intent_id = demo.gateway.look_up(session_id).payment_ref or ""
    assert "Expire the Checkout Session" in str(refusal(lambda: demo.api.payment_intents.cancel(intent_id)))
    given = {"payment_method": "pm_card_visa"}
    assert "on the page" in str(refusal(lambda: demo.api.payment_intents.confirm(intent_id, given)))
