"""What becomes of money that was authorised and of intents that are not paid: captured, or given up."""

import sqlite3

from storefront.payments.demo_provider import charges, intents, refunds
from storefront.payments.demo_provider.desk import Desk

# What was authorised and not captured is given up after a week.
HELD_SECONDS = 7 * 24 * 60 * 60


def capture(desk: Desk, intent: sqlite3.Row, amount: int) -> None:
    """Take what was authorised, or less: then the rest is released. The intent is in requires_capture."""
    intents.move(desk, intent["id"], "succeeded", amount_received=amount)
    desk.change("charges", intent["charge_id"], ("succeeded",), amount_captured=amount)
    charges.announce(desk, intent["charge_id"], "charge.captured")
    if amount < intent["amount"]:
        refunds.release(desk, intent["charge_id"], intent["amount"] - amount)
    intents.announce(desk, intent["id"], "payment_intent.succeeded")
    charges.await_complaint(desk, intent["charge_id"])


def give_up(desk: Desk, intent: sqlite3.Row, reason: str | None = None) -> None:
    """Cancel an intent that is not paid; what is held is released."""
    if intent["status"] == "requires_capture":
        expired = "expired_uncaptured_charge" if reason == "automatic" else None
        refunds.release(desk, intent["charge_id"], intent["amount"], expired)
    intents.move(desk, intent["id"], "canceled", canceled_at=desk.stamp, cancellation_reason=reason)
    intents.announce(desk, intent["id"], "payment_intent.canceled")


def expire(desk: Desk, intent_id: str) -> None:
    """Give up what was not captured in time."""
    intent = desk.get("intents", intent_id)
    if intent["status"] == "requires_capture":
        charges.announce(desk, intent["charge_id"], "charge.expired")
        give_up(desk, intent, "automatic")
