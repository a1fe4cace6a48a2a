"""Reads of payments and of the provider's inbox."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.errors import N_, NotFound
from storefront.payments.models import Payment, WebhookEvent

STALE_AFTER = timedelta(minutes=2)


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


def list_stale_ids(session: Session, limit: int = 500) -> list[tuple[int, datetime]]:
    """Attempts that may be paid and that nobody has told us about for two minutes, as (id, last touched)."""
    untouched = (Payment.updated_at < clock.now() - STALE_AFTER) & Payment.live_order_id.is_not(None)
    query = select(Payment.id, Payment.updated_at).where(untouched, Payment.session_id.is_not(None))
    return [(row.id, row.updated_at) for row in session.execute(query.order_by(Payment.updated_at).limit(limit))]


def get_event(session: Session, event_id: int) -> WebhookEvent:
    """An event from the inbox; raises UnknownPayment."""
    event = session.get(WebhookEvent, event_id)
    if event is None:
        raise UnknownPayment(id=event_id)
    return event
