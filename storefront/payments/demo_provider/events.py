"""What happened, as signed messages for the shop and as a list to sweep."""

import hashlib
import hmac
import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider import faults
from storefront.payments.demo_provider.desk import Desk, new_id
from storefront.payments.demo_provider.errors import no_such
from storefront.payments.demo_provider.listing import created, only_filters, page
from storefront.payments.demo_provider.objects.common import event_object

# What a shop that uses hosted pages subscribes to. Everything else is found in the list of events only.
DELIVERED_KINDS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "charge.captured",
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.refunded",
        "payment_intent.canceled",
        "payment_intent.payment_failed",
        "refund.created",
        "refund.failed",
        "refund.updated",
    }
)
KEPT_SECONDS = 30 * 24 * 60 * 60


def record(desk: Desk, kind: str, subject: dict[str, Any]) -> None:
    """Store an event in the transaction that made it happen; it is due for delivery at once when the shop wants it."""
    event_id = new_id("evt")
    cause = {"id": desk.request_id, "idempotency_key": desk.idempotency_key}
    body = json.dumps(event_object(event_id, desk.stamp, kind, subject, cause), separators=(",", ":"))
    due_at = desk.now + faults.hold_back(desk.db) if kind in DELIVERED_KINDS else None
    desk.insert("events", id=event_id, created=desk.stamp, kind=kind, body=body, due_at=due_at)


def list_(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Events of the last 30 days by kind, time or whether they were delivered."""
    only_filters(params, "type", "types", "created", "delivery_success")
    conditions = [("created > ?", [desk.stamp - KEPT_SECONDS]), *created(params.get("created"))]
    kinds = params.get("types", []) + ([params["type"]] if "type" in params else [])
    if kinds:
        conditions.append((f"kind IN ({', '.join('?' * len(kinds))})", kinds))
    if "delivery_success" in params:
        state = "(delivered_at IS NOT NULL OR (due_at IS NULL AND tries = 0))"
        conditions.append((state if params["delivery_success"] else f"NOT {state}", []))
    return page(desk, "/v1/events", "events", conditions, params, render)


def retrieve(desk: Desk, event_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """One event of the last 30 days as JSON."""
    row = desk.get("events", event_id)
    if row["created"] <= desk.stamp - KEPT_SECONDS:
        raise no_such("event", event_id)
    return render(desk, row)


def render(_desk: Desk, row: sqlite3.Row) -> dict[str, Any]:
    """An event as it was recorded, and whether its message is still on the way."""
    event: dict[str, Any] = json.loads(row["body"])
    return event | {"pending_webhooks": int(row["due_at"] is not None)}


def sign(body: bytes, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` header of a message (https://docs.stripe.com/webhooks#verify-manually)."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
