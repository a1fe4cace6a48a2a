"""Disputes: the card's owner complains to the issuer, who takes the money back until it is decided."""

import json
import sqlite3
from contextlib import suppress
from typing import Any

from storefront.payments.demo_provider import events, methods
from storefront.payments.demo_provider.checks import merge_metadata, refuse_others
from storefront.payments.demo_provider.desk import Desk, new_id
from storefront.payments.demo_provider.errors import ApiError
from storefront.payments.demo_provider.listing import created, matching, only_filters, page
from storefront.payments.demo_provider.objects.charge import EVIDENCE, dispute_object

ANSWER_SECONDS = 9 * 24 * 60 * 60
UNDECIDED = ("needs_response", "under_review")
OFFERED: dict[str, Any] = {"evidence": dict.fromkeys(EVIDENCE.split()), "submit": None, "metadata": None}
# What evidence decides at once in a test (https://docs.stripe.com/testing#disputes).
DECIDING = {"winning_evidence": "win_dispute", "losing_evidence": "lose_dispute"}


def open_(desk: Desk, charge_id: str, reason: str | None = None, amount: int | None = None) -> str:
    """Take the money back (all that was not refunded unless `amount` says less); gives the dispute's id."""
    charge = desk.get("charges", charge_id)
    left = charge["amount"] - charge["amount_refunded"]
    known = desk.db.execute("SELECT 1 FROM disputes WHERE charge_id = ?", (charge_id,)).fetchone()
    taken = left if amount is None else amount
    if known or not charge["amount_captured"] or not 1 <= taken <= left:
        raise ApiError(400, f"Charge {charge_id} cannot be disputed for that amount.")
    means = methods.load(desk.get("methods", charge["method_id"]))
    dispute_id = new_id("dp")
    desk.insert(
        "disputes",
        id=dispute_id,
        created=desk.stamp,
        charge_id=charge_id,
        amount=taken,
        status="needs_response",
        reason=reason or means.dispute or "fraudulent",
        due_by=desk.stamp + ANSWER_SECONDS,
    )
    _announce(desk, dispute_id, "charge.dispute.created")
    _announce(desk, dispute_id, "charge.dispute.funds_withdrawn")
    return dispute_id


def open_as_expected(desk: Desk, charge_id: str) -> None:
    """What the owner of a test card does; nothing when there is nothing left to complain about."""
    with suppress(ApiError):
        open_(desk, charge_id)


def decide(desk: Desk, dispute_id: str, *, is_won: bool) -> None:
    """The issuer's last word; a dispute that is decided stays so."""
    if not desk.change("disputes", dispute_id, UNDECIDED, status="won" if is_won else "lost"):
        return
    if is_won:
        _announce(desk, dispute_id, "charge.dispute.funds_reinstated")
    _announce(desk, dispute_id, "charge.dispute.closed")


def update(desk: Desk, dispute_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Hand in evidence (unless `submit` is false), or change metadata; raises ApiError when it is decided."""
    refuse_others(params, OFFERED)
    dispute = desk.get("disputes", dispute_id)
    if dispute["status"] not in UNDECIDED:
        raise ApiError(400, "This dispute is already closed.", code="dispute_already_closed")
    evidence = json.loads(dispute["evidence"]) | params.get("evidence", {})
    is_submitted = bool(evidence) and params.get("submit", True)
    desk.change(
        "disputes",
        dispute_id,
        UNDECIDED,
        evidence=json.dumps(evidence),
        metadata=json.dumps(merge_metadata(json.loads(dispute["metadata"]), params.get("metadata"))),
        status="under_review" if is_submitted else dispute["status"],
        submissions=dispute["submissions"] + is_submitted,
    )
    _announce(desk, dispute_id, "charge.dispute.updated")
    if is_submitted and evidence.get("uncategorized_text") in DECIDING:
        desk.later(desk.setting.settle_seconds, DECIDING[evidence["uncategorized_text"]], dispute_id)
    return render(desk, desk.get("disputes", dispute_id))


def close(desk: Desk, dispute_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """Accept a dispute: it is lost. Raises ApiError when it is decided."""
    if desk.get("disputes", dispute_id)["status"] not in UNDECIDED:
        raise ApiError(400, "This dispute is already closed.", code="dispute_already_closed")
    decide(desk, dispute_id, is_won=False)
    return render(desk, desk.get("disputes", dispute_id))


def retrieve(desk: Desk, dispute_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """One dispute as JSON."""
    return render(desk, desk.get("disputes", dispute_id))


def list_(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Disputes by charge, payment intent or time."""
    only_filters(params, "charge", "payment_intent", "created")
    conditions = matching(params, "charge", columns={"charge": "charge_id"}) + created(params.get("created"))
    if "payment_intent" in params:
        query = "charge_id IN (SELECT id FROM charges WHERE intent_id = ?)"
        conditions.append((query, [params["payment_intent"]]))
    return page(desk, "/v1/disputes", "disputes", conditions, params, render)


def render(desk: Desk, dispute: sqlite3.Row) -> dict[str, Any]:
    """A dispute as JSON."""
    charge = desk.get("charges", dispute["charge_id"])
    means = json.loads(desk.get("methods", charge["method_id"])["facts"])
    body: dict[str, Any] = dispute_object(dispute, charge, desk.get("intents", charge["intent_id"]), means)
    return body


def _announce(desk: Desk, dispute_id: str, kind: str) -> None:
    events.record(desk, kind, render(desk, desk.get("disputes", dispute_id)))
