"""Everything that happened to an order, in one list: its own events, the provider's messages, jobs and stock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from storefront.admin import words
from storefront.core.outbox import OutboxJob, OutboxStatus
from storefront.orders.models import Order, ReturnLine
from storefront.payments.models import Payment, Refund, WebhookEvent
from storefront.stock.models import StockEntry

SHOWN = 500


@dataclass(frozen=True)
class Moment:
    """One entry: when, what, more about it in lines, by whom, of which kind, and the failed job it can try again."""

    at: datetime
    text: str
    details: tuple[str, ...]
    actor: str
    kind: str = "event"
    retry_id: int | None = None


def order_moments(order: Order) -> list[Moment]:
    """The order's own events, the newest first."""
    moments = [
        Moment(
            event.created_at,
            words.event_words(event),
            tuple(words.event_details(event)),
            event.actor,
            "note" if event.kind == "note" else "event",
        )
        for event in order.events
    ]
    return moments[::-1]


def all_moments(session: Session, order: Order) -> list[Moment]:
    """The same with messages, jobs and stock in between, the newest first, at most SHOWN."""
    payments = list(session.scalars(select(Payment).where(Payment.order_id == order.id)))
    messages = _messages(session, payments)
    found = [
        *order_moments(order),
        *(_message(message) for message in messages),
        *_jobs(session, order, payments, messages),
        *_stock(session, order),
    ]
    return sorted(found, key=lambda moment: moment.at, reverse=True)[:SHOWN]


def _messages(session: Session, payments: Iterable[Payment]) -> list[WebhookEvent]:
    refs = [payment.payment_ref for payment in payments if payment.payment_ref]
    sessions = [payment.session_id for payment in payments if payment.session_id]
    if not refs and not sessions:
        return []
    is_about = or_(WebhookEvent.payment_ref.in_(refs), WebhookEvent.session_id.in_(sessions))
    return list(session.scalars(select(WebhookEvent).where(is_about).limit(SHOWN)))


def _message(message: WebhookEvent) -> Moment:
    details = () if message.processed_at else (_("Not acted on yet"),)
    text = _("Message from the provider: %(kind)s", kind=message.kind)
    return Moment(message.received_at, text, details, f"provider:{message.provider}", "message")


def _jobs(
    session: Session, order: Order, payments: Iterable[Payment], messages: Iterable[WebhookEvent]
) -> Iterator[Moment]:
    """Jobs are found again by the keys they were staged under."""
    refunds = list(session.scalars(select(Refund.id).where(Refund.order_id == order.id)))
    keys = [f"order-confirmation-{order.id}", *(f"event-{message.id}" for message in messages)]
    keys += [f"return-{payment.id}" for payment in payments]
    keys += [f"{name}-{refund_id}" for refund_id in refunds for name in ("refund", "refund-mail")]
    begins = [f"expire-{order.id}-", *(f"sweep-{payment.id}-" for payment in payments)]
    begins += [f"sweep-refund-{refund_id}-" for refund_id in refunds]
    is_wanted = or_(OutboxJob.dedupe_key.in_(keys), *(OutboxJob.dedupe_key.startswith(begin) for begin in begins))
    for job in session.scalars(select(OutboxJob).where(is_wanted).limit(SHOWN)):
        yield _job(job)


def _job(job: OutboxJob) -> Moment:
    text = _("Job: %(name)s", name=job.name)
    if job.status is OutboxStatus.DONE:
        return Moment(job.done_at or job.created_at, text, (_("Done"),), "shop", "job")
    state = _("Given up") if job.status is OutboxStatus.DEAD else _("Waits")
    if not job.error:
        return Moment(job.created_at, text, (state,), "shop", "job")
    return Moment(job.created_at, text, (state, job.error.splitlines()[0][:200]), "shop", "job", job.id)


def _stock(session: Session, order: Order) -> Iterator[Moment]:
    lines = {line.id: line for line in order.lines}
    back = select(ReturnLine.id).where(ReturnLine.order_line_id.in_(lines))
    query = select(StockEntry).where(or_(StockEntry.order_line_id.in_(lines), StockEntry.return_line_id.in_(back)))
    skus = {line.variant_id: line.sku for line in order.lines}
    for entry in session.scalars(query.limit(SHOWN)):
        name = skus.get(entry.variant_id, str(entry.variant_id))
        text = _("Stock: %(kind)s", kind=words.STOCK[entry.kind])
        yield Moment(entry.created_at, text, (f"{entry.quantity:+d} × {name}",), entry.actor, "stock")
