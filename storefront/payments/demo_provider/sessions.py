"""Checkout sessions: open, look up, list, expire. Every function works in the transaction it is given."""

import json
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from storefront.payments.demo_provider import events
from storefront.payments.demo_provider.errors import ApiError, no_such
from storefront.payments.demo_provider.objects import intent_object, session_object
from storefront.payments.demo_provider.orders import check_order, total_of

EXPANDABLE = frozenset({"payment_intent"})
DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Desk:
    """One unit of work: the transaction, the moment it happens, and where the pay pages are."""

    db: sqlite3.Connection
    now: float
    public_url: str


def create(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Open a session for checked parameters; raises ParamError for an order that cannot be paid."""
    is_expanded = _expansion(params)
    check_order(params, desk.now)
    session_id = f"cs_demo_{secrets.token_urlsafe(24)}"
    values = {
        "id": session_id,
        "created": int(desk.now),
        "expires_at": params.get("expires_at", int(desk.now) + DAY_SECONDS),
        "status": "open",
        "currency": params["line_items"][0]["price_data"]["currency"].lower(),
        "amount_total": total_of(params),
        "params": json.dumps(params),
    }
    desk.db.execute(
        "INSERT INTO sessions (id, created, expires_at, status, currency, amount_total, params)"
        " VALUES (:id, :created, :expires_at, :status, :currency, :amount_total, :params)",
        values,
    )
    return render(desk, find(desk, session_id), is_expanded=is_expanded)


def retrieve(desk: Desk, session_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """One session as JSON."""
    return render(desk, find(desk, session_id), is_expanded=_expansion(params))


def expire(desk: Desk, session_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Close an open session for good; raises ApiError when it is not open."""
    is_expanded = _expansion(params)
    session = find(desk, session_id)
    if not close(desk, session):
        text = (
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
        raise ApiError(400, text)
    return render(desk, find(desk, session_id), is_expanded=is_expanded)


def expire_due(desk: Desk) -> int:
    """Expire every session whose time has come, and say how many."""
    due = desk.db.execute("SELECT * FROM sessions WHERE status = 'open' AND expires_at <= ?", (desk.now,)).fetchall()
    return sum(close(desk, session) for session in due)


def close(desk: Desk, session: sqlite3.Row) -> bool:
    """The transition open -> expired, with that of its payment intent; False when the session is not open."""
    changed = desk.db.execute(
        "UPDATE sessions SET status = 'expired' WHERE id = ? AND status = 'open'", (session["id"],)
    )
    if changed.rowcount == 0:
        return False
    canceled = desk.db.execute(
        "UPDATE intents SET status = 'canceled', canceled_at = ?"
        " WHERE session_id = ? AND status IN ('requires_payment_method', 'requires_action')",
        (int(desk.now), session["id"]),
    )
    if canceled.rowcount:
        announce_intent(desk, session["id"], "payment_intent.canceled")
    announce(desk, session["id"], "checkout.session.expired")
    return True


def find(desk: Desk, session_id: str) -> sqlite3.Row:
    """The session's row; raises ApiError 404."""
    row: sqlite3.Row | None = desk.db.execute("SELECT * FROM sessions WHERE id = ?", (session_id,)).fetchone()
    if row is None:
        raise no_such("checkout.session", session_id, "session")
    return row


def find_intent(desk: Desk, session_id: str) -> sqlite3.Row | None:
    """The payment intent's row; there is none before the first try to pay."""
    row: sqlite3.Row | None = desk.db.execute("SELECT * FROM intents WHERE session_id = ?", (session_id,)).fetchone()
    return row


def page_url(desk: Desk, session_id: str) -> str:
    """Where the shopper pays."""
    return f"{desk.public_url}/pay/{session_id}"


def render(desk: Desk, session: sqlite3.Row, *, is_expanded: bool = False) -> dict[str, Any]:
    """The session as JSON."""
    intent = find_intent(desk, session["id"])
    return session_object(session, intent, url=page_url(desk, session["id"]), is_expanded=is_expanded)


def announce(desk: Desk, session_id: str, kind: str) -> None:
    """Record an event about the session as it is now."""
    events.record(desk.db, kind, render(desk, find(desk, session_id)), desk.now)


def announce_intent(desk: Desk, session_id: str, kind: str) -> None:
    """Record an event about the session's payment intent as it is now."""
    intent = find_intent(desk, session_id)
    if intent is not None:
        events.record(desk.db, kind, intent_object(intent, find(desk, session_id)), desk.now)


def _expansion(params: dict[str, Any]) -> bool:
    """Whether the payment intent is wanted as an object. What to expand is not part of the session."""
    wanted = params.pop("expand", [])
    for name in wanted:
        if name not in EXPANDABLE:
            raise ApiError(400, f"This property cannot be expanded ({name}).", param="expand")
    return bool(wanted)
