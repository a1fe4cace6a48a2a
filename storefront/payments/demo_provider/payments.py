"""Paying a session: the tries of one payment intent. Every transition is one conditional UPDATE."""

import json
import secrets
from enum import StrEnum

from storefront.payments.demo_provider import sessions
from storefront.payments.demo_provider.cards import AUTHENTICATION_FAILED, Card, Refusal, Verdict
from storefront.payments.demo_provider.sessions import Desk

# Which states a try may leave for which: (payment intent's present states) by new state.
TRANSITIONS: dict[str, tuple[str, ...]] = {
    "requires_payment_method": ("requires_payment_method", "requires_action"),
    "requires_action": ("requires_payment_method", "requires_action"),
    "succeeded": ("requires_payment_method", "requires_action"),
}


class Outcome(StrEnum):
    """How a try ended, which says which page comes next."""

    PAID = "paid"
    DECLINED = "declined"
    AUTHENTICATE = "authenticate"
    CLOSED = "closed"


def pay(desk: Desk, session_id: str, card: Card, verdict: Verdict) -> Outcome:
    """Try a card on an open session. Paying what is already paid changes nothing and says so."""
    status = sessions.find(desk, session_id)["status"]
    if status != "open":
        return Outcome.PAID if status == "complete" else Outcome.CLOSED
    _ensure_intent(desk, session_id)
    if verdict.needs_authentication:
        return _ask_shopper(desk, session_id, card, verdict.refusal)
    if verdict.refusal:
        return _decline(desk, session_id, card, verdict.refusal)
    return _capture(desk, session_id, card)


def authenticate(desk: Desk, session_id: str, *, is_approved: bool) -> Outcome:
    """The shopper's answer to the bank's question; a question that is no longer open is not answered twice."""
    status = sessions.find(desk, session_id)["status"]
    if status != "open":
        return Outcome.PAID if status == "complete" else Outcome.CLOSED
    intent = sessions.find_intent(desk, session_id)
    if intent is None or intent["status"] != "requires_action":
        return Outcome.DECLINED
    tried = json.loads(intent["card"])
    card = Card(tried["brand"], tried["last4"])
    if not is_approved:
        return _decline(desk, session_id, card, AUTHENTICATION_FAILED)
    if tried["then"]:
        return _decline(desk, session_id, card, Refusal(**tried["then"]))
    return _capture(desk, session_id, card)


def _ensure_intent(desk: Desk, session_id: str) -> None:
    made = desk.db.execute(
        "INSERT INTO intents (id, session_id, created, status) VALUES (?, ?, ?, 'requires_payment_method')"
        " ON CONFLICT (session_id) DO NOTHING",
        (f"pi_demo_{secrets.token_hex(12)}", session_id, int(desk.now)),
    )
    if made.rowcount:
        sessions.announce_intent(desk, session_id, "payment_intent.created")


def _ask_shopper(desk: Desk, session_id: str, card: Card, then: Refusal | None) -> Outcome:
    # What the bank will say after the question is kept with the card, so that the answer needs no card number.
    tried = card.facts() | {"then": then.facts() if then else None}
    _move(desk, session_id, "requires_action", card=json.dumps(tried), failure=None)
    sessions.announce_intent(desk, session_id, "payment_intent.requires_action")
    return Outcome.AUTHENTICATE


def _decline(desk: Desk, session_id: str, card: Card, refusal: Refusal) -> Outcome:
    tried, failure = json.dumps(card.facts()), json.dumps(refusal.facts())
    _move(desk, session_id, "requires_payment_method", card=tried, failure=failure)
    sessions.announce_intent(desk, session_id, "payment_intent.payment_failed")
    return Outcome.DECLINED


def _capture(desk: Desk, session_id: str, card: Card) -> Outcome:
    """Take the money: the session completes only if it is open and in time, whatever else happens at this moment."""
    completed = desk.db.execute(
        "UPDATE sessions SET status = 'complete' WHERE id = ? AND status = 'open' AND expires_at > ?",
        (session_id, desk.now),
    )
    if completed.rowcount == 0:
        return Outcome.CLOSED
    amount = sessions.find(desk, session_id)["amount_total"]
    _move(desk, session_id, "succeeded", card=json.dumps(card.facts()), failure=None, amount_received=amount)
    sessions.announce_intent(desk, session_id, "payment_intent.succeeded")
    sessions.announce(desk, session_id, "checkout.session.completed")
    return Outcome.PAID


def _move(desk: Desk, session_id: str, to: str, *, card: str, failure: str | None, amount_received: int = 0) -> None:
    allowed = TRANSITIONS[to]
    moved = desk.db.execute(
        "UPDATE intents SET status = ?, card = ?, failure = ?, amount_received = ?"
        f" WHERE session_id = ? AND status IN ({', '.join('?' * len(allowed))})",
        (to, card, failure, amount_received, session_id, *allowed),
    )
    if moved.rowcount != 1:
        # The write lock and the checks before exclude this; if they ever fail, the transaction must not commit.
        raise RuntimeError(f"payment intent of {session_id} cannot become {to}")
