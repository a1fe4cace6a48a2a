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


class Kind(NamedTuple):
    """A name of jobs and what was measured about it in the last week."""

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
    total = func.sum(JobHour.service_sum)
    query = (
        select(JobHour.name)
        .where(JobHour.hour >= since, JobHour.name != EVERY_JOB, JobHour.name.startswith(prefix, autoescape=True))
        .group_by(JobHour.name)
        .order_by(total.desc(), JobHour.name)
        .limit(limit)
    )
    names = list(session.scalars(query))
    found: defaultdict[str, list[Sample]] = defaultdict(list)
    for row in _rows(session, since, *names):
        found[row.name].append(_sample(row))
    return [Kind(name, pool(found[name])) for name in names]


def _rows(session: Session, since: datetime, *names: str) -> Iterable[Any]:
    """Plain rows: there are thousands of them."""
    query = select(*table_of(JobHour).columns).where(JobHour.hour >= since, JobHour.name.in_(names))
    return session.execute(query.order_by(JobHour.hour))


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
