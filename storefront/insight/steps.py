"""Days put together to weeks and months. What is added up are the columns; figures follow from the sums."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from storefront.insight.days import each_day, month_of, week_of
from storefront.insight.periods import Span
from storefront.insight.queries import TOTALS


class Step(StrEnum):
    """How long a row is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


BEGIN = {Step.DAY: lambda day: day, Step.WEEK: week_of, Step.MONTH: month_of}


class Row(NamedTuple):
    """A day, a week from Monday or a month, cut at the ends of the span: its days and their sums."""

    first: date
    last: date
    sums: dict[str, int]


def by_step(days: Mapping[date, Mapping[str, int]], span: Span, step: Step) -> list[Row]:
    """Every row of the span, the oldest first; days without anything count as nought."""
    groups: dict[date, list[date]] = {}
    for day in each_day(span.first, span.last):
        groups.setdefault(BEGIN[step](day), []).append(day)
    return [Row(group[0], group[-1], _add(days, group)) for group in groups.values()]


def _add(days: Mapping[date, Mapping[str, int]], group: list[date]) -> dict[str, int]:
    found = [days[day] for day in group if day in days]
    return {name: sum(day[name] for day in found) for name in TOTALS}
