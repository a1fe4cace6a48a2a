"""Reads of who buys: segments by recency, frequency and money, and cohorts by the month of the first order."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from storefront.accounts.models import Customer
from storefront.insight.definitions import NEW_DAYS, SEGMENTS, segment_of, segment_sql
from storefront.insight.models import CohortMonth, CustomerDay
from storefront.insight.periods import Span

# Segments look back so far: who has bought nothing since is nobody's customer any more.
MEMORY_DAYS = 365
FIFTHS = 5


@dataclass(frozen=True, slots=True)
class Score:
    """A customer's year: days since the last order, orders, net sales; and the segment that follows."""

    customer_id: int
    days_since: int
    orders: int
    net_minor: int
    segment: str


@dataclass
class Segment:
    """The sums of a segment."""

    key: str
    customers: int = 0
    orders: int = 0
    net_minor: int = 0
    days_since: int = 0


@dataclass
class Cohort:
    """Customers by the month of their first order, and how many of them bought in each month from then on."""

    month: date
    buyers: list[int] = field(default_factory=list)
    net_minor: list[int] = field(default_factory=list)


def score_customers(session: Session, until: date) -> list[Score]:
    """Everybody who bought in the year up to that day, by the rules of definitions.SEGMENTS."""
    span = Span.ending(until, MEMORY_DAYS)
    query = _years(span)
    rows = [(key, (until - day).days, int(orders), int(net)) for key, day, orders, net in session.execute(query)]
    recency, money = _fifths([-row[1] for row in rows]), _fifths([row[3] for row in rows])
    return [
        Score(key, days, orders, net, segment_of(recency(-days), money(net), days, orders))
        for key, days, orders, net in rows
    ]


def sum_segments(session: Session, until: date) -> list[Segment]:
    """Every segment with its sums, in the order of the definitions; the same as adding up all scores, done in SQL."""
    span = Span.ending(until, MEMORY_DAYS)
    rows = _years(span).subquery()
    shares = (func.cume_dist().over(order_by=rows.c.last_day), func.cume_dist().over(order_by=rows.c.net_minor))
    placed = select(rows, shares[0].label("recency"), shares[1].label("money")).subquery()
    is_new = placed.c.last_day > until - timedelta(days=NEW_DAYS)
    key = segment_sql(placed.c.recency, placed.c.money, is_new, placed.c.orders)
    keyed = select(key.label("segment"), placed.c.last_day, placed.c.orders, placed.c.net_minor).subquery()
    sums = (func.count(), func.sum(keyed.c.orders), func.sum(keyed.c.net_minor))
    found = {segment.key: Segment(segment.key) for segment in SEGMENTS}
    query = select(keyed.c.segment, keyed.c.last_day, *sums).group_by(keyed.c.segment, keyed.c.last_day)
    for segment, last_day, customers, orders, net in session.execute(query):
        one = found[segment]
        one.customers += customers
        one.orders += int(orders)
        one.net_minor += int(net)
        one.days_since += customers * (until - last_day).days
    return list(found.values())


def name_customers(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """What customers are called: their address, or the number another system knew them by."""
    name = func.coalesce(Customer.email, Customer.external_ref, "")
    wanted, found = sorted(ids), dict[int, str]()
    for start in range(0, len(wanted), 5_000):
        some = wanted[start : start + 5_000]
        for key, called in session.execute(select(Customer.id, name).where(Customer.id.in_(some))):
            found[key] = called
    return found


def list_cohorts(session: Session, last: date, months: int = 12) -> list[Cohort]:
    """The cohorts of the last months up to that day's, the oldest first; months with no first order are left out."""
    total = last.year * 12 + last.month - months
    begin = date(total // 12, total % 12 + 1, 1)
    query = select(CohortMonth).where(CohortMonth.first_month >= begin, CohortMonth.month <= last)
    cohorts: dict[date, Cohort] = {}
    for row in session.scalars(query.order_by(CohortMonth.first_month, CohortMonth.month)):
        cohort = cohorts.setdefault(row.first_month, Cohort(row.first_month))
        place = _months(row.first_month, row.month)
        cohort.buyers += [0] * (place - len(cohort.buyers)) + [row.buyers]
        cohort.net_minor += [0] * (place - len(cohort.net_minor)) + [row.net_minor]
    for cohort in cohorts.values():
        missing = _months(cohort.month, last) + 1 - len(cohort.buyers)
        cohort.buyers += [0] * missing
        cohort.net_minor += [0] * missing
    return list(cohorts.values())


def buyers_by_month(session: Session, last: date, months: int = 12) -> list[tuple[date, int, int]]:
    """Customers who bought in each month, as (month, first order in it, first order before it)."""
    total = last.year * 12 + last.month - months
    begin = date(total // 12, total % 12 + 1, 1)
    is_new = CohortMonth.first_month == CohortMonth.month
    new = func.sum(case((is_new, CohortMonth.buyers), else_=0))
    others = func.sum(case((is_new, 0), else_=CohortMonth.buyers))
    query = select(CohortMonth.month, new, others).where(CohortMonth.month.between(begin, last))
    rows = session.execute(query.group_by(CohortMonth.month).order_by(CohortMonth.month))
    return [(month, int(first), int(again)) for month, first, again in rows]


def _years(span: Span) -> Any:
    """Everybody who bought in these days: last day with an order, orders, net sales."""
    last = func.max(case((CustomerDay.orders > 0, CustomerDay.day)))
    sums = (func.sum(CustomerDay.orders).label("orders"), func.sum(CustomerDay.net_minor).label("net_minor"))
    return (
        select(CustomerDay.customer_id, last.label("last_day"), *sums)
        .where(CustomerDay.day.between(span.first, span.last))
        .group_by(CustomerDay.customer_id)
        .having(func.sum(CustomerDay.orders) > 0)
    )


def _fifths(values: Sequence[int]) -> Callable[[int], int]:
    """Gives in which fifth of all a value lies, from 1 to 5; equals are together in the highest of theirs."""
    ordered = sorted(values)
    begins = [ordered[number * len(ordered) // FIFTHS] for number in range(1, FIFTHS)] if ordered else []
    return lambda value: 1 + bisect_right(begins, value)


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
