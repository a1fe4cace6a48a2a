"""What the week makes of the packers: work flows in at every hour, and is packed in theirs."""

from collections.abc import Mapping
from typing import NamedTuple

from storefront.insight.queueing.plan import Plan, Shift
from storefront.insight.queueing.promise import Speed
from storefront.insight.queueing.sample import ENOUGH, WEEK, Sample, Slot, pool

# So many weeks are gone through until the same hour looks the same each week.
WEEKS = 4


class PackingHour(NamedTuple):
    """An hour of the week: orders that come, packers that are there on average, the share of their time that is used.

    `waiting` are the orders that wait at its end. `utilisation` is None where nobody packs.
    """

    slot: Slot
    orders: float
    packers: float
    utilisation: float | None
    waiting: float


class PackingWeek(NamedTuple):
    """The usual week: `share` is all work beside all packers' time; at 1 and above the pile grows every week."""

    hours: list[PackingHour]
    share: float

    def at(self, slot: Slot) -> PackingHour:
        """The hour of that slot."""
        return self.hours[slot.weekday * 24 + slot.hour]


def packing_week(samples: Mapping[Slot, Sample], plan: Plan, speed: Speed, more_packers: int = 0) -> PackingWeek | None:
    """How the pile of orders grows and shrinks over the usual week; None where too few orders were measured.

    Averages flow: what varies within an hour is small beside a night's orders that wait for the morning.
    """
    if not plan.shifts or pool(samples.values()).arrivals < ENOUGH:
        return None
    coming = [samples[slot].arrivals_per_hour if slot in samples else 0.0 for slot in WEEK]
    there = [packers_in(plan.shifts.get(slot.weekday), slot.hour, more_packers) for slot in WEEK]
    can = [packers * 3600 / speed.seconds for packers in there]
    waiting = 0.0
    for _ in range(WEEKS):
        hours: list[PackingHour] = []
        for slot, orders, packers, parcels in zip(WEEK, coming, there, can, strict=True):
            packed = min(waiting + orders, parcels)
            waiting += orders - packed
            hours.append(PackingHour(slot, orders, packers, packed / parcels if parcels else None, waiting))
    capacity = sum(can)
    return PackingWeek(hours, sum(coming) / capacity if capacity else float("inf"))


def packers_in(shift: Shift | None, hour: int, more_packers: int = 0) -> float:
    """How many packers are there in that hour of a day, those of a part of it in part."""
    if shift is None:
        return 0.0
    minutes = min(shift.closes, (hour + 1) * 60) - max(shift.opens, hour * 60)
    return max(1, shift.packers + more_packers) * max(0, minutes) / 60
