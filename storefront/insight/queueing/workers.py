"""What the model says about the workers of jobs, hour by hour of the week."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from storefront.insight.queueing.handover import waiting_with_handover
from storefront.insight.queueing.model import Load, Waiting, servers_for
from storefront.insight.queueing.sample import Measured, Sample, Slot, measure_week, pool

TARGET_SECONDS = 2.0


class Hour(NamedTuple):
    """An hour of the week: what was measured, what the model says of so many workers, and how many it advises.

    `told` and `advised` are None where too little was measured.
    """

    measured: Measured
    told: Waiting | None
    advised: int | None


class Capacity(NamedTuple):
    """The week of a queue: `whole` is all that was measured, `handover_seconds` what an idle worker makes wait."""

    workers: int
    target_seconds: float
    whole: Sample
    hours: list[Hour]

    @property
    def handover_seconds(self) -> float:
        """What a job waits for a worker that has nothing to do: no number of workers makes it shorter."""
        return self.whole.handover_seconds

    def at(self, slot: Slot) -> Hour:
        """The hour of that slot."""
        return self.hours[slot.weekday * 24 + slot.hour]


def worker_capacity(samples: Mapping[Slot, Sample], workers: int, target_seconds: float = TARGET_SECONDS) -> Capacity:
    """What so many workers make of the week, and how many keep the p95 wait below the target."""
    whole = pool(samples.values())
    handover = whole.handover_seconds
    hours = [_hour(measured, workers, target_seconds, handover) for measured in measure_week(samples)]
    return Capacity(workers, target_seconds, whole, hours)


def advise(load: Load, target_seconds: float) -> int:
    """How many workers keep the p95 wait below the target, the hand-over apart: it does not depend on them."""
    return servers_for(load, target_seconds)


def busiest(hours: Sequence[Hour]) -> Hour | None:
    """The hour in which the workers have most to do; None where nothing is known."""
    known = [hour for hour in hours if hour.told is not None]
    return max(known, key=lambda hour: hour.told.utilisation if hour.told else 0.0, default=None)


def _hour(measured: Measured, workers: int, target_seconds: float, handover_seconds: float) -> Hour:
    if measured.load is None:
        return Hour(measured, None, None)
    told = waiting_with_handover(measured.load, workers, handover_seconds)
    return Hour(measured, told, advise(measured.load, target_seconds))


def is_endless(seconds: float) -> bool:
    """Whether more arrives than can be done, so that the wait grows for as long as it lasts."""
    return math.isinf(seconds)
