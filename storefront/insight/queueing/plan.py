"""When parcels are packed and leave: what the merchant says, and the calendar that follows from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storefront.core.db import retry_deadlocks, transaction
from storefront.insight.queueing.models import PackingDay, PackingHoliday, PackingPlan

# Until the merchant says otherwise.
HANDLING_DAYS = 1
USUAL_DAYS = range(5)
# Nobody is promised anything later; a plan without a working day in all that time has none.
HORIZON_DAYS = 400


class Shift(NamedTuple):
    """A weekday's hours in minutes from midnight, the shop's time, and how many pack in them."""

    packers: int
    opens: int
    closes: int
    cutoff: int


class Day(NamedTuple):
    """A working day as it comes: aware times, and what packed by `cutoff_at` leaves on it."""

    day: date
    packers: int
    opens_at: datetime
    closes_at: datetime
    cutoff_at: datetime


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the merchant says; without shifts nothing is known, and Monday to Friday is taken for working days.

    `parcel_minutes` is the merchant's own word, `parcels`, `parcel_seconds` and `parcel_scv` are what was measured.
    """

    shifts: Mapping[int, Shift] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    handling_days: int = HANDLING_DAYS
    parcel_minutes: int | None = None
    parcels: int = 0
    parcel_seconds: float | None = None
    parcel_scv: float | None = None

    def is_working(self, day: date) -> bool:
        """Whether parcels leave on that day."""
        weekdays = self.shifts or USUAL_DAYS
        return day.weekday() in weekdays and day not in self.holidays

    def working_days(self, since: date) -> Iterator[date]:
        """Working days from that day on, in order; at least one, however wrong the plan is."""
        days = (since + timedelta(days=offset) for offset in range(HORIZON_DAYS))
        found = False
        for day in days:
            if self.is_working(day):
                found = True
                yield day
        if not found:
            yield since + timedelta(days=HORIZON_DAYS)

    def shift_days(self, since: datetime, zone: ZoneInfo) -> Iterator[Day]:
        """The days with shifts from that moment on, also the one that is under way."""
        for day in self.working_days(since.astimezone(zone).date()):
            shift = self.shifts.get(day.weekday())
            if shift is not None:
                times = [_at(day, minute, zone) for minute in (shift.opens, shift.closes, shift.cutoff)]
                yield Day(day, shift.packers, *times)


def read_plan(session: Session) -> Plan:
    """What the merchant has said, and what was measured."""
    days = session.scalars(select(PackingDay).order_by(PackingDay.weekday))
    shifts = {day.weekday: Shift(day.packers, day.opens_minute, day.closes_minute, day.cutoff_minute) for day in days}
    holidays = frozenset(session.scalars(select(PackingHoliday.day)))
    row = session.get(PackingPlan, PackingPlan.ONLY_ID)
    if row is None:
        return Plan(shifts=shifts, holidays=holidays)
    return Plan(
        shifts=shifts,
        holidays=holidays,
        handling_days=row.handling_days,
        parcel_minutes=row.parcel_minutes,
        parcels=row.parcels,
        parcel_seconds=row.parcel_seconds,
        parcel_scv=row.parcel_scv,
    )


@retry_deadlocks
def write_plan(plan: Plan) -> None:
    """Keep what the merchant says, and leave what was measured as it is; opens a transaction."""
    with transaction() as session:
        session.execute(delete(PackingDay))
        session.execute(delete(PackingHoliday))
        session.add_all(
            PackingDay(
                weekday=weekday,
                packers=shift.packers,
                opens_minute=shift.opens,
                closes_minute=shift.closes,
                cutoff_minute=shift.cutoff,
            )
            for weekday, shift in plan.shifts.items()
        )
        session.add_all(PackingHoliday(day=day) for day in plan.holidays)
        row = plan_row(session)
        row.handling_days, row.parcel_minutes = plan.handling_days, plan.parcel_minutes


def plan_row(session: Session) -> PackingPlan:
    """The one row, made when it is missing; joins the caller's transaction."""
    row = session.get(PackingPlan, PackingPlan.ONLY_ID, with_for_update=True)
    if row is None:
        row = PackingPlan(id=PackingPlan.ONLY_ID)
        session.add(row)
    return row


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A time of day; 1440 is midnight at its end."""
    start = datetime(day.year, day.month, day.day)
    return (start + timedelta(minutes=minute)).replace(tzinfo=zone)
