"""What was measured about jobs: by hour of the week for all of them, and by name."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.db import table_of
from storefront.insight.queueing.models import EVERY_JOB, JobHour
from storefront.insight.queueing.sample import Sample, Slot, pool, spread_of

# So far back; older hours were other times.
WINDOW = timedelta(weeks=8)
# Kinds of jobs are looked at for a week: there are many of them.
KINDS_WINDOW = timedelta(weeks=1)


# What SQL adds up for a kind.
SUMMED = ("jobs", "service_sum", "service_squares", "wait_sum", "turns", "turn_sum", "idles", "idle_sum")


class Kind(NamedTuple):
    """A name of jobs and what was measured about it in the last week; its arrivals by hour are not told apart."""

    name: str
    sample: Sample


def sample_jobs(session: Session, zone: ZoneInfo) -> dict[Slot, Sample]:
    """All jobs of the last weeks by hour of the week: they share the workers."""
    found: defaultdict[Slot, list[Sample]] = defaultdict(list)
    for row in _rows(session, clock.now() - WINDOW, EVERY_JOB):
        local = row.hour.astimezone(zone)
        found[Slot(local.weekday(), local.hour)].append(_sample(row))
    return {slot: pool(samples) for slot, samples in found.items()}


def sample_kinds(session: Session, prefix: str = "", limit: int = 100) -> list[Kind]:
    """The kinds of jobs whose name begins so, those that keep workers busy for longest first."""
    since = clock.now() - KINDS_WINDOW
    sums = [func.sum(getattr(JobHour, column)).label(column) for column in SUMMED]
    query = (
        select(JobHour.name, *sums)
        .where(JobHour.hour >= since, JobHour.name != EVERY_JOB, JobHour.name.startswith(prefix, autoescape=True))
        .group_by(JobHour.name)
        .order_by(func.sum(JobHour.service_sum).desc(), JobHour.name)
        .limit(limit)
    )
    rows = session.execute(query).all()
    waits: defaultdict[str, list[Sample]] = defaultdict(list)
    names = [row.name for row in rows]
    for name, counts in session.execute(
        select(JobHour.name, JobHour.waits).where(JobHour.hour >= since, JobHour.name.in_(names))
    ):
        waits[name].append(Sample(waits=counts))
    return [Kind(row.name, _summed(row)._replace(waits=pool(waits[row.name]).waits)) for row in rows]


def _rows(session: Session, since: datetime, name: str) -> Iterable[Any]:
    """Plain rows: there are thousands of them."""
    query = select(*table_of(JobHour).columns).where(JobHour.hour >= since, JobHour.name == name)
    return session.execute(query.order_by(JobHour.hour))


def _summed(row: Any) -> Sample:
    """What hours of one name have in common; how unevenly it arrives is not asked of a kind."""
    return Sample(
        arrivals=int(row.jobs),
        services=int(row.jobs),
        service_sum=row.service_sum,
        service_squares=row.service_squares,
        wait_sum=row.wait_sum,
        turns=int(row.turns),
        turn_sum=row.turn_sum,
        idles=int(row.idles),
        idle_sum=row.idle_sum,
    )


def _sample(row: Any) -> Sample:
    return Sample(
        hours=1.0,
        arrivals=row.jobs,
        gaps=row.gaps if row.gaps > 1 else 0,
        gap_spread=spread_of(row.gaps, row.gap_sum, row.gap_squares),
        services=row.jobs,
        service_sum=row.service_sum,
        service_squares=row.service_squares,
        waits=row.waits,
        wait_sum=row.wait_sum,
        turns=row.turns,
        turn_sum=row.turn_sum,
        idles=row.idles,
        idle_sum=row.idle_sum,
    )
