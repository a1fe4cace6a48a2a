"""Where money is: refunds, disputes and what was taken, as the shop reads them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from storefront.payments.gateway import DisputeState, MoneyState, ReceivedPayment, RefundState, RefundStatus
from storefront.payments.stripe_api.units import from_provider

# https://docs.stripe.com/api/refunds/object
REFUNDS = {
    "pending": RefundStatus.PROCESSING,
    "requires_action": RefundStatus.PROCESSING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}


def money_of(
    intent: Mapping[str, Any], refunds: Iterable[Mapping[str, Any]], disputes: Iterable[Mapping[str, Any]]
) -> MoneyState:
    """What a payment intent, with its latest charge, and its refunds and disputes amount to."""
    charge, currency = intent.get("latest_charge") or {}, intent["currency"].upper()
    return MoneyState(
        payment_ref=intent["id"],
        attempt_id=attempt_id(intent),
        currency=currency,
        is_live=intent["livemode"],
        captured_minor=from_provider(charge.get("amount_captured") or 0, currency),
        refunds=tuple(refund_of(refund) for refund in _paid_back(charge, refunds)),
        disputes=tuple(_dispute(dispute) for dispute in disputes),
    )


def refund_of(refund: Mapping[str, Any]) -> RefundState:
    """One refund; what was made on Stripe's own site has no id of ours."""
    own_id = (refund.get("metadata") or {}).get("refund_id", "")
    return RefundState(
        refund_ref=refund["id"],
        refund_id=int(own_id) if own_id.isdecimal() else 0,
        amount_minor=from_provider(refund["amount"], refund["currency"].upper()),
        status=REFUNDS.get(refund["status"], RefundStatus.PROCESSING),
        failure_reason=refund.get("failure_reason"),
    )


def received_of(intent: Mapping[str, Any]) -> ReceivedPayment:
    """A payment intent, with its latest charge, as a line of the books."""
    charge, currency = intent.get("latest_charge") or {}, intent["currency"].upper()
    captured = charge.get("amount_captured") or 0
    released = charge.get("amount", captured) - captured
    return ReceivedPayment(
        payment_ref=intent["id"],
        attempt_id=attempt_id(intent),
        currency=currency,
        captured_minor=from_provider(captured, currency),
        refunded_minor=from_provider((charge.get("amount_refunded") or released) - released, currency),
        created_at=datetime.fromtimestamp(intent["created"], UTC),
    )


def attempt_id(facts: Mapping[str, Any]) -> int:
    """Which attempt of ours this is about; 0 when it is none."""
    found = (facts.get("metadata") or {}).get("attempt_id", "")
    return int(found) if found.isdecimal() else 0


def _paid_back(charge: Mapping[str, Any], refunds: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Refunds of what was taken: Stripe also calls a refund what was held and then let go."""
    found = list(refunds)
    released = (charge.get("amount") or 0) - (charge.get("amount_captured") or 0)
    let_go = next((one for one in found if released and one["amount"] == released and not one.get("metadata")), None)
    return [one for one in found if one is not let_go]


def _dispute(dispute: Mapping[str, Any]) -> DisputeState:
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeState(
        dispute_ref=dispute["id"],
        status=dispute["status"],
        reason=dispute["reason"],
        amount_minor=from_provider(dispute["amount"], dispute["currency"].upper()),
        evidence_due_at=datetime.fromtimestamp(due, UTC) if due else None,
        created_at=datetime.fromtimestamp(dispute["created"], UTC),
    )
