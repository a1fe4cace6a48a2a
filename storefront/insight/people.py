"""Reads of who buys: segments by recency, frequency and money, and cohorts by the month of the first order."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, TypeVar

from sqlalchemy import Row, case, func, select, union_all
from sqlalchemy.orm import Session

from storefront.accounts.models import Customer
from storefront.insight.definitions import OFTEN, SEGMENTS, segment_of
from storefront.insight.models import Buyer, CohortMonth, CustomerDay
from storefront.insight.periods import Span

# Segments look back so far: who has bought nothing since is nobody's customer any more.
MEMORY_DAYS = 365
FIFTHS = 5
Ordered = TypeVar("Ordered", int, date)


class Score(NamedTuple):
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
    rows = _years(session, until)
    recency, money = _fifths([row[1] for row in rows]), _fifths([row[3] for row in rows])
    return [
        Score(key, days, int(orders), int(net), segment_of(recency(day), money(net), days, orders))
        for key, day, orders, net in rows
        for days in [(until - day).days]
    ]


def sum_segments(session: Session, until: date) -> list[Segment]:
    """Every segment with its sums, in the order of the definitions; the same as adding up all scores.

    Customers that no rule tells apart are added up first: there are hundreds of such groups, whatever a shop's size.
    """
    rows = _years(session, until)
    recency, money = _fifths([row[1] for row in rows]), _fifths([row[3] for row in rows])
    groups: defaultdict[tuple[date, int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for _key, day, orders, net in rows:
        sums = groups[day, orders if orders < OFTEN else OFTEN, money(net)]
        sums[0] += 1
        sums[1] += orders
        sums[2] += net
    found = {segment.key: Segment(segment.key) for segment in SEGMENTS}
    for (day, often, much), (customers, orders, net) in groups.items():
        days = (until - day).days
        one = found[segment_of(recency(day), much, days, often)]
        one.customers += customers
        one.orders += int(orders)
        one.net_minor += int(net)
        one.days_since += customers * days
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


def _years(session: Session, until: date) -> Sequence[Row[int, date, int, int]]:
    """Everybody who bought in the year up to that day: id, last day with an order, orders, net sales.

    Whose whole history lies in that year has its sums in `buyer`; only that of the others is added up.
    """
    span = Span.ending(until, MEMORY_DAYS)
    others = select(CustomerDay.customer_id).where((CustomerDay.day < span.first) | (CustomerDay.day > span.last))
    columns = (Buyer.customer_id, Buyer.last_day, Buyer.orders, Buyer.net_minor)
    added_up = (
        select(
            CustomerDay.customer_id,
            func.max(case((CustomerDay.orders > 0, CustomerDay.day))),
            func.sum(CustomerDay.orders),
            func.sum(CustomerDay.net_minor),
        )
        .where(CustomerDay.day.between(span.first, span.last), CustomerDay.customer_id.in_(others))
        .group_by(CustomerDay.customer_id)
        .having(func.sum(CustomerDay.orders) > 0)
    )
    return session.execute(union_all(select(*columns).where(Buyer.customer_id.not_in(others)), added_up)).all()


def _fifths(values: Iterable[Ordered]) -> Callable[[Ordered], int]:
    """Gives in which fifth of all a value lies, from 1 to 5; equals are together in the highest of theirs."""
    ordered = sorted(values)
    begins = [ordered[number * len(ordered) // FIFTHS] for number in range(1, FIFTHS)] if ordered else []
    return lambda value: 1 + bisect_right(begins, value)


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
