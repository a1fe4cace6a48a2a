"""What was measured about packing: when orders come, how long a parcel takes one packer, how long orders wait."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.insight.queueing.histogram import count_waits
from storefront.insight.queueing.jobs_measured import WINDOW
from storefront.insight.queueing.plan import plan_row
from storefront.insight.queueing.sample import WEEK, Sample, Slot, gap_sums, pool
from storefront.orders.models import Order, OrderEvent, OrderStatus
from storefront.orders.queries import LATE_STATUSES

SOLD = (*LATE_STATUSES, OrderStatus.FULFILLED)
# Whoever marks nothing as sent for longer was doing something else.
BREAK_SECONDS = 45 * 60.0
# What is marked faster was packed before and is only ticked off now.
TICK_SECONDS = 15.0
# Orders are looked at that were placed so long before the window: they may have been packed in it.
MARGIN = timedelta(days=14)


class Sent(NamedTuple):
    """An order that somebody marked as sent, and since when that could have been done."""

    actor: str
    ready_at: datetime
    sent_at: datetime


def count_waiting(session: Session) -> int:
    """How many orders wait to be packed."""
    return session.scalar(select(func.count()).select_from(Order).where(Order.status.in_(LATE_STATUSES))) or 0


def measure_packing() -> None:
    """Measure how long a parcel takes, and keep it with the plan; opens a transaction."""
    sent = list_sent(db.session(), clock.now() - WINDOW)
    services = pack_seconds(sent)
    with transaction() as session:
        row = plan_row(session)
        row.parcels = len(services)
        row.parcel_seconds, row.parcel_scv = None, None
        if services:
            mean = sum(services) / len(services)
            row.parcel_seconds = mean
            row.parcel_scv = sum(service**2 for service in services) / len(services) / mean**2 - 1


def sample_orders(session: Session, zone: ZoneInfo) -> dict[Slot, Sample]:
    """Orders of the last weeks by hour of the week; hours without any count as watched since the first one."""
    now = clock.now()
    moments = _list_ready(session, now - WINDOW)
    if not moments:
        return {}
    by_hour: defaultdict[tuple[int, Slot], list[float]] = defaultdict(list)
    for moment in moments:
        local = moment.astimezone(zone)
        by_hour[local.toordinal(), Slot(local.weekday(), local.hour)].append(moment.timestamp())
    weeks = max(1.0, (now - moments[0]) / timedelta(weeks=1))
    found = {slot: [Sample(hours=weeks)] for slot in WEEK}
    for (_day, slot), some in by_hour.items():
        gaps, spread = gap_sums(some)
        found[slot].append(Sample(arrivals=len(some), gaps=gaps, gap_spread=spread))
    return {slot: pool(samples) for slot, samples in found.items()}


def sample_waits(session: Session) -> Sample:
    """How long the orders that were sent in the last weeks waited, and how long their parcels took."""
    sent = list_sent(session, clock.now() - WINDOW)
    waits = [max(0.0, (one.sent_at - one.ready_at).total_seconds()) for one in sent]
    services = pack_seconds(sent)
    squares = sum(service**2 for service in services)
    return Sample(
        services=len(services),
        service_sum=sum(services),
        service_squares=squares,
        waits=count_waits(waits),
        wait_sum=sum(waits),
    )


def list_sent(session: Session, since: datetime) -> list[Sent]:
    """What people marked as sent since then, the earliest first."""
    ready_at = func.coalesce(Order.paid_at, Order.placed_at)
    query = (
        select(OrderEvent.actor, Order.paid_at, Order.placed_at, OrderEvent.created_at)
        .join(Order, Order.id == OrderEvent.order_id)
        .where(Order.placed_at >= since - MARGIN, OrderEvent.to_status == OrderStatus.FULFILLED)
        .where(OrderEvent.created_at >= since, OrderEvent.actor.startswith("user:"), ready_at.is_not(None))
        .order_by(OrderEvent.created_at, OrderEvent.id)
    )
    rows: Sequence[Any] = session.execute(query).all()
    # What was paid only after it had been sent (on invoice) was ready when it was placed.
    return [
        Sent(actor, paid_at if paid_at and paid_at <= sent_at else placed_at, sent_at)
        for actor, paid_at, placed_at, sent_at in rows
    ]


def pack_seconds(sent: Sequence[Sent]) -> list[float]:
    """How long each parcel took: from the same packer's one before it, or from when it could be packed.

    A longer pause was none of it, and several ticked off at once share the time since the one before them.
    """
    by_actor: defaultdict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        by_actor[one.actor].append(one)
    return [seconds for some in by_actor.values() for seconds in _pack_seconds(some)]


def _pack_seconds(sent: Sequence[Sent]) -> list[float]:
    batches: list[list[Sent]] = []
    for one in sent:
        if batches and (one.sent_at - batches[-1][-1].sent_at).total_seconds() < TICK_SECONDS:
            batches[-1].append(one)
        else:
            batches.append([one])
    found: list[float] = []
    for before, batch in pairwise(batches):
        begun_at = max(before[-1].sent_at, min(one.ready_at for one in batch))
        seconds = (batch[-1].sent_at - begun_at).total_seconds()
        if 0 < seconds <= BREAK_SECONDS * len(batch):
            found += [seconds / len(batch)] * len(batch)
    return found


def _list_ready(session: Session, since: datetime) -> list[datetime]:
    query = select(Order.paid_at, Order.placed_at).where(Order.placed_at >= since, Order.status.in_(SOLD))
    return sorted(paid_at or placed_at for paid_at, placed_at in session.execute(query))
