"""What is read anew for every scrape: SQL, the stock gate, RQ's queue. A server that is away is a reading, too."""

from collections.abc import Iterator
from datetime import timedelta

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import Redis, RedisError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.core import clock, outbox
from storefront.core.redis import look_at_queue
from storefront.monitoring.counts import Counts
from storefront.orders.models import Order, OrderStatus
from storefront.stock.gate import Gate, GateAway
from storefront.stock.reconcile import DriftKind, find_drift

# What is older than the reconciler's round is for the reconciler to tell.
LOOK_BACK = timedelta(minutes=10)
WAITING = (OrderStatus.PENDING, OrderStatus.ACCEPTED, OrderStatus.PAID)


class Readings(Collector):
    """Everything there is to know about one shop, read when it is collected."""

    def __init__(self, counts: Counts, session: Session, gate: Gate, queue: "Redis") -> None:
        self._counts, self._session, self._gate, self._queue = counts, session, gate, queue

    def collect(self) -> Iterator[Metric]:
        """All metrics, in a fixed order."""
        yield from self._counts.collect()
        yield from _read_orders(self._session)
        yield from _read_outbox(self._session)
        # No transaction stays open while another machine is asked.
        self._session.rollback()
        yield from _read_gate(self._session, self._gate)
        yield from _read_queue(self._queue)


def _read_orders(session: Session) -> Iterator[Metric]:
    counted = select(Order.status, func.count()).where(Order.status.in_(WAITING))
    found: dict[OrderStatus, int] = dict(session.execute(counted.group_by(Order.status)).all())
    waiting = GaugeMetricFamily("storefront_orders", "Orders that wait, by what for.", labels=["status"])
    for status in WAITING:
        waiting.add_metric([status.value], found.get(status, 0))
    yield waiting
    is_overdue = (Order.status == OrderStatus.PENDING) & (Order.expires_at < clock.now())
    overdue = session.scalar(select(func.count()).select_from(Order).where(is_overdue)) or 0
    yield GaugeMetricFamily("storefront_orders_overdue", "Unpaid orders past their time to pay.", overdue)


def _read_outbox(session: Session) -> Iterator[Metric]:
    backlog = outbox.read_backlog(session)
    jobs = GaugeMetricFamily("storefront_outbox_jobs", "Jobs that are not done, by how they stand.", labels=["status"])
    for status in ("due", "waiting", "dead"):
        jobs.add_metric([status], getattr(backlog, status))
    yield jobs
    text = "For how long the oldest job has been due."
    yield GaugeMetricFamily("storefront_outbox_oldest_due_seconds", text, backlog.oldest_due_seconds)


def _read_gate(session: Session, gate: Gate) -> Iterator[Metric]:
    try:
        holds, notes = gate.count_live_holds(), gate.read_notes()
        lag = find_drift(session, gate, clock.now() - LOOK_BACK).lag_seconds
    except GateAway:
        yield GaugeMetricFamily("storefront_gate_up", "Whether the stock gate answers.", 0)
        return
    yield GaugeMetricFamily("storefront_gate_up", "Whether the stock gate answers.", 1)
    yield GaugeMetricFamily("storefront_gate_live_holds", "Holds of shoppers that have not ended.", holds)
    text = "For how long the oldest change of stock waits to be published."
    yield GaugeMetricFamily("storefront_gate_publish_lag_seconds", text, lag)
    text = "How often the gate came back with an old file."
    yield CounterMetricFamily("storefront_gate_rollbacks", text, notes.get("rolled_back", 0))
    if "at" not in notes:
        return
    drift = GaugeMetricFamily(
        "storefront_gate_drift_variants", "Copies the last comparison found different, by how.", labels=["kind"]
    )
    for kind in DriftKind:
        drift.add_metric([kind.value], notes.get(kind.value, 0))
    yield drift
    text = "When all copies were last compared, in Unix time."
    yield GaugeMetricFamily("storefront_gate_compared_timestamp_seconds", text, notes["at"])


def _read_queue(connection: "Redis") -> Iterator[Metric]:
    try:
        queue = look_at_queue(connection)
    except RedisError:
        yield GaugeMetricFamily("storefront_queue_up", "Whether the server of the job queue answers.", 0)
        return
    yield GaugeMetricFamily("storefront_queue_up", "Whether the server of the job queue answers.", 1)
    jobs = GaugeMetricFamily("storefront_queue_jobs", "Jobs in the queue, by how they stand.", labels=["state"])
    jobs.add_metric(["queued"], queue.queued)
    jobs.add_metric(["running"], queue.at_work)
    yield jobs
    yield GaugeMetricFamily("storefront_queue_workers", "Workers that have signed on to the queue.", queue.workers)
