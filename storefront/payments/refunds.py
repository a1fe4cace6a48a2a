"""Paying back: the intent is committed and counted, the provider is called, the outcome is committed.

What is asked for is counted in `payment.refunded_minor` at once, by an UPDATE that refuses more than was taken, so that
a hundred people at the same time cannot give back a penny too much.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storefront.core import clock, outbox
from storefront.core.db import db, insert_rows, joined, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict
from storefront.core.money import format_minor
from storefront.orders import service as orders
from storefront.orders.models import Order
from storefront.orders.queries import get_order_by_id
from storefront.payments.gateway import Gateway, GatewayRejected, RefundRequest, RefundState, RefundStatus
from storefront.payments.models import CREDIT, REFUND_TRANSITIONS, Payment, Refund, RefundLine
from storefront.payments.queries import (
    get_payment,
    get_refund,
    list_paid_payments,
)
from storefront.payments.refund_parts import (
    NothingToRefund,
    RefundTooHigh,
    RefundWish,
    check_shipping,
    price_pieces,
    split,
)
from storefront.promotions import sold_cards
from storefront.promotions.credit import open_for

__all__ = ["NothingToRefund", "RefundTooHigh", "RefundWish"]

# A provider keeps a key for a day. After that it has forgotten the call, and is asked what became of it first.
KEY_LIVES = timedelta(hours=23)


class NothingPaid(Conflict):
    """There is no money of this order that could go back."""

    message = N_("No payment was taken for this order, so nothing can be paid back.")


class RefundsUnsettled(Conflict):
    """A refund made elsewhere does not fit beside one of ours whose outcome is open: settle that first."""

    message = N_("Another refund of this payment is under way. Please try again in a moment.")


@retry_deadlocks
def request(order_id: int, key: str, wish: RefundWish, actor: str, secret_key: str = "") -> int:
    """Ask for a refund of a paid order and stage its job; opens a transaction, idempotent on `key`; returns its id.

    What goes to credit goes to the customer's account, or, with the shop's `secret_key`, on a new card for a guest.
    Raises NothingPaid, NothingToRefund, RefundTooHigh, CardUsed, CardGoesBackWhole.
    """
    with transaction() as session:
        order = orders.lock(session, order_id)
        known = session.scalar(select(Refund.id).where(Refund.idempotency_key == f"refund-{order_id}-{key}"))
        if known is not None:
            return known
        payments = list_paid_payments(session, order_id)
        if not payments:
            raise NothingPaid(id=order_id)
        lines = price_pieces(session, order, wish.pieces)
        check_shipping(session, order, wish.shipping_minor)
        amount = sum(minor for _, _, minor in lines) + wish.shipping_minor + wish.other_minor
        if amount <= 0 or wish.other_minor < 0:
            raise NothingToRefund()
        whole = sum(payment.captured_minor - payment.refunded_minor for payment in payments)
        target = _open_credit(order, secret_key) if wish.is_credit else None
        first, *others = split(payments, amount)
        refund_id = _intend(session, first[0], key, first[1], wish, actor, target)
        for payment, part in others:
            rest = RefundWish(other_minor=part, reason=wish.reason, is_credit=wish.is_credit)
            _intend(session, payment, f"{key}-{payment.id}", part, rest, actor, target)
        sold_cards.withdraw(order_id, refund_id, amount, whole, actor)
        _write_lines(session, refund_id, lines)
        return refund_id


def request_all(order_id: int, reason: str, actor: str) -> None:
    """Ask for everything that was paid for an order and is left to go back; joins."""
    for payment in list_paid_payments(joined(), order_id):
        request_rest(payment, reason, actor)


def request_rest(payment: Payment, reason: str, actor: str) -> int | None:
    """Ask for everything that is left of a payment to go back; joins. None when nothing is left."""
    left = payment.captured_minor - payment.refunded_minor
    if left <= 0:
        return None
    wish = RefundWish(other_minor=left, reason=reason)
    return _intend(joined(), payment, f"rest-{payment.id}-{payment.refunded_minor}", left, wish, actor)


def drive(refund_id: int, gateway: Gateway) -> None:
    """Bring a refund to its outcome; safe to run at any time, twice, and beside the provider's messages.

    Raises GatewayUnavailable while the outcome is not known.
    """
    refund = get_refund(db.session(), refund_id)
    payment, status, tried_at = get_payment(db.session(), refund.payment_id), refund.status, refund.tried_at
    wanted = _request(refund, payment)
    db.session.rollback()
    if status is RefundStatus.FAILED or status is RefundStatus.SUCCEEDED:
        return
    _touch(refund_id)
    if tried_at is not None:
        # The last call may have done its work and lost its answer: what exists already must not be made again.
        found = [one for one in gateway.look_up_money(wanted.payment_ref).refunds if one.refund_id == refund_id]
        if found or status is RefundStatus.PROCESSING:
            for state in found:
                settle(payment.id, state, gateway.name)
            return
    try:
        state = gateway.refund(wanted)
    except GatewayRejected as error:
        reason = str(error.facts.get("reason") or "refused")[:80]
        _refuse(refund_id, reason, gateway.name)
        return
    settle(payment.id, state, gateway.name)


@retry_deadlocks
def settle(payment_id: int, state: RefundState, gateway_name: str) -> None:
    """Bring our refund to what the provider says, or note one that was made elsewhere; opens a transaction, idempotent.

    Raises RefundsUnsettled when it does not fit beside one of ours that is not settled.
    """
    with transaction() as session:
        payment = get_payment(session, payment_id)
        orders.lock(session, payment.order_id)
        session.refresh(payment)
        refund = _find(session, payment, state)
        if refund is None:
            if state.status is not RefundStatus.FAILED:
                _adopt(session, payment, state, gateway_name)
            return
        values = {"refund_ref": state.refund_ref, "failure_reason": state.failure_reason}
        _move(session, refund, state.status, f"provider:{gateway_name}", values)


def _open_credit(order: Order, secret_key: str) -> int:
    return open_for(order.user_id, order.email, order.currency, secret_key=secret_key, order_id=order.id)


def _write_lines(session: Session, refund_id: int, lines: Sequence[tuple[int, int, int]]) -> None:
    rows = [
        {"refund_id": refund_id, "order_line_id": line_id, "quantity": pieces, "amount_minor": minor}
        for line_id, pieces, minor in lines
    ]
    if rows:
        insert_rows(session, RefundLine, rows)


def _intend(
    session: Session,
    payment: Payment,
    key: str,
    amount: int,
    wish: RefundWish,
    actor: str,
    credit_account_id: int | None = None,
) -> int:
    if not _count(session, payment, amount):
        left = payment.captured_minor - payment.refunded_minor
        raise RefundTooHigh(left=format_minor(left, payment.currency))
    row = {
        "order_id": payment.order_id,
        "payment_id": payment.id,
        "gateway": CREDIT if credit_account_id else payment.gateway,
        "credit_account_id": credit_account_id,
        "status": RefundStatus.REQUESTED,
        "amount_minor": amount,
        "shipping_minor": wish.shipping_minor,
        "currency": payment.currency,
        "idempotency_key": f"refund-{payment.order_id}-{key}",
        "reason": wish.reason[:200],
        "actor": actor,
    }
    (refund_id,) = insert_rows(session, Refund, [row])
    facts = {"refund_id": refund_id, "amount_minor": amount, "currency": payment.currency, "reason": wish.reason}
    facts |= {"is_credit": True} if credit_account_id else {}
    orders.record(payment.order_id, "refund_requested", actor, facts=facts)
    outbox.stage("payments.drive_refund", dedupe_key=f"refund-{refund_id}", refund_id=refund_id)
    return refund_id


def _count(session: Session, payment: Payment, amount: int) -> bool:
    """The cap: this condition alone makes it impossible to pay back more than was taken."""
    changed: Any = session.execute(
        update(Payment)
        .where(Payment.id == payment.id, Payment.refunded_minor + amount <= Payment.captured_minor)
        .values(refunded_minor=Payment.refunded_minor + amount)
        .execution_options(synchronize_session=False)
    )
    session.refresh(payment)
    return bool(changed.rowcount == 1)


def _request(refund: Refund, payment: Payment) -> RefundRequest:
    age = clock.now() - refund.created_at
    turn, account_id = age // KEY_LIVES, refund.credit_account_id
    return RefundRequest(
        refund_id=refund.id,
        payment_ref=str(account_id) if account_id else payment.payment_ref or "",
        order_number=get_order_by_id(db.session(), refund.order_id).number,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        idempotency_key=f"{refund.idempotency_key}-{turn}" if turn else str(refund.idempotency_key),
    )


@retry_deadlocks
def _touch(refund_id: int) -> None:
    with transaction() as session:
        refund = get_refund(session, refund_id)
        refund.tried_at = refund.updated_at = clock.now()


@retry_deadlocks
def _refuse(refund_id: int, reason: str, gateway_name: str) -> None:
    with transaction() as session:
        refund = get_refund(session, refund_id)
        orders.lock(session, refund.order_id)
        _move(session, refund, RefundStatus.FAILED, f"provider:{gateway_name}", {"failure_reason": reason})


def _find(session: Session, payment: Payment, state: RefundState) -> Refund | None:
    """Ours by the id that went with it; one made elsewhere by the provider's id."""
    is_same = (Refund.gateway == payment.gateway) & (Refund.refund_ref == state.refund_ref)
    known = session.scalar(select(Refund).where(is_same))
    if known is not None or not state.refund_id:
        return known
    own = (Refund.id == state.refund_id) & (Refund.payment_id == payment.id)
    return session.scalar(select(Refund).where(own, Refund.amount_minor == state.amount_minor))


