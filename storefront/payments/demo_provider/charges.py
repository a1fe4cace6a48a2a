"""Charges: the tries that reached an issuer or a bank."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider import events, methods
from storefront.payments.demo_provider.cards import Refusal
from storefront.payments.demo_provider.desk import Desk, new_id
from storefront.payments.demo_provider.listing import created, matching, only_filters, page
from storefront.payments.demo_provider.objects.charge import charge_object

MESSAGES = {
    "card_declined": "Your card was declined.",
    "debit_not_authorized": "The customer has notified their bank that this payment was unauthorized.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
    "payment_intent_authentication_failure": "The payment was not confirmed with the bank.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}


def open_(desk: Desk, intent: sqlite3.Row, method_id: str, status: str, **values: Any) -> str:
    """Record a charge; gives its id."""
    charge_id = new_id("ch")
    facts = {"intent_id": intent["id"], "method_id": method_id, "amount": intent["amount"], "status": status}
    desk.insert("charges", id=charge_id, created=desk.stamp, **facts, **values)
    return charge_id


def await_complaint(desk: Desk, charge_id: str) -> None:
    """After the money was taken: some test cards belong to people who dispute that."""
    if methods.load(desk.get("methods", desk.get("charges", charge_id)["method_id"])).dispute:
        desk.later(0, "open_dispute", charge_id)


def failure_of(refusal: Refusal) -> dict[str, Any]:
    """A refusal in the API's words."""
    return {"message": MESSAGES[refusal.code], **{k: v for k, v in refusal.facts().items() if v is not None}}


def settle(desk: Desk, charge_id: str, refusal: Refusal | None) -> None:
    """The bank's answer to a charge that waited for one."""
    charge = desk.get("charges", charge_id)
    if refusal:
        desk.change("charges", charge_id, ("pending",), status="failed", failure=json.dumps(failure_of(refusal)))
    else:
        desk.change("charges", charge_id, ("pending",), status="succeeded", amount_captured=charge["amount"])
    announce(desk, charge_id, "charge.failed" if refusal else "charge.succeeded")


def retrieve(desk: Desk, charge_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """One charge as JSON."""
    return render(desk, desk.get("charges", charge_id))


def list_(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Charges by payment intent or time."""
    only_filters(params, "payment_intent", "created")
    conditions = matching(params, "payment_intent", columns={"payment_intent": "intent_id"})
    return page(desk, "/v1/charges", "charges", conditions + created(params.get("created")), params, render)


def render(desk: Desk, charge: sqlite3.Row) -> dict[str, Any]:
    """A charge as JSON."""
    intent, method = desk.get("intents", charge["intent_id"]), desk.get("methods", charge["method_id"])
    disputed = desk.db.execute("SELECT 1 FROM disputes WHERE charge_id = ?", (charge["id"],)).fetchone()
    body: dict[str, Any] = charge_object(charge, intent, method, is_disputed=disputed is not None)
    return body


def announce(desk: Desk, charge_id: str, kind: str) -> None:
    """Record an event about the charge as it is now."""
    events.record(desk, kind, render(desk, desk.get("charges", charge_id)))
