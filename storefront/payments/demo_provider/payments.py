"""Paying: the tries of one payment intent, on a hosted page or by the shop's own call."""

import json
import sqlite3
from enum import StrEnum
from typing import Any

from storefront.payments.demo_provider import charges, holds, intents, links, methods, sessions
from storefront.payments.demo_provider.cards import AUTHENTICATION_FAILED, INCORRECT_NUMBER, Refusal
from storefront.payments.demo_provider.desk import Desk
from storefront.payments.demo_provider.methods import Means

# What an intent takes from its session, beside `payment_intent_data`.
INHERITED = ("customer", "payment_method_types", *methods.CHOICES)


class Outcome(StrEnum):
    """How a try ended, which says which page comes next."""

    COMPLETE = "complete"
    DECLINED = "declined"
    AUTHENTICATE = "authenticate"
    CLOSED = "closed"


def pay(desk: Desk, session_id: str, means: Means) -> Outcome:
    """Try to pay an open session. Paying what is already paid changes nothing and says so."""
    session = desk.get("sessions", session_id)
    if session["status"] != "open":
        return Outcome.COMPLETE if session["status"] == "complete" else Outcome.CLOSED
    if means.kind not in json.loads(session["params"])["payment_method_types"]:
        return Outcome.DECLINED
    intent = _ensure_intent(desk, session)
    customer = json.loads(intent["params"]).get("customer")
    method_id = methods.keep(desk, means, email=sessions.email_of(desk, session), customer=customer)
    return attempt(desk, intent, method_id)


def attempt(desk: Desk, intent: sqlite3.Row, method_id: str) -> Outcome:
    """One try to pay an intent with a method that is kept."""
    means = methods.load(desk.get("methods", method_id))
    if not means.is_card:
        return _debit(desk, intent, method_id)
    if means.verdict.needs_authentication:
        intents.move(desk, intent["id"], "requires_action", method_id=method_id, failure=None)
        intents.announce(desk, intent["id"], "payment_intent.requires_action")
        return Outcome.AUTHENTICATE
    if means.verdict.refusal:
        return _decline(desk, intent, method_id, means.verdict.refusal)
    return _authorise(desk, intent, method_id)


def authenticate(desk: Desk, intent: sqlite3.Row | None, *, is_approved: bool) -> Outcome:
    """The shopper's answer to the bank's question; a question that is no longer open is not answered twice."""
    if intent is None or intent["status"] != "requires_action":
        is_done = intent is not None and intent["status"] in ("succeeded", "requires_capture")
        return Outcome.COMPLETE if is_done else Outcome.DECLINED
    if not is_approved:
        return _decline(desk, intent, intent["method_id"], AUTHENTICATION_FAILED)
    refusal = methods.load(desk.get("methods", intent["method_id"])).verdict.refusal
    if refusal:
        return _decline(desk, intent, intent["method_id"], refusal)
    return _authorise(desk, intent, intent["method_id"])


def settle(desk: Desk, charge_id: str) -> None:
    """The bank's answer to a debit, if it waits for one."""
    charge = desk.get("charges", charge_id)
    if charge["status"] != "pending":
        return
    intent = desk.get("intents", charge["intent_id"])
    refusal = methods.load(desk.get("methods", charge["method_id"])).verdict.refusal
    charges.settle(desk, charge_id, refusal)
    if refusal:
        failure = json.dumps(charges.failure_of(refusal) | {"charge": charge_id})
        intents.move(desk, intent["id"], "requires_payment_method", failure=failure)
    else:
        intents.move(desk, intent["id"], "succeeded", amount_received=intent["amount"])
    intents.announce(desk, intent["id"], f"payment_intent.{'payment_failed' if refusal else 'succeeded'}")
    if intent["session_id"]:
        ended = "failed" if refusal else "succeeded"
        sessions.announce(desk, intent["session_id"], f"checkout.session.async_payment_{ended}")


