"""Payment intents as rows and as JSON: look up, list, open, change."""

import json
import secrets
import sqlite3
from typing import Any

from storefront.payments.demo_provider import events, methods
from storefront.payments.demo_provider.checks import (
    check_amount,
    check_currency,
    check_email,
    check_url,
    merge_metadata,
    refuse_others,
)
from storefront.payments.demo_provider.desk import Desk, new_id
from storefront.payments.demo_provider.errors import ApiError, ParamError
from storefront.payments.demo_provider.listing import created, matching, only_filters, page
from storefront.payments.demo_provider.objects.intent import intent_object

CREATE: dict[str, Any] = {
    "allowed_payment_method_types": None,
    "excluded_payment_method_types": None,
    "amount": None,
    "automatic_payment_methods": {"enabled": None, "allow_redirects": None},
    "capture_method": None,
    "confirm": None,
    "currency": None,
    "customer": None,
    "description": None,
    "metadata": None,
    "payment_method": None,
    "receipt_email": None,
    "return_url": None,
    "shipping": None,
}
UPDATE: dict[str, Any] = dict.fromkeys(
    ["amount", "customer", "description", "metadata", "payment_method", "receipt_email", "shipping"]
)
# What stays with the intent; the rest only says what to do with it.
KEPT = {"automatic_payment_methods", "customer", "description", "receipt_email", "return_url", "shipping"}
KEPT |= methods.CHOICES
UNPAID = ("requires_payment_method", "requires_confirmation", "requires_action")
# Which states an intent may leave for which: its present states by the new one.
TRANSITIONS: dict[str, tuple[str, ...]] = {
    "requires_payment_method": (*UNPAID, "processing"),
    "requires_confirmation": UNPAID,
    "requires_action": UNPAID,
    "processing": UNPAID,
    "requires_capture": UNPAID,
    "succeeded": (*UNPAID, "processing", "requires_capture"),
    "canceled": (*UNPAID, "requires_capture"),
}
AUTOMATIC = {"enabled": True, "allow_redirects": "always"}


def check_new(desk: Desk, params: dict[str, Any]) -> None:
    """Raises ParamError naming the first field that does not make a payment."""
    refuse_others(params, CREATE)
    check_currency(params["currency"], "currency")
    check_amount(params["amount"], params["currency"].lower(), "amount")
    check_url(params.get("return_url"), "return_url")
    if "return_url" in params and not params.get("confirm"):
        raise ParamError("This parameter can only be passed with confirm=true.", "return_url")
    _check_person(desk, params)
    _kinds_of(params)


def open_(desk: Desk, params: dict[str, Any]) -> str:
    """Open an intent of its own, for a form in the shop's pages; gives its id."""
    about = {name: value for name, value in params.items() if name in KEPT}
    about |= {"metadata": merge_metadata({}, params.get("metadata")), "payment_method_types": _kinds_of(params)}
    if "allowed_payment_method_types" not in params:
        about["automatic_payment_methods"] = AUTOMATIC | params.get("automatic_payment_methods", {})
    capture_method = params.get("capture_method", "automatic_async")
    intent_id = insert(desk, params["amount"], params["currency"].lower(), capture_method, about)
    announce(desk, intent_id, "payment_intent.created")
    return intent_id


def insert(
    desk: Desk, amount: int, currency: str, capture_method: str, about: dict[str, Any], session_id: str | None = None
) -> str:
    """Write an intent that nobody has tried to pay; gives its id."""
    intent_id = new_id("pi")
    desk.insert(
        "intents",
        id=intent_id,
        created=desk.stamp,
        session_id=session_id,
        secret=f"{intent_id}_secret_{secrets.token_urlsafe(18)}",
        amount=amount,
        currency=currency,
        capture_method=capture_method,
        status="requires_payment_method",
        params=json.dumps(about),
    )
    return intent_id