def _adopt(session: Session, payment: Payment, state: RefundState, gateway_name: str) -> None:
    if not _count(session, payment, state.amount_minor):
        raise RefundsUnsettled(payment_id=payment.id, refund_ref=state.refund_ref)
    actor = f"provider:{gateway_name}"
    row = {
        "order_id": payment.order_id,
        "payment_id": payment.id,
        "gateway": payment.gateway,
        "status": state.status,
        "amount_minor": state.amount_minor,
        "currency": payment.currency,
        "refund_ref": state.refund_ref,
        "actor": actor,
    }
    (refund_id,) = insert_rows(session, Refund, [row])
    spent = sold_cards.take_back(payment.order_id, refund_id, state.amount_minor, actor)
    if spent is not None:
        facts = {"amount_minor": spent, "currency": payment.currency}
        orders.record(payment.order_id, "card_taken_back", actor, facts=facts)
    _tell(payment.order_id, refund_id, state.status, state.amount_minor, payment.currency, actor)


def _move(session: Session, refund: Refund, to: RefundStatus, actor: str, values: dict[str, Any]) -> None:
    """The conditional update; what failed may be paid back again."""
    earlier = [status for status, later in REFUND_TRANSITIONS.items() if to in later]
    changed: Any = session.execute(
        update(Refund)
        .where(Refund.id == refund.id, Refund.status.in_(earlier))
        .values(status=to, updated_at=clock.now(), **values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        return
    if to is RefundStatus.FAILED:
        payments = table_of(Payment)
        freed = payments.c.refunded_minor - refund.amount_minor
        session.execute(update(payments).where(payments.c.id == refund.payment_id).values(refunded_minor=freed))
        sold_cards.give_again(refund.order_id, refund.id, actor)
    reason = values.get("failure_reason")
    _tell(refund.order_id, refund.id, to, refund.amount_minor, refund.currency, actor, failure_reason=reason)


def _tell(
    order_id: int, refund_id: int, status: RefundStatus, amount: int, currency: str, actor: str, **facts: Any
) -> None:
    """Note it with the order, and write to the customer once the provider has it."""
    known = {"refund_id": refund_id, "amount_minor": amount, "currency": currency}
    orders.record(order_id, f"refund_{status}", actor, facts={**known, **facts})
    if status is not RefundStatus.FAILED:
        outbox.stage("payments.send_refund", dedupe_key=f"refund-mail-{refund_id}", refund_id=refund_id)