def _ensure_intent(desk: Desk, session: sqlite3.Row) -> sqlite3.Row:
    intent = sessions.find_intent(desk, session["id"])
    if intent is None:
        params = json.loads(session["params"])
        about: dict[str, Any] = {"metadata": {}, **params.get("payment_intent_data", {})}
        about |= {name: params[name] for name in INHERITED if name in params}
        capture_method = about.pop("capture_method", "automatic_async")
        amount, currency = session["amount_total"], session["currency"]
        intent_id = intents.insert(desk, amount, currency, capture_method, about, session["id"])
        intents.announce(desk, intent_id, "payment_intent.created")
        intent = desk.get("intents", intent_id)
    return intent


def _decline(desk: Desk, intent: sqlite3.Row, method_id: str, refusal: Refusal) -> Outcome:
    failure, changes = charges.failure_of(refusal), {"method_id": method_id}
    if refusal not in (INCORRECT_NUMBER, AUTHENTICATION_FAILED):
        charge_id = charges.open_(desk, intent, method_id, "failed", failure=json.dumps(failure))
        failure, changes = failure | {"charge": charge_id}, changes | {"charge_id": charge_id}
        charges.announce(desk, charge_id, "charge.failed")
    intents.move(desk, intent["id"], "requires_payment_method", failure=json.dumps(failure), **changes)
    intents.announce(desk, intent["id"], "payment_intent.payment_failed")
    return Outcome.DECLINED


def _debit(desk: Desk, intent: sqlite3.Row, method_id: str) -> Outcome:
    """Ask a bank, which answers later: the shopper is done, the money is not there."""
    if not _complete(desk, intent):
        return Outcome.CLOSED
    charge_id = charges.open_(desk, intent, method_id, "pending")
    intents.move(desk, intent["id"], "processing", method_id=method_id, charge_id=charge_id, failure=None)
    charges.announce(desk, charge_id, "charge.pending")
    intents.announce(desk, intent["id"], "payment_intent.processing")
    desk.later(desk.setting.settle_seconds, "settle_payment", charge_id)
    _announce_completed(desk, intent)
    return Outcome.COMPLETE


def _authorise(desk: Desk, intent: sqlite3.Row, method_id: str) -> Outcome:
    """Take the money, or hold it until it is captured."""
    if not _complete(desk, intent):
        return Outcome.CLOSED
    if intent["capture_method"] == "manual":
        _hold(desk, intent, method_id)
    else:
        charge_id = charges.open_(desk, intent, method_id, "succeeded", amount_captured=intent["amount"])
        paid = {"method_id": method_id, "charge_id": charge_id, "failure": None, "amount_received": intent["amount"]}
        intents.move(desk, intent["id"], "succeeded", **paid)
        charges.announce(desk, charge_id, "charge.succeeded")
        intents.announce(desk, intent["id"], "payment_intent.succeeded")
        charges.await_complaint(desk, charge_id)
    _announce_completed(desk, intent)
    return Outcome.COMPLETE


def _hold(desk: Desk, intent: sqlite3.Row, method_id: str) -> None:
    capture_before = int(desk.now + holds.HELD_SECONDS)
    charge_id = charges.open_(desk, intent, method_id, "succeeded", capture_before=capture_before)
    intents.move(desk, intent["id"], "requires_capture", method_id=method_id, charge_id=charge_id, failure=None)
    charges.announce(desk, charge_id, "charge.succeeded")
    intents.announce(desk, intent["id"], "payment_intent.amount_capturable_updated")
    desk.later(holds.HELD_SECONDS, "expire_authorisation", intent["id"])


def _complete(desk: Desk, intent: sqlite3.Row) -> bool:
    """End the session of an intent: only if it is open and in time, whatever else happens at this moment."""
    if intent["session_id"] is None:
        return True
    completed = desk.db.execute(
        "UPDATE sessions SET status = 'complete' WHERE id = ? AND status = 'open' AND expires_at > ?",
        (intent["session_id"], desk.now),
    )
    return completed.rowcount == 1


def _announce_completed(desk: Desk, intent: sqlite3.Row) -> None:
    if intent["session_id"]:
        sessions.announce(desk, intent["session_id"], "checkout.session.completed")
        links.count(desk, intent["session_id"])
