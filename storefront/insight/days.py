"""Days of the shop's time zone: which one a moment belongs to, and when it begins and ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from storefront.config import Settings
from storefront.core import clock

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Books:
    """Whose day and whose money is meant: the shop's time zone, and the one currency that is added up."""

    time_zone: ZoneInfo
    currency: str

    @classmethod
    def of(cls, settings: Settings) -> "Books":
        """Those of the shop."""
        return cls(settings.time_zone, settings.currency)

    def day_of(self, moment: datetime) -> date:
        """The day of an aware time."""
        return moment.astimezone(self.time_zone).date()

    def hour_of(self, moment: datetime) -> int:
        """The hour that the shop's clock shows, 0 to 23."""
        return moment.astimezone(self.time_zone).hour

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """The day as [begin, end) in UTC: 23 or 25 hours when clocks change."""
        return self.begin(day), self.begin(day + DAY)

    def begin(self, day: date) -> datetime:
        """The first moment of a day, in UTC."""
        return datetime.combine(day, time(), self.time_zone).astimezone(UTC)

    def today(self) -> date:
        """The shop's day that it is now."""
        return self.day_of(clock.now())


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (month_of(day) + timedelta(days=32)).replace(day=1)


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def each_day(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last, both included."""
    for number in range((last - first).days + 1):
        yield first + number * DAY
