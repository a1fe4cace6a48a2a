"""Reads of the rollups."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storefront.accounts.models import Customer
from storefront.insight.models import Buyer, CustomerDay, DailyTotals, HourlyOrders, InsightCursor
from storefront.insight.periods import Span
from storefront.insight.rollup import SOLD

# What the cursor of the rollups follows.
CURSOR = "order_event"
TOTALS = (
    *SOLD,
    "cancelled_orders",
    "guest_orders",
    "shipping_minor",
    "refund_shipping_minor",
    "total_tax_minor",
)


def sum_totals(session: Session, span: Span) -> dict[str, int]:
    """The whole shop's sums over some days, by column, and its new and returning buyers."""
    columns = [func.coalesce(func.sum(getattr(DailyTotals, name)), 0).label(name) for name in TOTALS]
    row = session.execute(select(*columns).where(DailyTotals.day.between(span.first, span.last))).mappings().one()
    return {**{name: int(row[name]) for name in TOTALS}, **count_buyers(session, span)}


def list_totals(session: Session, span: Span) -> dict[date, dict[str, int]]:
    """The sums of each day on which there was something."""
    columns = [getattr(DailyTotals, name) for name in TOTALS]
    query = select(DailyTotals.day, *columns).where(DailyTotals.day.between(span.first, span.last))
    rows = session.execute(query.order_by(DailyTotals.day)).mappings()
    return {row["day"]: {name: int(row[name]) for name in TOTALS} for row in rows}


def count_buyers(session: Session, span: Span) -> dict[str, int]:
    """How many customers bought for the first time in those days, and how many of the others bought again."""
    new = select(func.count()).where(Buyer.first_day.between(span.first, span.last))
    is_in = CustomerDay.day.between(span.first, span.last) & (CustomerDay.orders > 0)
    all_ = select(func.count(CustomerDay.customer_id.distinct())).where(is_in)
    count = session.scalar(new) or 0
    return {"new_buyers": count, "returning_buyers": (session.scalar(all_) or 0) - count}


def last_day(session: Session) -> date | None:
    """The last day on which something was sold."""
    return session.scalar(select(func.max(DailyTotals.day)).where(DailyTotals.orders > 0))


def first_day(session: Session) -> date | None:
    """The first day on which something was sold."""
    return session.scalar(select(func.min(DailyTotals.day)).where(DailyTotals.orders > 0))


def add_up(days: Sequence[dict[str, int]]) -> dict[str, int]:
    """The sums of several days' sums."""
    return {name: sum(day[name] for day in days) for name in TOTALS}


def refreshed_at(session: Session) -> InsightCursor | None:
    """How far the rollups have followed the orders, and when."""
    return session.get(InsightCursor, CURSOR)


class KnownBuyer(NamedTuple):
    """A customer as pages and files call them, with all they ever bought."""

    id: int
    name: str
    first_day: date
    last_day: date
    orders: int
    net_minor: int


def list_new_buyers(session: Session, span: Span) -> list[KnownBuyer]:
    """Those whose first order was placed in these days, the newest first."""
    return _known(session, Buyer.first_day.between(span.first, span.last))


def list_returning_buyers(session: Session, span: Span) -> list[KnownBuyer]:
    """Those who bought in these days and had bought before, who came first last."""
    is_in = CustomerDay.day.between(span.first, span.last) & (CustomerDay.orders > 0)
    bought = select(CustomerDay.customer_id).where(is_in)
    return _known(session, (Buyer.first_day < span.first) & Buyer.customer_id.in_(bought))


def _known(session: Session, condition: ColumnElement[bool]) -> list[KnownBuyer]:
    columns = (Buyer.first_day, Buyer.last_day, Buyer.orders, Buyer.net_minor)
    query = (
        select(Buyer.customer_id, func.coalesce(Customer.email, Customer.external_ref, ""), *columns)
        .outerjoin(Customer, Customer.id == Buyer.customer_id)
        .where(condition)
        .order_by(Buyer.first_day.desc(), Buyer.customer_id)
    )
    return [KnownBuyer(*row) for row in session.execute(query)]


def orders_by_hour(session: Session, span: Span) -> dict[int, int]:
    """How many orders were placed in each hour of the shop's clock, over all days."""
    query = select(HourlyOrders.hour, func.sum(HourlyOrders.orders)).group_by(HourlyOrders.hour)
    rows = session.execute(query.where(HourlyOrders.day.between(span.first, span.last)))
    return {hour: int(orders) for hour, orders in rows}
