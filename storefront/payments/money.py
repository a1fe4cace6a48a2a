"""What the provider says of a payment's money after it was taken: refunds, also those made elsewhere, and disputes."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.core import clock, outbox
from storefront.core.db import db, insert_once, retry_deadlocks, transaction
from storefront.orders import service as orders
from storefront.payments import refunds
from storefront.payments.gateway import DisputeState, Gateway, MoneyState
from storefront.payments.models import DECIDED, Dispute, Payment
from storefront.payments.queries import UnknownPayment, get_payment
from storefront.promotions import sold_cards


def follow(payment_ref: str, gateway: Gateway) -> None:
    """Ask where the money of a payment is and note what is new; safe to run twice. Not ours, or never taken: nothing.

    Raises UnknownPayment while our own payment's success has not been noted yet, GatewayUnavailable, RefundsUnsettled.
    """
    money = gateway.look_up_money(payment_ref)
    if not money.attempt_id or not money.captured_minor or money.is_live != gateway.is_live:
        return
    payment_id = _get_taken(db.session(), money)
    db.session.rollback()
    for refund in money.refunds:
        refunds.settle(payment_id, refund, gateway.name)
    for dispute in money.disputes:
        settle_dispute(payment_id, dispute, gateway.name)


@retry_deadlocks
def settle_dispute(payment_id: int, state: DisputeState, gateway_name: str) -> None:
    """Note a dispute as the provider has it now, and tell the merchant what is new; opens a transaction, idempotent."""
    with transaction() as session:
        payment = get_payment(session, payment_id)
        orders.lock(session, payment.order_id)
        row = _dispute_row(payment, state)
        known = session.scalar(
            select(Dispute)
            .where(Dispute.gateway == payment.gateway, Dispute.dispute_ref == state.dispute_ref)
            .with_for_update()
        )
        if known is None:
            session.execute(insert_once(session, Dispute).values(row))
        elif known.status in DECIDED or known.status == state.status:
            return
        else:
            known.status, known.updated_at = state.status, clock.now()
            known.amount_minor, known.evidence_due_at = state.amount_minor, state.evidence_due_at
        facts = {"status": state.status, "cause": state.reason, "amount_minor": state.amount_minor}
        facts |= {"currency": payment.currency, "dispute_ref": state.dispute_ref}
        orders.record(payment.order_id, _kind(state, is_new=known is None), f"provider:{gateway_name}", facts=facts)
        if known is None and state.status not in DECIDED and sold_cards.block(payment.order_id):
            orders.record(payment.order_id, "card_blocked", "shop")
        key = f"dispute-mail-{state.dispute_ref}-{state.status}"
        outbox.stage("payments.tell_dispute", dedupe_key=key, order_id=payment.order_id, dispute_ref=state.dispute_ref)


def _get_taken(session: Session, money: MoneyState) -> int:
    payment = session.get(Payment, money.attempt_id)
    if payment is None or payment.payment_ref != money.payment_ref or not payment.captured_minor:
        raise UnknownPayment(payment_ref=money.payment_ref)
    return payment.id


def _dispute_row(payment: Payment, state: DisputeState) -> dict[str, Any]:
    moment: datetime = clock.now()
    return {
        "order_id": payment.order_id,
        "payment_id": payment.id,
        "gateway": payment.gateway,
        "dispute_ref": state.dispute_ref,
        "status": state.status,
        "reason": state.reason,
        "amount_minor": state.amount_minor,
        "currency": payment.currency,
        "evidence_due_at": state.evidence_due_at,
        "created_at": state.created_at,
        "updated_at": moment,
    }


def _kind(state: DisputeState, *, is_new: bool) -> str:
    if state.status in ("won", "lost"):
        return f"dispute_{state.status}"
    if state.status in DECIDED:
        return "dispute_closed"
    return "dispute_opened" if is_new else "dispute_changed"
