"""Reads of payments and refunds by day."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.insight.days import Books
from storefront.insight.models import DailyPayments
from storefront.insight.periods import Span
from storefront.orders.models import Order, OrderReturn, ReturnLine
from storefront.payments.gateway import PaymentStatus, RefundStatus
from storefront.payments.models import Refund

PAID = (PaymentStatus.SUCCEEDED, PaymentStatus.AUTHORISED)
OVER = (PaymentStatus.FAILED, PaymentStatus.CANCELED)


@dataclass
class Gateway:
    """Attempts through one gateway that were begun in the span, and what became of them."""

    name: str
    attempts: int = 0
    paid: int = 0
    over: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0

    @property
    def paid_share(self) -> float:
        """How many of a hundred attempts that ended were paid."""
        return self.paid / (self.paid + self.over) if self.paid + self.over else 0.0


@dataclass(frozen=True)
class Reason:
    """Why money or goods went back, how often, and how much."""

    reason: str
    count: int
    amount_minor: int
    is_refund: bool


def sum_gateways(session: Session, span: Span) -> list[Gateway]:
    """What every gateway was asked and did, the largest first."""
    found: dict[str, Gateway] = {}
    for row in session.scalars(select(DailyPayments).where(DailyPayments.day.between(span.first, span.last))):
        sums = found.setdefault(row.gateway, Gateway(row.gateway))
        sums.attempts += row.attempts
        sums.paid += row.attempts if row.status in PAID else 0
        sums.over += row.attempts if row.status in OVER else 0
        sums.captured_minor += row.captured_minor
        sums.refunded_minor += row.refunded_minor
    return sorted(found.values(), key=lambda one: (-one.captured_minor, one.name))


def captured_days(session: Session, span: Span) -> dict[date, int]:
    """What was taken of the attempts begun on each day."""
    query = select(DailyPayments.day, func.sum(DailyPayments.captured_minor)).group_by(DailyPayments.day)
    rows = session.execute(query.where(DailyPayments.day.between(span.first, span.last)))
    return {day: int(minor) for day, minor in rows}


def list_reasons(session: Session, span: Span, books: Books) -> list[Reason]:
    """Why money was paid back, and why goods came back, in these days; the largest first."""
    begin, end = books.begin(span.first), books.bounds(span.last)[1]
    refunded = (
        select(Refund.reason, func.count(), func.sum(Refund.amount_minor))
        .where(Refund.created_at >= begin, Refund.created_at < end, Refund.status != RefundStatus.FAILED)
        .where(Refund.currency == books.currency)
        .group_by(Refund.reason)
    )
    returned = (
        select(OrderReturn.reason, func.count(OrderReturn.id.distinct()), func.sum(ReturnLine.amount_minor))
        .join(ReturnLine, ReturnLine.return_id == OrderReturn.id)
        .join(Order, Order.id == OrderReturn.order_id)
        .where(OrderReturn.created_at >= begin, OrderReturn.created_at < end, Order.currency == books.currency)
        .group_by(OrderReturn.reason)
    )
    found = [Reason(*_whole(row), True) for row in session.execute(refunded)]
    found += [Reason(*_whole(row), False) for row in session.execute(returned)]
    return sorted(found, key=lambda one: -one.amount_minor)


def _whole(row: tuple[str, int, int]) -> tuple[str, int, int]:
    reason, count, minor = row
    return reason, int(count), int(minor)
