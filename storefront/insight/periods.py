"""Spans of days that figures are asked for, and the earlier ones they are compared with."""

from dataclasses import dataclass
from datetime import date, timedelta

from storefront.insight.days import DAY

LENGTHS = (1, 7, 28, 365)
# As many weeks, so that a Monday is compared with a Monday.
YEAR = timedelta(days=364)


@dataclass(frozen=True)
class Span:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @classmethod
    def ending(cls, last: date, days: int) -> "Span":
        """So many days up to that one."""
        return cls(last - (days - 1) * DAY, last)

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Span":
        """As many days, just before."""
        return Span.ending(self.first - DAY, self.days)

    @property
    def year_before(self) -> "Span":
        """The same days 52 weeks earlier: the same weekdays. A whole year is compared with the one before it."""
        return Span(self.first - YEAR, self.last - YEAR) if self.days < YEAR.days else self.before
