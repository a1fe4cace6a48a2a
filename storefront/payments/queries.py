"""Reads of payments and of the provider's inbox."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, or_, select
from sqlalchemy.orm import Session, selectinload

from storefront.core import clock
from storefront.core.db import table_of
from storefront.core.errors import N_, NotFound
from storefront.payments.gateway import PaymentStatus, RefundStatus
from storefront.payments.models import (
    CREDIT,
    DECIDED,
    Dispute,
    MoneyComparison,
    Payment,
    ProviderCustomer,
    Refund,
    RefundLine,
    WebhookEvent,
)

INBOX = table_of(WebhookEvent)
# In the order of EventFacts; made once, every order asks it.
FACTS = select(INBOX.c.kind, INBOX.c.session_id, INBOX.c.payment_ref, INBOX.c.processed_at).where(
    INBOX.c.id == bindparam("event")
)
STALE_AFTER = timedelta(minutes=2)
# A bank takes days over what it has begun or holds, so it is asked less often.
SLOW_STALE_AFTER = timedelta(hours=1)


class UnknownPayment(NotFound):
    """No attempt of ours is meant; it may be committed a moment later, so what asked should ask again."""

    message = N_("This payment is not known here.")


def get_payment(session: Session, payment_id: int) -> Payment:
    """The attempt; raises UnknownPayment."""
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise UnknownPayment(id=payment_id)
    return payment


def find_live_payment(session: Session, order_id: int) -> Payment | None:
    """The attempt that can still succeed, of which an order has at most one."""
    return session.scalar(select(Payment).where(Payment.live_order_id == order_id))


def list_payments(session: Session, order_id: int) -> list[Payment]:
    """All attempts of an order, the oldest first."""
    return list(session.scalars(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id)))


def list_attempts(session: Session, order_id: int) -> list[Payment]:
    """What was tried with a provider or is paid later, the oldest first: gift cards and store credit apart."""
    return [payment for payment in list_payments(session, order_id) if payment.gateway != CREDIT]


def list_stale_ids(session: Session, limit: int = 500) -> list[tuple[int, datetime]]:
    """Attempts that may be paid and nobody told us about for two minutes (an hour: held), as (id, last touched)."""
    moment = clock.now()
    is_held = Payment.status == PaymentStatus.AUTHORISED
    untouched = Payment.updated_at < case((is_held, moment - SLOW_STALE_AFTER), else_=moment - STALE_AFTER)
    is_live = Payment.live_order_id.is_not(None) & Payment.session_id.is_not(None)
    query = select(Payment.id, Payment.updated_at).where(is_live, untouched)
    return [(row.id, row.updated_at) for row in session.execute(query.order_by(Payment.updated_at).limit(limit))]


def list_ending_holds(session: Session, within: timedelta) -> list[Payment]:
    """Money that is held and not taken, and that the bank lets go of within so long; the first one to end first."""
    is_held = (Payment.status == PaymentStatus.AUTHORISED) & (Payment.expires_at < clock.now() + within)
    return list(session.scalars(select(Payment).where(is_held).order_by(Payment.expires_at)))


def find_held(session: Session, gateway_name: str, payment_ref: str) -> int | None:
    """The id of the attempt whose money is held under the provider's name for it."""
    is_same = (Payment.gateway == gateway_name) & (Payment.payment_ref == payment_ref)
    return session.scalar(select(Payment.id).where(is_same, Payment.status == PaymentStatus.AUTHORISED))


def find_customer_ref(session: Session, user_id: int | None, gateway_name: str) -> str | None:
    """The provider's name for somebody with an account."""
    if user_id is None:
        return None
    known = session.get(ProviderCustomer, (user_id, gateway_name))
    return known.customer_ref if known else None


class EventFacts(NamedTuple):
    """What an event of the inbox is about, and when it was acted on."""

    kind: str
    session_id: str | None
    payment_ref: str | None
    processed_at: datetime | None


def get_event_facts(session: Session, event_id: int) -> EventFacts:
    """An event from the inbox; raises UnknownPayment."""
    found = session.connection().execute(FACTS, {"event": event_id}).first()
    if found is None:
        raise UnknownPayment(id=event_id)
    return EventFacts._make(found)


def list_paid_payments(session: Session, order_id: int) -> list[Payment]:
    """What paid the order, in the order in which it is paid back: money first, then gift cards and store credit."""
    is_paid = (Payment.order_id == order_id) & (Payment.status == PaymentStatus.SUCCEEDED)
    is_credit = case((Payment.gateway == CREDIT, 1), else_=0)
    return list(session.scalars(select(Payment).where(is_paid).order_by(is_credit, Payment.id.desc())))


def get_refund(session: Session, refund_id: int) -> Refund:
    """The refund; raises UnknownPayment."""
    refund = session.get(Refund, refund_id)
    if refund is None:
        raise UnknownPayment(id=refund_id)
    return refund


def list_refunds(session: Session, order_id: int) -> list[Refund]:
    """All refunds of an order with their lines, the oldest first."""
    query = select(Refund).where(Refund.order_id == order_id).options(selectinload(Refund.lines))
    return list(session.scalars(query.order_by(Refund.id)))


def list_disputes(session: Session, order_id: int) -> list[Dispute]:
    """All disputes of an order, the oldest first."""
    return list(session.scalars(select(Dispute).where(Dispute.order_id == order_id).order_by(Dispute.id)))


def list_open_disputes(session: Session) -> list[Dispute]:
    """Disputes that are not decided, the one whose answer is due first at the top."""
    query = select(Dispute).where(Dispute.status.not_in(DECIDED))
    return list(session.scalars(query.order_by(Dispute.evidence_due_at, Dispute.id)))


def map_refunded_pieces(session: Session, order_id: int) -> dict[int, int]:
    """How many pieces of each order line (by its id) were paid back or are asked to be."""
    query = (
        select(RefundLine.order_line_id, func.sum(RefundLine.quantity))
        .join(Refund, Refund.id == RefundLine.refund_id)
        .where(Refund.order_id == order_id, Refund.status != RefundStatus.FAILED)
        .group_by(RefundLine.order_line_id)
    )
    return {line_id: int(pieces) for line_id, pieces in session.execute(query)}


def refunded_shipping_minor(session: Session, order_id: int) -> int:
    """How much of what was paid for delivery went back or is asked to."""
    is_counted = (Refund.order_id == order_id) & (Refund.status != RefundStatus.FAILED)
    return int(session.scalar(select(func.sum(Refund.shipping_minor)).where(is_counted)) or 0)


def list_stale_refunds(session: Session, limit: int = 500) -> list[tuple[int, datetime]]:
    """Refunds whose outcome is not known and that nobody has asked about for a while, as (id, last touched)."""
    moment = clock.now()
    is_stale = or_(
        (Refund.status == RefundStatus.REQUESTED) & (Refund.updated_at < moment - STALE_AFTER),
        (Refund.status == RefundStatus.PROCESSING) & (Refund.updated_at < moment - SLOW_STALE_AFTER),
    )
    query = select(Refund.id, Refund.updated_at).where(is_stale)
    return [(row.id, row.updated_at) for row in session.execute(query.order_by(Refund.updated_at).limit(limit))]


def list_comparisons(session: Session, limit: int = 60) -> list[MoneyComparison]:
    """The comparisons of the last weeks, the newest first."""
    return list(session.scalars(select(MoneyComparison).order_by(MoneyComparison.id.desc()).limit(limit)))
