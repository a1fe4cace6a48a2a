"""What the page of capacity shows: two weeks as heat maps, the promise, and what would be if."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from babel.dates import get_day_names
from babel.numbers import format_percent
from babel.units import format_unit
from flask import current_app
from flask_babel import gettext as _
from redis import RedisError
from sqlalchemy.orm import Session

from storefront.core import clock, outbox
from storefront.core.redis import look_at_queue, queue_redis
from storefront.core.web import settings
from storefront.core.web.language import current
from storefront.insight.queueing.jobs_measured import Kind, sample_jobs, sample_kinds
from storefront.insight.queueing.packers import PackingWeek, packing_week
from storefront.insight.queueing.packing import count_waiting, sample_orders, sample_waits
from storefront.insight.queueing.plan import Plan, read_plan
from storefront.insight.queueing.promise import Promise, Speed, parcel_speed, promise
from storefront.insight.queueing.sample import Sample, Slot, pool
from storefront.insight.queueing.workers import TARGET_SECONDS, Capacity, Hour, busiest, worker_capacity

MOST_WORKERS = 64
MOST_PACKERS = 20
KINDS = 8
KEPT = "storefront.capacity"
# Name of a unit, its seconds, and from how many seconds on the next one is taken.
UNITS = (
    ("millisecond", 0.001, 1.0),
    ("second", 1.0, 100.0),
    ("minute", 60.0, 7200.0),
    ("hour", 3600.0, 172_800.0),
    ("day", 86_400.0, math.inf),
)
# Utilisation from which on a cell of a heat map is of the next level; the last one is more than can be done.
LEVELS = (0.05, 0.3, 0.6, 0.8, 0.95)


class WhatIf(NamedTuple):
    """What the address asks: so many packers more than there are, so many workers, and how long jobs may wait."""

    more_packers: int
    workers: int | None
    target_seconds: float


class Cell(NamedTuple):
    """An hour of the week in a heat map: what is written in it, how dark it is, and the same in words."""

    text: str
    level: int
    words: str


class HeatMap(NamedTuple):
    """Rows of (hour, its cells from the first to the last day), under the names of the days."""

    days: list[tuple[str, str]]
    rows: list[tuple[str, list[Cell]]]


@dataclass(frozen=True)
class Packing:
    """Everything about packing; `week` and `changed` are None where too little is known."""

    plan: Plan
    speed: Speed | None
    waiting: int
    orders: int
    waits: Sample
    now: Promise
    then: Promise
    week: PackingWeek | None
    heat: HeatMap | None


@dataclass(frozen=True)
class Workers:
    """Everything about jobs; `alive` is None while Redis is away."""

    capacity: Capacity
    alive: int | None
    backlog: outbox.Backlog
    kinds: Sequence[Kind]
    heat: HeatMap | None
    peak: Hour | None


class Measured(NamedTuple):
    """What was measured until that minute: orders and jobs by hour of the week, waits, kinds of jobs."""

    minute: datetime
    orders: Mapping[Slot, Sample]
    waits: Sample
    jobs: Mapping[Slot, Sample]
    kinds: Sequence[Kind]


def measured(session: Session) -> Measured:
    """Read anew when the minute is over, once in each process: whoever moves a slider asks ten times a minute."""
    minute, zone = clock.now().replace(second=0, microsecond=0), settings().time_zone
    kept: Measured | None = current_app.extensions.get(KEPT)
    if kept is None or kept.minute != minute:
        jobs, kinds = sample_jobs(session, zone), sample_kinds(session, limit=KINDS)
        kept = Measured(minute, sample_orders(session, zone), sample_waits(session), jobs, kinds)
        current_app.extensions[KEPT] = kept
    return kept


def read_wishes(arguments: Mapping[str, str]) -> WhatIf:
    """What the address asks; whatever makes no sense is taken as the usual."""
    more = _number(arguments.get("packers", ""), -MOST_PACKERS, MOST_PACKERS)
    workers = _number(arguments.get("workers", ""), 1, MOST_WORKERS)
    target = _number(arguments.get("target", ""), 0.1, 3600)
    return WhatIf(int(more or 0), int(workers) if workers else None, target or TARGET_SECONDS)


def packing(session: Session, known: Measured, wishes: WhatIf) -> Packing:
    """The desk as it is, and with more packers."""
    zone, plan, waiting = settings().time_zone, read_plan(session), count_waiting(session)
    speed, now = parcel_speed(plan), clock.now()
    week = packing_week(known.orders, plan, speed, wishes.more_packers) if speed else None
    return Packing(
        plan=plan,
        speed=speed,
        waiting=waiting,
        orders=pool(known.orders.values()).arrivals,
        waits=known.waits,
        now=promise(plan, zone, now, waiting),
        then=promise(plan, zone, now, waiting, wishes.more_packers),
        week=week,
        heat=_packing_heat(week, plan) if week else None,
    )


def workers(session: Session, known: Measured, wishes: WhatIf) -> Workers:
    """The jobs as they were measured, with as many workers as there are or as are asked for."""
    alive = _count_alive()
    capacity = worker_capacity(known.jobs, wishes.workers or alive or 1, wishes.target_seconds)
    peak = busiest(capacity.hours)
    return Workers(
        capacity=capacity,
        alive=alive,
        backlog=outbox.read_backlog(session),
        kinds=known.kinds,
        heat=_heat(range(24), lambda slot: _worker_cell(capacity.at(slot))) if peak else None,
        peak=peak,
    )


def seconds(value: float | None) -> str:
    """A length of time with two digits, in the unit that suits it."""
    if value is None:
        return "–"
    if math.isinf(value):
        return str(_("without end"))
    unit, size = next((unit, size) for unit, size, limit in UNITS if value < limit)
    number = round(value / size, 0 if value >= 10 * size or size < 1 else 1)
    return _with_unit(number, unit, current())


def percent(share: float) -> str:
    """Such as 83%."""
    return _as_percent(round(share, 2), current())


def hour_words(slot: Slot) -> str:
    """Such as "Wednesday 10:00"."""
    return f"{get_day_names('wide', locale=current())[slot.weekday]} {slot.hour:02}:00"


# A page writes hundreds of them, and most are alike.
@lru_cache(1000)
def _with_unit(number: float, unit: str, locale: str) -> str:
    return str(format_unit(number, unit, length="short", locale=locale))


@lru_cache(1000)
def _as_percent(share: float, locale: str) -> str:
    return str(format_percent(share, locale=locale))


def _count_alive() -> int | None:
    try:
        return look_at_queue(queue_redis()).workers
    except RedisError:
        return None


def _packing_heat(week: PackingWeek, plan: Plan) -> HeatMap:
    first = min(shift.opens for shift in plan.shifts.values()) // 60
    last = (max(shift.closes for shift in plan.shifts.values()) + 59) // 60
    return _heat(range(first, last), lambda slot: _packing_cell(week, slot))


def _heat(hours: Sequence[int], cell: Callable[[Slot], Cell]) -> HeatMap:
    short, wide = (get_day_names(width, locale=current()) for width in ("abbreviated", "wide"))
    days = [(str(short[day]), str(wide[day])) for day in range(7)]
    return HeatMap(days, [(f"{hour:02}", [cell(Slot(day, hour)) for day in range(7)]) for hour in hours])


def _packing_cell(week: PackingWeek, slot: Slot) -> Cell:
    found = week.at(slot)
    if found.utilisation is None:
        return Cell("·", 0, _("nobody packs"))
    waiting = _("%(count)s orders wait at its end", count=round(found.waiting))
    return Cell(percent(found.utilisation), _level(found.utilisation), waiting)


def _worker_cell(hour: Hour) -> Cell:
    if hour.told is None:
        return Cell("·", 0, _("not enough data yet: %(count)s of 30", count=hour.measured.count))
    wait = _("p95 wait %(time)s, %(count)s workers advised", time=seconds(hour.told.p95_seconds), count=hour.advised)
    return Cell(percent(hour.told.utilisation), _level(hour.told.utilisation), wait)


def _level(utilisation: float) -> int:
    return sum(utilisation >= limit for limit in LEVELS)


def _number(text: str, low: float, high: float) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if low <= number <= high else None
