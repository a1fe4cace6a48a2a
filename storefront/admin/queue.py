"""What the job server says about itself: queues with their length, workers with their last sign of life."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import current_app

from storefront.core.errors import N_, Unavailable
from storefront.core.redis import connect

if TYPE_CHECKING:
    from rq.worker import BaseWorker

TIMEOUT_SECONDS = 1.0


class QueueAway(Unavailable):
    """The job server does not answer."""

    message = N_("The job server does not answer. Jobs are kept and go on as soon as it is back.")


@dataclass(frozen=True)
class WorkerState:
    """One worker: `state` as RQ calls it ("idle", "busy", "suspended"), and when it was last heard of."""

    name: str
    state: str
    heard_at: datetime | None


@dataclass(frozen=True)
class QueueState:
    """Waiting jobs per queue, and the workers that are alive."""

    queues: dict[str, int]
    workers: list[WorkerState]


def look() -> QueueState:
    """Ask the job server; raises QueueAway when it does not answer within a second."""
    # Only this page needs them, so that a web process that never shows it stays small.
    from redis import RedisError
    from rq import Queue, Worker
    from rq.serializers import JSONSerializer

    connection = connect(current_app.config["SETTINGS"].redis_queue_url, TIMEOUT_SECONDS)
    try:
        queues = {queue.name: queue.count for queue in Queue.all(connection, serializer=JSONSerializer)}
        workers = [_state(worker) for worker in Worker.all(connection, serializer=JSONSerializer)]
    except RedisError as error:
        raise QueueAway() from error
    return QueueState(dict(sorted(queues.items())), sorted(workers, key=lambda worker: worker.name))


def _state(worker: "BaseWorker") -> WorkerState:
    return WorkerState(worker.name, str(worker.get_state()), _aware(worker.last_heartbeat))


def _aware(moment: datetime | None) -> datetime | None:
    """RQ keeps UTC, of late with its zone and before without."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
