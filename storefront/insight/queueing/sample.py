"""What was measured about a queue in some hours of the week, and the load that follows from it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from storefront.insight.queueing.histogram import quantile
from storefront.insight.queueing.model import P95, Load

# Fewer say too little about a mean and its variation.
ENOUGH = 30
WEEKEND = 5


class Slot(NamedTuple):
    """An hour of the week in the shop's time zone; weekday 0 is Monday."""

    weekday: int
    hour: int


WEEK = tuple(Slot(weekday, hour) for weekday in range(7) for hour in range(24))


class Sample(NamedTuple):
    """Sums over hours that were watched, in seconds; they add up.

    `arrivals` came within `hours`. `gap_spread` is the squared variation of the times between them, times `gaps`.
    """

    hours: float = 0.0
    arrivals: int = 0
    gaps: int = 0
    gap_spread: float = 0.0
    services: int = 0
    service_sum: float = 0.0
    service_squares: float = 0.0
    waits: Mapping[str, int] = {}
    wait_sum: float = 0.0
    turns: int = 0
    turn_sum: float = 0.0
    idles: int = 0
    idle_sum: float = 0.0

    def plus(self, other: "Sample") -> "Sample":
        """Both together."""
        return pool([self, other])

    @property
    def turn_seconds(self) -> float:
        """What a worker needs between two jobs."""
        return self.turn_sum / self.turns if self.turns else 0.0

    @property
    def handover_seconds(self) -> float:
        """What a job waits until a worker that has nothing to do begins it."""
        return self.idle_sum / self.idles if self.idles else 0.0

    @property
    def wait_seconds(self) -> float:
        """What was waited on average."""
        waited = sum(self.waits.values())
        return self.wait_sum / waited if waited else 0.0

    @property
    def wait_p95_seconds(self) -> float | None:
        """Within which nineteen of twenty were begun; None where nothing was."""
        return quantile(self.waits, P95)

    @property
    def service_seconds(self) -> float:
        """How long a server is busy with one: the service and the way to the next."""
        return (self.service_sum / self.services if self.services else 0.0) + self.turn_seconds

    @property
    def service_scv(self) -> float:
        """The squared coefficient of variation of the services."""
        if self.services < 2 or not self.service_seconds:
            return 0.0
        mean = self.service_sum / self.services
        return max(0.0, self.service_squares / self.services - mean**2) / self.service_seconds**2

    @property
    def arrival_scv(self) -> float:
        """The same of the times between arrivals; that of random ones where too little is known."""
        return self.gap_spread / self.gaps if self.gaps >= ENOUGH else 1.0

    @property
    def arrivals_per_hour(self) -> float:
        """Of the hours that were watched."""
        return self.arrivals / self.hours if self.hours else 0.0


@dataclass(frozen=True)
class Measured:
    """What is known of an hour of the week, and from where: the `slot` itself, its kind of `day`, or `every` day.

    `load` is None where too little was measured: `count` is how much there is.
    """

    slot: Slot
    load: Load | None
    basis: str
    count: int
    sample: Sample


def spread_of(gaps: int, gap_sum: float, gap_squares: float) -> float:
    """Squared variation of times between arrivals, times their number: unbiased where arrivals are random."""
    if gaps < 2 or not gap_sum:
        return 0.0
    return gaps * (gaps + 1) / (gaps - 1) * max(0.0, gaps * gap_squares / gap_sum**2 - 1)


def gap_sums(moments: Sequence[float]) -> tuple[int, float]:
    """Number and spread of the gaps between moments in seconds, in their order."""
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    if len(gaps) < 2:
        return 0, 0.0
    return len(gaps), spread_of(len(gaps), sum(gaps), sum(gap**2 for gap in gaps))


def pool(samples: Iterable[Sample]) -> Sample:
    """All of them together."""
    rows: list[Any] = list(samples)
    if len(rows) < 2:
        return rows[0] if rows else Sample()
    waits: dict[str, int] = {}
    for row in rows:
        for step, count in row.waits.items():
            waits[step] = waits.get(step, 0) + count
    columns = dict(zip(Sample._fields, zip(*rows, strict=True), strict=True))
    sums: Any = {name: waits if name == "waits" else sum(values) for name, values in columns.items()}
    return Sample(**sums)


def measure_week(samples: Mapping[Slot, Sample]) -> list[Measured]:
    """What is known of each hour of the week, widened until it is enough; of services, what is known of all hours."""
    whole = pool(samples.values())
    return [_measure(samples, slot, whole) for slot in WEEK]


def _measure(samples: Mapping[Slot, Sample], slot: Slot, whole: Sample) -> Measured:
    if whole.services < ENOUGH:
        return Measured(slot, None, "every", whole.services, samples.get(slot, Sample()))
    for basis, slots in _widened(slot):
        sample = pool(samples[one] for one in slots if one in samples)
        if sample.arrivals >= ENOUGH:
            return Measured(slot, _load(sample, whole), basis, sample.arrivals, sample)
    return Measured(slot, None, "every", sample.arrivals, sample)


def _widened(slot: Slot) -> Iterator[tuple[str, list[Slot]]]:
    is_weekend = slot.weekday >= WEEKEND
    yield "slot", [slot]
    yield "day", [Slot(day, slot.hour) for day in range(7) if (day >= WEEKEND) == is_weekend]
    yield "every", [Slot(day, slot.hour) for day in range(7)]


def _load(sample: Sample, whole: Sample) -> Load:
    services = sample if sample.services >= ENOUGH else whole
    return Load(sample.arrivals_per_hour / 3600, services.service_seconds, sample.arrival_scv, services.service_scv)
