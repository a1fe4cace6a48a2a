"""What a shop does with payment intents by its own calls: create, confirm, capture, cancel."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider import holds, intents, payments
from storefront.payments.demo_provider.checks import check_email, check_url, refuse_others
from storefront.payments.demo_provider.desk import Desk
from storefront.payments.demo_provider.errors import ApiError, Declined, ParamError
from storefront.payments.demo_provider.payments import Outcome

CONFIRM = dict.fromkeys(["payment_method", "receipt_email", "return_url"])
HELD = ("requires_capture",)
CANCELLABLE = (*intents.UNPAID, *HELD)


def create(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Open an intent, and try to pay it when `confirm` says so; raises ParamError, or Declined when the issuer does."""
    intents.check_new(desk, params)
    intent_id = intents.open_(desk, params)
    if "payment_method" in params:
        intents.choose(desk, intent_id, params["payment_method"])
    if params.get("confirm"):
        _try(desk, intent_id)
    return intents.render(desk, desk.get("intents", intent_id))


def confirm(desk: Desk, intent_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Try to pay an intent; raises ApiError, or Declined when the issuer refuses."""
    refuse_others(params, CONFIRM)
    check_email(params, "receipt_email")
    check_url(params.get("return_url"), "return_url")
    intent = desk.get("intents", intent_id)
    if intent["session_id"]:
        raise ApiError(400, "The PaymentIntent of a Checkout Session is confirmed on the page of that session.")
    if intent["status"] not in intents.UNPAID:
        raise intents.unexpected_state(desk, intent, "confirmed", intents.UNPAID)
    given = {name: params[name] for name in ("receipt_email", "return_url") if name in params}
    about = json.dumps(json.loads(intent["params"]) | given)
    desk.db.execute("UPDATE intents SET params = ? WHERE id = ?", (about, intent_id))
    if "payment_method" in params:
        intents.choose(desk, intent_id, params["payment_method"])
    _try(desk, intent_id)
    return intents.render(desk, desk.get("intents", intent_id))


def capture(desk: Desk, intent_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Take authorised money, all or a part; the rest is released. Raises ApiError when none is held."""
    refuse_others(params, {"amount_to_capture": None})
    intent = desk.get("intents", intent_id)
    if intent["status"] not in HELD:
        raise intents.unexpected_state(desk, intent, "captured", HELD)
    amount = params.get("amount_to_capture", intent["amount"])
    if amount < 1:
        raise ParamError("This value must be greater than or equal to 1.", "amount_to_capture")
    if amount > intent["amount"]:
        text = "The requested capture amount is greater than the authorized amount."
        raise ApiError(400, text, code="amount_too_large", param="amount_to_capture")
    holds.capture(desk, intent, amount)
    return intents.render(desk, desk.get("intents", intent_id))


def cancel(desk: Desk, intent_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """End an intent that is not paid for good; raises ApiError."""
    refuse_others(params, {"cancellation_reason": None})
    intent = desk.get("intents", intent_id)
    if intent["status"] not in CANCELLABLE:
        raise intents.unexpected_state(desk, intent, "canceled", CANCELLABLE)
    if intent["session_id"] and intent["status"] not in HELD:
        text = "You cannot cancel the PaymentIntent for a Checkout Session. Expire the Checkout Session instead."
        raise ApiError(400, text, code="payment_intent_unexpected_state")
    holds.give_up(desk, intent, params.get("cancellation_reason"))
    return intents.render(desk, desk.get("intents", intent_id))


def _try(desk: Desk, intent_id: str) -> None:
    intent = desk.get("intents", intent_id)
    if intent["status"] == "requires_payment_method":
        text = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise ApiError(400, text, code="payment_intent_unexpected_state", payment_intent=intents.render(desk, intent))
    about = json.loads(intent["params"])
    if about.get("automatic_payment_methods", {}).get("allow_redirects") == "always" and "return_url" not in about:
        text = "This PaymentIntent may redirect your customer, so you must provide a `return_url`."
        raise ParamError(text, "return_url", "parameter_missing")
    if payments.attempt(desk, intent, intent["method_id"]) is Outcome.DECLINED:
        raise _declined(desk, desk.get("intents", intent_id))


def _declined(desk: Desk, intent: sqlite3.Row) -> Declined:
    facts = json.loads(intent["failure"])
    return Declined(facts.pop("message"), **facts, payment_intent=intents.render(desk, intent))