def update(desk: Desk, intent_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Change what an unpaid intent asks for, or at any time what it says; raises ApiError."""
    refuse_others(params, UPDATE)
    intent = desk.get("intents", intent_id)
    if {"amount", "payment_method"} & params.keys() and (intent["session_id"] or intent["status"] not in UNPAID):
        raise unexpected_state(desk, intent, "updated", UNPAID)
    about = json.loads(intent["params"])
    about |= {name: value for name, value in params.items() if name in KEPT}
    about["metadata"] = merge_metadata(about.get("metadata", {}), params.get("metadata"))
    amount = params.get("amount", intent["amount"])
    check_amount(amount, intent["currency"], "amount")
    _check_person(desk, params)
    desk.db.execute("UPDATE intents SET amount = ?, params = ? WHERE id = ?", (amount, json.dumps(about), intent_id))
    if "payment_method" in params:
        choose(desk, intent_id, params["payment_method"])
    return render(desk, desk.get("intents", intent_id))


def choose(desk: Desk, intent_id: str, name: str) -> None:
    """Note what an unpaid intent shall be paid with; raises ParamError for what is no way to pay it."""
    means = methods.named(desk, name)
    intent = desk.get("intents", intent_id)
    about = json.loads(intent["params"])
    if means.kind not in about["payment_method_types"]:
        text = f"The PaymentMethod provided ({means.kind}) is not allowed for this PaymentIntent."
        raise ParamError(text, "payment_method")
    email, customer = about.get("receipt_email"), about.get("customer")
    method_id = methods.keep(desk, means, email=email, customer=customer)
    move(desk, intent_id, "requires_confirmation", method_id=method_id, failure=None)


def move(desk: Desk, intent_id: str, to: str, **values: Any) -> None:
    """A transition, as one conditional UPDATE; the caller has looked whether it is allowed."""
    if not desk.change("intents", intent_id, TRANSITIONS[to], status=to, **values):
        # The write lock and the checks before exclude this; if they ever fail, the transaction must not commit.
        raise RuntimeError(f"payment intent {intent_id} cannot become {to}")


def retrieve(desk: Desk, intent_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """One payment intent as JSON."""
    refuse_others(params, {})
    return render(desk, desk.get("intents", intent_id))


def list_(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Payment intents by customer or time."""
    only_filters(params, "customer", "created")
    conditions = matching(params, "customer", columns={"customer": "json_extract(params, '$.customer')"})
    return page(desk, "/v1/payment_intents", "intents", conditions + created(params.get("created")), params, render)


def unexpected_state(desk: Desk, intent: sqlite3.Row, done: str, states: tuple[str, ...]) -> ApiError:
    """The refusal of what an intent's state does not allow, with the intent as it is."""
    text = (
        f"This PaymentIntent could not be {done} because it has a status of {intent['status']}. "
        f"Only a PaymentIntent with one of the following statuses may be {done}: {', '.join(states)}."
    )
    return ApiError(400, text, code="payment_intent_unexpected_state", payment_intent=render(desk, intent))


def render(desk: Desk, intent: sqlite3.Row) -> dict[str, Any]:
    """The payment intent as JSON."""
    failed = methods.render(desk, desk.get("methods", intent["method_id"])) if intent["failure"] else None
    return intent_object(intent, failed_method=failed, next_action=_next_action(desk, intent))


def announce(desk: Desk, intent_id: str, kind: str) -> None:
    """Record an event about the payment intent as it is now."""
    events.record(desk, kind, render(desk, desk.get("intents", intent_id)))


def _kinds_of(params: dict[str, Any]) -> list[str]:
    there_are = methods.offered(params["currency"].lower(), is_manual=params.get("capture_method") == "manual")
    return methods.chosen(params, there_are)


def _check_person(desk: Desk, params: dict[str, Any]) -> None:
    check_email(params, "receipt_email")
    if "customer" in params and desk.find("customers", params["customer"]) is None:
        raise ParamError(f"No such customer: '{params['customer']}'", "customer", "resource_missing")


def _next_action(desk: Desk, intent: sqlite3.Row) -> dict[str, Any] | None:
    """Where the shopper has to answer the bank; a hosted page leads there by itself."""
    if intent["status"] != "requires_action":
        return None
    url = f"{desk.setting.public_url}/authentication/{intent['secret']}"
    return_url = json.loads(intent["params"]).get("return_url")
    if intent["session_id"] or not return_url:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url}}
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
