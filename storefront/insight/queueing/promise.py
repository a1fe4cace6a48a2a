"""By when a new order is sent: from the queue, the packers and their hours, or from a fixed handling time."""

import math
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from storefront.insight.queueing.plan import HORIZON_DAYS, Plan
from storefront.insight.queueing.sample import ENOUGH

# The normal deviate below which nineteen of twenty lie: a promise is kept as often as that.
SURE = 1.645


class Promise(NamedTuple):
    """The day by which a new order is sent. `queue` orders are before it; `usual` is what no queue would allow.

    `is_measured` is whether it follows from the queue; if not, from the handling time, because something is not known.
    """

    day: date
    is_measured: bool
    queue: int
    usual: date

    @property
    def is_slowed(self) -> bool:
        """Whether the desk has so much to do that new orders are promised for later than usual."""
        return self.day > self.usual


class Speed(NamedTuple):
    """How long one packer packs one parcel, and how much that varies (scv); whether it was measured or said."""

    seconds: float
    scv: float
    is_measured: bool


def parcel_speed(plan: Plan) -> Speed | None:
    """What was measured when there is enough of it, else what the merchant says, else nothing."""
    if plan.parcel_seconds and plan.parcels >= ENOUGH:
        return Speed(plan.parcel_seconds, plan.parcel_scv or 0.0, is_measured=True)
    if plan.parcel_minutes:
        return Speed(plan.parcel_minutes * 60.0, 1.0, is_measured=False)
    return None


def promise(plan: Plan, zone: ZoneInfo, now: datetime, queue: int, more_packers: int = 0) -> Promise:
    """What may be promised now, with so many orders waiting to be packed."""
    usual = handling_day(plan, zone, now)
    speed = parcel_speed(plan)
    if not plan.shifts or speed is None:
        return Promise(usual, is_measured=False, queue=queue, usual=usual)
    return Promise(sent_on(plan, zone, now, work_seconds(queue + 1, speed), more_packers), True, queue, usual)


def work_seconds(parcels: int, speed: Speed) -> float:
    """Packers' seconds that so many parcels need no more than in nineteen of twenty cases."""
    return speed.seconds * (parcels + SURE * math.sqrt(parcels * speed.scv))


def handling_day(plan: Plan, zone: ZoneInfo, now: datetime) -> date:
    """So many working days after the first one on which an order of this moment can still be packed."""
    today = now.astimezone(zone).date()
    shift = plan.shifts.get(today.weekday())
    is_too_late = False
    if shift is not None and plan.is_working(today):
        today_shift = next(plan.shift_days(now, zone))
        is_too_late = now >= today_shift.cutoff_at
    first = today + timedelta(days=1) if is_too_late else today
    days = list(islice(plan.working_days(first), plan.handling_days + 1))
    return days[-1]


def sent_on(plan: Plan, zone: ZoneInfo, now: datetime, seconds: float, more_packers: int = 0) -> date:
    """The day on which what needs so many packers' seconds from now on has left."""
    left = seconds
    is_packed = False
    for day in plan.shift_days(now, zone):
        begins = max(day.opens_at.astimezone(UTC), now)
        packers = max(day.packers + more_packers, 1)
        if is_packed and begins < day.cutoff_at:
            return day.day
        until_cutoff = packers * max(0.0, (day.cutoff_at - begins).total_seconds())
        if left <= until_cutoff and begins < day.cutoff_at:
            return day.day
        left -= packers * max(0.0, (day.closes_at - begins).total_seconds())
        is_packed = left <= 0
    return now.astimezone(zone).date() + timedelta(days=HORIZON_DAYS)
