"""Refunds: never more than was charged, whoever asks at the same time."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider import charges, events, methods
from storefront.payments.demo_provider.checks import merge_metadata, refuse_others
from storefront.payments.demo_provider.desk import Desk, new_id
from storefront.payments.demo_provider.errors import ApiError, ParamError
from storefront.payments.demo_provider.listing import created, matching, only_filters, page
from storefront.payments.demo_provider.objects.charge import refund_object

OFFERED = dict.fromkeys(["charge", "payment_intent", "amount", "reason", "metadata"])
# A dispute has taken the money already; only what is won back can be given back.
NOT_DISPUTED = "NOT EXISTS (SELECT 1 FROM disputes WHERE charge_id = charges.id AND status != 'won')"


def create(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Pay back a charge, or a part of it; raises ApiError when there is not that much left of it."""
    refuse_others(params, OFFERED)
    charge = _charge_of(desk, params)
    amount = params.get("amount", charge["amount"] - charge["amount_refunded"])
    if "amount" in params and amount < 1:
        text = "This value must be greater than or equal to 1."
        raise ParamError(text, "amount", "parameter_invalid_integer")
    _take_from(desk, charge, amount)
    reason, metadata = params.get("reason"), merge_metadata({}, params.get("metadata"))
    return render(desk, desk.get("refunds", _record(desk, charge, amount, reason=reason, metadata=metadata)))


def release(desk: Desk, charge_id: str, amount: int, reason: str | None = None) -> None:
    """Give up what was held and never captured: the real service, too, calls that a refund."""
    desk.db.execute("UPDATE charges SET amount_refunded = amount_refunded + ? WHERE id = ?", (amount, charge_id))
    _record(desk, desk.get("charges", charge_id), amount, reason=reason, is_release=True)


def settle(desk: Desk, refund_id: str) -> None:
    """The bank's answer to a refund: the money has arrived, or it came back."""
    refund = desk.get("refunds", refund_id)
    means = methods.load(desk.get("methods", desk.get("charges", refund["charge_id"])["method_id"]))
    if means.refunds == "later":
        if desk.change("refunds", refund_id, ("pending",), status="succeeded"):
            _announce(desk, refund_id, "refund.updated")
        return
    failed = {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    if desk.change("refunds", refund_id, ("pending", "succeeded"), **failed):
        query = "UPDATE charges SET amount_refunded = amount_refunded - ? WHERE id = ?"
        desk.db.execute(query, (refund["amount"], refund["charge_id"]))
        _announce(desk, refund_id, "refund.updated")
        _announce(desk, refund_id, "refund.failed")


def retrieve(desk: Desk, refund_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """One refund as JSON."""
    return render(desk, desk.get("refunds", refund_id))


def update(desk: Desk, refund_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Change a refund's metadata, the only part of it that changes."""
    refund = desk.get("refunds", refund_id)
    metadata = merge_metadata(json.loads(refund["metadata"]), params.get("metadata"))
    desk.db.execute("UPDATE refunds SET metadata = ? WHERE id = ?", (json.dumps(metadata), refund_id))
    _announce(desk, refund_id, "refund.updated")
    return render(desk, desk.get("refunds", refund_id))


def list_(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Refunds by charge, payment intent or time."""
    only_filters(params, "charge", "payment_intent", "created")
    conditions = matching(params, "charge", columns={"charge": "charge_id"}) + created(params.get("created"))
    if "payment_intent" in params:
        query = "charge_id IN (SELECT id FROM charges WHERE intent_id = ?)"
        conditions.append((query, [params["payment_intent"]]))
    return page(desk, "/v1/refunds", "refunds", conditions, params, render)


def render(desk: Desk, refund: sqlite3.Row) -> dict[str, Any]:
    """A refund as JSON."""
    charge = desk.get("charges", refund["charge_id"])
    kind = methods.load(desk.get("methods", charge["method_id"])).kind
    return refund_object(refund, charge, desk.get("intents", charge["intent_id"]), kind)


def _charge_of(desk: Desk, params: dict[str, Any]) -> sqlite3.Row:
    """The charge that a call means, by itself or by its payment intent."""
    if "payment_intent" not in params:
        if "charge" not in params:
            text = "One of the following params should be provided for this request: payment_intent or charge."
            raise ParamError(text, "payment_intent", "parameter_missing")
        charge = desk.get("charges", params["charge"])
    else:
        intent = desk.get("intents", params["payment_intent"])
        if params.get("charge", intent["charge_id"]) != intent["charge_id"]:
            raise ParamError("The charge does not belong to this PaymentIntent.", "charge")
        charge = intent["charge_id"] and desk.get("charges", intent["charge_id"])
    if not charge or charge["status"] != "succeeded" or not charge["amount_captured"]:
        asked_for = params.get("payment_intent") or params["charge"]
        raise ApiError(400, f"This payment ({asked_for}) does not have a successful charge to refund.")
    return charge


def _take_from(desk: Desk, charge: sqlite3.Row, amount: int) -> None:
    """Count the amount as refunded: cap and sum are one statement, and the table itself refuses more than all."""
    taken = desk.db.execute(
        "UPDATE charges SET amount_refunded = amount_refunded + :amount"
        f" WHERE id = :id AND :amount > 0 AND amount_refunded + :amount <= amount AND {NOT_DISPUTED}",
        {"id": charge["id"], "amount": amount},
    )
    if taken.rowcount:
        return
    if desk.db.execute(f"SELECT 1 FROM charges WHERE id = ? AND NOT ({NOT_DISPUTED})", (charge["id"],)).fetchone():
        text = f"The charge {charge['id']} has been charged back; cannot issue a refund."
        raise ApiError(400, text, code="charge_disputed")
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise ApiError(400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    text = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
    raise ApiError(400, text, param="amount")


def _record(
    desk: Desk,
    charge: sqlite3.Row,
    amount: int,
    *,
    reason: str | None,
    metadata: dict[str, str] | None = None,
    is_release: bool = False,
) -> str:
    """Write and announce a refund; gives its id. One of a bank, and those of two test cards, ends later."""
    refund_id = new_id("re")
    means = methods.load(desk.get("methods", charge["method_id"]))
    desk.insert(
        "refunds",
        id=refund_id,
        created=desk.stamp,
        charge_id=charge["id"],
        amount=amount,
        status="pending" if means.refunds == "later" and not is_release else "succeeded",
        reason=reason,
        metadata=json.dumps(metadata or {}),
        is_release=is_release,
    )
    if means.refunds != "at_once" and not is_release:
        desk.later(desk.setting.settle_seconds, "settle_refund", refund_id)
    _announce(desk, refund_id, "refund.created")
    charges.announce(desk, charge["id"], "charge.refunded")
    return refund_id


def _announce(desk: Desk, refund_id: str, kind: str) -> None:
    events.record(desk, kind, render(desk, desk.get("refunds", refund_id)))
