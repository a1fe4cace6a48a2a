"""Which days a letter is about: always a time that is over."""

from datetime import date

from storefront.insight.days import DAY, month_of, week_of
from storefront.insight.models import ReportKind
from storefront.insight.periods import Span

# How fast things sell is seen over four weeks.
PACE_DAYS = 28


def span_of(kind: ReportKind, day: date) -> Span:
    """The day before, the week (from Monday) before, the month before; for low stock the pace up to the day before."""
    if kind is ReportKind.WEEKLY:
        return Span.ending(week_of(day) - DAY, 7)
    if kind is ReportKind.MONTHLY:
        last = month_of(day) - DAY
        return Span(month_of(last), last)
    return Span.ending(day - DAY, 1 if kind is ReportKind.DAILY else PACE_DAYS)


def name_of(kind: ReportKind, span: Span) -> str:
    """What tells one letter from the next of its kind: the day it is about, or the first of them."""
    return (span.last if kind in (ReportKind.DAILY, ReportKind.LOW_STOCK) else span.first).isoformat()


def pace_of(span: Span) -> Span:
    """The four weeks up to the end of a letter's time."""
    return Span.ending(span.last, PACE_DAYS)
