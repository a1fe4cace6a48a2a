"""Disputes: the money goes at once, evidence and issuer decide, and the charge cannot be refunded meanwhile."""

from pathlib import Path
from typing import Any

import pytest
from stripe import InvalidRequestError

from storefront.payments.demo_provider.errors import ApiError
from tests.contracts.gateway_demo import Demo, make_demo, make_request
from tests.payments.calls import hold

SETTLE_SECONDS = 60


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


def paid(demo: Demo, card: str = "") -> str:
    session_id = demo.gateway.start(make_request()).session_id
    demo.pay(session_id, card)
    return demo.gateway.look_up(session_id).payment_ref or ""


@pytest.mark.parametrize(
    ("card", "reason"), [("4000000000000259", "fraudulent"), ("4000000000002685", "product_not_received")]
)
def test_the_owner_of_a_test_card_complains_by_himself(demo: Demo, card: str, reason: str) -> None:
    payment_ref = paid(demo, card)
    (dispute,) = demo.api.disputes.list({"payment_intent": payment_ref}).data
    assert (dispute.amount, dispute.reason, dispute.status) == (3147, reason, "needs_response")
    assert demo.api.charges.retrieve(str(dispute.charge)).disputed
    assert demo.event_kinds()[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def test_nobody_complains_about_what_was_never_taken(demo: Demo) -> None:
    held = hold(demo, card="pm_card_createDispute")
    demo.api.payment_intents.cancel(held.id)
    demo.clock.advance(SETTLE_SECONDS)
    assert demo.api.disputes.list().data == []


@pytest.mark.parametrize(
    ("is_won", "ends"),
    [(True, ["charge.dispute.funds_reinstated", "charge.dispute.closed"]), (False, ["charge.dispute.closed"])],
)
def test_the_issuer_decides_once(demo: Demo, is_won: bool, ends: list[str]) -> None:
    dispute = demo.provider.dashboard.dispute(paid(demo))
    before = len(demo.event_kinds())
    decided = demo.provider.dashboard.decide(dispute["id"], is_won=is_won)
    assert decided["status"] == ("won" if is_won else "lost")
    assert demo.provider.dashboard.decide(dispute["id"], is_won=not is_won)["status"] == decided["status"]
    assert demo.event_kinds()[before:] == ends


@pytest.mark.parametrize(("text", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_evidence_is_looked_at_and_decides(demo: Demo, text: str, status: str) -> None:
    dispute = demo.provider.dashboard.dispute(paid(demo))
    handed_in = demo.api.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": text}})
    assert (handed_in.status, handed_in.evidence_details.submission_count) == ("under_review", 1)
    assert demo.event_kinds()[-1] == "charge.dispute.updated"
    demo.clock.advance(SETTLE_SECONDS)
    assert demo.api.disputes.retrieve(dispute["id"]).status == status


def test_evidence_may_be_collected_before_it_is_handed_in(demo: Demo) -> None:
    dispute = demo.provider.dashboard.dispute(paid(demo))
    kept = demo.api.disputes.update(dispute["id"], {"evidence": {"customer_name": "Ada"}, "submit": False})
    assert (kept.status, kept.evidence.customer_name, kept.evidence_details.has_evidence) == (
        "needs_response",
        "Ada",
        True,
    )
    demo.api.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": "x"}})
    assert demo.api.disputes.retrieve(dispute["id"]).evidence.customer_name == "Ada"


def test_an_accepted_dispute_is_lost_and_closed(demo: Demo) -> None:
    dispute = demo.provider.dashboard.dispute(paid(demo))
    assert demo.api.disputes.close(dispute["id"]).status == "lost"
    for again in (demo.api.disputes.close, demo.api.disputes.update):
        with pytest.raises(InvalidRequestError) as refused:
            again(dispute["id"])
        assert refused.value.code == "dispute_already_closed"


def test_a_disputed_charge_is_refunded_only_when_it_was_won_back(demo: Demo) -> None:
    payment_ref = paid(demo)
    demo.api.refunds.create({"payment_intent": payment_ref, "amount": 147})
    dispute = demo.provider.dashboard.dispute(payment_ref)
    assert dispute["amount"] == 3000
    with pytest.raises(InvalidRequestError) as refused:
        demo.api.refunds.create({"payment_intent": payment_ref})
    assert refused.value.code == "charge_disputed"
    demo.provider.dashboard.decide(dispute["id"], is_won=True)
    assert demo.api.refunds.create({"payment_intent": payment_ref}).amount == 3000


@pytest.mark.parametrize("amount", [3148, 0, -1])
def test_no_more_is_disputed_than_was_charged(demo: Demo, amount: int) -> None:
    payment_ref = paid(demo)
    with pytest.raises(ApiError):
        demo.provider.dashboard.dispute(payment_ref, amount=amount)
    demo.provider.dashboard.dispute(payment_ref, amount=100)
    with pytest.raises(ApiError):
        demo.provider.dashboard.dispute(payment_ref, amount=100)


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"evidence": {"colour": "red"}}, "evidence[colour]"),
        ({"evidence": {"enhanced_evidence": {}}}, None),
        ({"submit": "maybe"}, "submit"),
        ({"intended_submission_method": "manual"}, "intended_submission_method"),
    ],
)
def test_a_wrong_field_is_refused_by_name(demo: Demo, params: Any, param: str | None) -> None:
    dispute = demo.provider.dashboard.dispute(paid(demo))
    if param is None:
        assert demo.api.disputes.update(dispute["id"], params).status == "needs_response"
        return
    with pytest.raises(InvalidRequestError) as refused:
        demo.api.disputes.update(dispute["id"], params)
    assert refused.value.param == param
