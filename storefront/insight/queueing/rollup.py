"""Counts the jobs of each hour that is over: rows of the outbox are deleted after 40 days, their sums are kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.outbox import LEASE_SECONDS, OutboxJob, OutboxStatus
from storefront.insight.queueing.histogram import count_waits
from storefront.insight.queueing.models import EVERY_JOB, JobHour

HOUR = timedelta(hours=1)
KEEP = timedelta(days=400)
# The clock may have been away; what is older is gone from the outbox.
CATCH_UP = timedelta(days=39)
# A row that waited longer for a worker with nothing to do, or between two jobs, found no worker alive.
AWAY_SECONDS = 5.0


class Times(NamedTuple):
    """When a job could begin, began and was done."""

    name: str
    ready_at: datetime
    begun_at: datetime
    done_at: datetime


def count_hours() -> int:
    """Count every hour that is over and was not counted, and return how many; a transaction for each.

    Safe to run twice: an hour is written whole or not at all.
    """
    now = clock.now()
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    last = db.session().scalar(select(func.max(JobHour.hour)))
    hour = max(last + HOUR, this_hour - CATCH_UP) if last else this_hour - HOUR
    counted = 0
    while hour < this_hour:
        count_hour(hour)
        hour, counted = hour + HOUR, counted + 1
    with transaction() as session:
        session.execute(delete(JobHour).where(JobHour.hour < now - KEEP).execution_options(synchronize_session=False))
    return counted


def count_hour(hour: datetime) -> None:
    """Write the sums of one hour anew; opens a transaction."""
    with transaction() as session:
        rows = sum_times(hour, list_times(session, hour, hour + HOUR))
        session.execute(delete(JobHour).where(JobHour.hour == hour).execution_options(synchronize_session=False))
        session.execute(insert(JobHour), rows)


def list_times(session: Session, since: datetime, until: datetime) -> list[Times]:
    """How the jobs that were begun in [since, until) and are done went, in the order they were begun.

    A row that is done keeps the lease of its last try as `due_at`, so the outbox's index finds it.
    """
    lease = timedelta(seconds=LEASE_SECONDS)
    query = (
        select(OutboxJob.name, OutboxJob.ready_at, OutboxJob.begun_at, OutboxJob.done_at)
        .where(OutboxJob.status == OutboxStatus.DONE)
        .where(OutboxJob.due_at >= since + lease, OutboxJob.due_at < until + lease)
        .where(OutboxJob.ready_at.is_not(None), OutboxJob.begun_at.is_not(None))
        .order_by(OutboxJob.begun_at, OutboxJob.id)
    )
    rows: list[Any] = list(session.execute(query))
    return [Times(*row) for row in rows]


def sum_times(hour: datetime, times: Sequence[Times]) -> list[dict[str, Any]]:
    """The rows of an hour: one for every job together, even when there was none, and one for each name."""
    by_name: defaultdict[str, list[Times]] = defaultdict(list)
    for one in times:
        by_name[one.name].append(one)
    turns, idles = worker_pauses(times)
    pauses = {"turns": len(turns), "turn_sum": sum(turns), "idles": len(idles), "idle_sum": sum(idles)}
    nothing = {"turns": 0, "turn_sum": 0.0, "idles": 0, "idle_sum": 0.0}
    whole = {"hour": hour, "name": EVERY_JOB, **_sums(times), **pauses}
    return [whole, *({"hour": hour, "name": name, **_sums(some), **nothing} for name, some in by_name.items())]


def worker_pauses(times: Iterable[Times]) -> tuple[list[float], list[float]]:
    """Seconds that a worker took from one job to the next that waited, and that jobs waited for idle workers.

    Whichever worker became free last is taken for the one that began next: the sums are the same as if we knew.
    """
    events = [(one.done_at, 0, one) for one in times] + [(one.begun_at, 1, one) for one in times]
    free: list[datetime] = []
    turns: list[float] = []
    idles: list[float] = []
    for moment, is_begun, one in sorted(events, key=lambda event: event[:2]):
        if not is_begun:
            free.append(moment)
        elif free:
            freed = free.pop()
            (turns if one.ready_at <= freed else idles).append((moment - max(freed, one.ready_at)).total_seconds())
    return [pause for pause in turns if pause < AWAY_SECONDS], [pause for pause in idles if pause < AWAY_SECONDS]


def _sums(times: Sequence[Times]) -> dict[str, Any]:
    services = [(one.done_at - one.begun_at).total_seconds() for one in times]
    waits = [max(0.0, (one.begun_at - one.ready_at).total_seconds()) for one in times]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(sorted(one.ready_at for one in times))]
    return {
        "jobs": len(times),
        "service_sum": sum(services),
        "service_squares": sum(service**2 for service in services),
        "wait_sum": sum(waits),
        "waits": count_waits(waits),
        "gaps": len(gaps),
        "gap_sum": sum(gaps),
        "gap_squares": sum(gap**2 for gap in gaps),
    }
