"""Messages: the envelope of what happened at Stripe."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from storefront.payments.gateway import ProviderEvent

# What a shop asks to be told of; the same kinds are swept from the list of events.
KINDS = (
    "charge.captured",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.refunded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "refund.created",
    "refund.failed",
    "refund.updated",
)


def event_of(event: Mapping[str, Any]) -> ProviderEvent:
    """The envelope; raises KeyError, TypeError or ValueError when it is none."""
    subject = event["data"]["object"]
    is_session, is_intent = subject["object"] == "checkout.session", subject["object"] == "payment_intent"
    return ProviderEvent(
        id=str(event["id"]),
        kind=str(event["type"]),
        session_id=subject["id"] if is_session else None,
        payment_ref=subject["id"] if is_intent else subject.get("payment_intent"),
        is_live=bool(event["livemode"]),
        created_at=datetime.fromtimestamp(event["created"], UTC),
    )
