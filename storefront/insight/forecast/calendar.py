"""Which weeks a forecast looks back on and which it foretells, in the shop's time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MAX_WEEKS = 104
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Calendar:
    """The history's weeks are blocks of seven days whose last ends before `end`; the first begins at `start`.

    When `end` is a Monday they are Monday weeks; otherwise every day before it still counts.
    """

    start: date
    end: date
    zone: ZoneInfo

    @property
    def weeks(self) -> int:
        """How many there are."""
        return (self.end - self.start) // WEEK

    def week_starts(self) -> list[date]:
        """The first days of the weeks."""
        return [self.start + number * WEEK for number in range(self.weeks)]

    def bounds(self) -> list[datetime]:
        """When the weeks begin, and the moment at which the last one ends."""
        return [midnight(day, self.zone) for day in [*self.week_starts(), self.end]]


def make_calendar(first: date, end: date, zone: ZoneInfo) -> Calendar:
    """The whole weeks from the day of the first order to `end`: at least one, at most 104."""
    weeks = min(max((end - first) // WEEK, 1), MAX_WEEKS)
    return Calendar(end - weeks * WEEK, end, zone)


def forecast_weeks(as_of: date, horizon: int) -> list[date]:
    """The Mondays of the weeks that are foretold: the first is the as-of date, or the next Monday after it."""
    monday = as_of + timedelta(days=-as_of.weekday() % 7)
    return [monday + number * WEEK for number in range(horizon)]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When that day begins in the shop, as an aware UTC time."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
