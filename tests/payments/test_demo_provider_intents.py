"""Payment intents by the shop's own calls: confirmed, held, captured, cancelled, and what each state refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stripe import CardError
from werkzeug.test import Client

from tests.contracts.gateway_demo import Demo, make_demo
from tests.payments.calls import RETURN, charge_of, create, hold, refusal


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


def test_a_form_in_the_shops_own_page_pays_by_intent_and_method(demo: Demo) -> None:
    opened = create(demo, None, confirm=None, return_url=None, metadata={"order": "7"}, receipt_email="ada@example.org")
    assert opened.status == "requires_payment_method"
    assert opened.client_secret.startswith(f"{opened.id}_secret_")
    assert opened.payment_method_types == ["card", "bacs_debit"]
    paid = demo.api.payment_intents.confirm(opened.id, {"payment_method": "pm_card_visa", "return_url": RETURN})
    assert (paid.status, paid.amount_received, paid.receipt_email) == ("succeeded", 3000, "ada@example.org")
    charge = charge_of(demo, paid)
    assert (charge.amount_captured, charge.captured, charge.paid, charge.disputed) == (3000, True, True, False)
    assert (charge.metadata["order"], charge.payment_method_details.card.last4) == ("7", "4242")
    assert demo.event_kinds() == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]


def test_a_refusal_is_an_error_that_leaves_its_traces(demo: Demo) -> None:
    """The answer is an error, and yet intent and failed charge are there: nothing of it is undone."""
    with pytest.raises(CardError) as refused:
        create(demo, "pm_card_visa_chargeDeclinedInsufficientFunds")
    error = refused.value.json_body["error"]
    assert (error["code"], error["decline_code"]) == ("card_declined", "insufficient_funds")
    intent = demo.api.payment_intents.retrieve(error["payment_intent"]["id"])
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.payment_method.card.last4 == "9995"
    charge = charge_of(demo, intent)
    assert (charge.id, charge.status, charge.failure_code) == (error["charge"], "failed", "card_declined")
    assert demo.event_kinds()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_refusal_under_a_key_is_repeated_and_tries_no_second_time(demo: Demo) -> None:
    intent = create(demo, None, confirm=None, return_url=None)
    given = {"payment_method": "pm_card_chargeDeclined", "return_url": RETURN}
    for _ in range(2):
        with pytest.raises(CardError):
            demo.api.payment_intents.confirm(intent.id, given, {"idempotency_key": "confirm-1"})
    assert len(demo.api.charges.list({"payment_intent": intent.id}).data) == 1


def test_another_card_pays_after_a_refusal(demo: Demo) -> None:
    with pytest.raises(CardError) as refused:
        create(demo, "pm_card_chargeDeclined")
    intent_id = refused.value.json_body["error"]["payment_intent"]["id"]
    paid = demo.api.payment_intents.confirm(intent_id, {"payment_method": "pm_card_mastercard"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    charges = demo.api.charges.list({"payment_intent": intent_id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("choice", "status", "told"),
    [("approve", "succeeded", "succeeded"), ("refuse", "requires_payment_method", "failed")],
)
def test_authentication_leads_to_the_bank_and_back(demo: Demo, choice: str, status: str, told: str) -> None:
    asked = create(demo, "pm_card_threeDSecure2Required")
    assert asked.status == "requires_action"
    path = asked.next_action.redirect_to_url.url.removeprefix("http://shop.example/demo-pay")
    client = Client(demo.provider)
    assert "£30.00" in client.get(path).text
    answer = client.post(path, data={"choice": choice}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.headers["Location"].startswith(f"{RETURN}?payment_intent={asked.id}&payment_intent_client_secret=")
    assert answer.headers["Location"].endswith(f"redirect_status={told}")
    assert demo.api.payment_intents.retrieve(asked.id).status == status
    assert client.post(path, data={"choice": "approve"}).status_code == 303
    assert demo.api.payment_intents.retrieve(asked.id).status == status


def test_a_guessed_secret_asks_nothing(demo: Demo) -> None:
    asked = create(demo, "pm_card_threeDSecure2Required")
    assert Client(demo.provider).get(f"/authentication/{asked.id}_secret_x").status_code == 404


STATES: dict[str, Callable[[Demo], Any]] = {
    "requires_payment_method": lambda demo: create(demo, None, confirm=None, return_url=None),
    "requires_confirmation": lambda demo: create(demo, confirm=None, return_url=None),
    "requires_action": lambda demo: create(demo, "pm_card_threeDSecure2Required"),
    "requires_capture": hold,
    "processing": lambda demo: create(demo, "pm_bacsDebit_success"),
    "succeeded": create,
    "canceled": lambda demo: demo.api.payment_intents.cancel(hold(demo).id),
}


@pytest.mark.parametrize(
    "state", ["requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"]
)
def test_what_is_not_paid_can_be_cancelled(demo: Demo, state: str) -> None:
    intent = STATES[state](demo)
    assert intent.status == state
    ended = demo.api.payment_intents.cancel(intent.id, {"cancellation_reason": "requested_by_customer"})
    assert (ended.status, ended.cancellation_reason) == ("canceled", "requested_by_customer")
    assert ended.canceled_at == int(demo.clock.time)
    assert demo.event_kinds()[-1] == "payment_intent.canceled"
    if state == "requires_capture":
        assert charge_of(demo, intent).amount_refunded == 3000


@pytest.mark.parametrize("state", ["processing", "succeeded", "canceled"])
def test_what_is_over_or_on_its_way_cannot_be_cancelled(demo: Demo, state: str) -> None:
    intent = STATES[state](demo)
    error = refusal(lambda: demo.api.payment_intents.cancel(intent.id))
    assert error.code == "payment_intent_unexpected_state"
    assert demo.api.payment_intents.retrieve(intent.id).status == state


@pytest.mark.parametrize("state", ["requires_capture", "processing", "succeeded", "canceled"])
def test_what_is_paid_or_over_is_confirmed_no_more(demo: Demo, state: str) -> None:
    intent = STATES[state](demo)
    error = refusal(lambda: demo.api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}))
    assert error.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"amount": 29}, "amount", "amount_too_small"),
        ({"amount": "3.5"}, "amount", "parameter_invalid_integer"),
        ({"amount": None}, "amount", "parameter_missing"),
        ({"currency": "pounds"}, "currency", None),
        ({"capture_method": "later"}, "capture_method", None),
        ({"payment_method": "pm_card_platinum"}, "payment_method", "resource_missing"),
        ({"payment_method": "pm_sepaDebit_success"}, "payment_method", None),
        ({"customer": "cus_0"}, "customer", "resource_missing"),
        ({"receipt_email": "nobody"}, "receipt_email", "email_invalid"),
        ({"return_url": "javascript:alert(1)"}, "return_url", "url_invalid"),
        ({"return_url": None}, "return_url", "parameter_missing"),
        ({"confirm": None}, "return_url", None),
        ({"allowed_payment_method_types": ["alipay"]}, "allowed_payment_method_types", None),
        ({"excluded_payment_method_types": ["card", "bacs_debit"]}, "excluded_payment_method_types", None),
        ({"payment_method_types": ["card"]}, "payment_method_types", "parameter_unknown"),
        (
            {"capture_method": "manual", "allowed_payment_method_types": ["bacs_debit"]},
            "allowed_payment_method_types",
            None,
        ),
        ({"application_fee_amount": 5}, "application_fee_amount", None),
        ({"colour": "red"}, "colour", "parameter_unknown"),
    ],
)
def test_a_wrong_field_is_refused_by_name_and_opens_nothing(
    demo: Demo, changes: dict[str, Any], param: str, code: str | None
) -> None:
    error = refusal(lambda: create(demo, changes.pop("payment_method", "pm_card_visa"), **changes))
    assert (error.param, error.code) == (param, code)
    assert demo.api.payment_intents.list().data == []


def test_an_unpaid_intent_follows_the_cart(demo: Demo) -> None:
    intent = create(demo, None, confirm=None, return_url=None, metadata={"order": "7", "cart": "1"})
    changed = demo.api.payment_intents.update(intent.id, {"amount": 4500, "metadata": {"cart": ""}})
    assert (changed.amount, changed.metadata.to_dict()) == (4500, {"order": "7"})
    paid = demo.api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN})
    assert paid.amount_received == 4500
    assert (
        refusal(lambda: demo.api.payment_intents.update(paid.id, {"amount": 1})).code
        == "payment_intent_unexpected_state"
    )
    assert demo.api.payment_intents.update(paid.id, {"description": "Lamp"}).description == "Lamp"
