"""What happened, as signed messages for the shop and as a list to sweep."""

import hashlib
import hmac
import json
import secrets
import sqlite3
from typing import Any

from storefront.payments.demo_provider.objects import event_object

# What a shop that uses hosted pages subscribes to. Everything else is found in the list of events only.
DELIVERED_KINDS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
    }
)


def record(db: sqlite3.Connection, kind: str, subject: dict[str, Any], now: float) -> None:
    """Store an event in the transaction that made it happen; it is due for delivery at once when the shop wants it."""
    event_id = f"evt_demo_{secrets.token_hex(12)}"
    body = json.dumps(event_object(event_id, int(now), kind, subject), separators=(",", ":"))
    db.execute(
        "INSERT INTO events (id, created, kind, body, due_at) VALUES (?, ?, ?, ?, ?)",
        (event_id, int(now), kind, body, now if kind in DELIVERED_KINDS else None),
    )


def sign(body: bytes, secret: str, timestamp: int) -> str:
    """The `Stripe-Signature` header of a message (https://docs.stripe.com/webhooks#verify-manually)."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
