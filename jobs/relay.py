"""The relay: hands due outbox rows to RQ."""

import logging
from typing import TYPE_CHECKING

from storefront.core import outbox
from storefront.core.db import transaction
from storefront.core.redis import QUEUE, look_at_queue

if TYPE_CHECKING:
    from redis import Redis

# A try is ended before its lease is, so that the next one never runs beside it.
TIMEOUT_SECONDS = outbox.LEASE_SECONDS - 10
# The rest waits in SQL, where the forks that are at work take it from.
MAX_QUEUED = 8
# While every worker is at work, a row is left to them for so long.
PATIENCE_SECONDS = 2.0
RESULT_SECONDS = 60
FAILURE_SECONDS = 86_400
log = logging.getLogger("storefront.relay")


def relay_once(connection: "Redis") -> int:
    """Hand over what is due and return how many rows that were; opens a transaction.

    While the workers are behind, rows wait in SQL. When Redis does not take them they are given back; raises
    redis.RedisError then.
    """
    from redis import RedisError

    room, patience = _look(connection)
    if room <= 0:
        return 0
    with transaction() as session:
        claimed = outbox.claim_due(session, room, patience)
    if not claimed:
        return 0
    try:
        _enqueue(connection, claimed)
    except RedisError:
        with transaction() as session:
            outbox.give_back(session, claimed)
        raise
    return len(claimed)


def _look(connection: "Redis") -> tuple[int, float]:
    """For how many rows the queue has room, and how long a row must have been due to be put there."""
    queue = look_at_queue(connection)
    is_busy = queue.at_work > 0 and queue.queued + queue.at_work >= queue.workers
    return MAX_QUEUED - queue.queued, PATIENCE_SECONDS if is_busy else 0


def _enqueue(connection: "Redis", claimed: list[tuple[int, int]]) -> None:
    """One round trip; the job's id carries the try, because RQ may still hold the one that was killed.

    A row that has waited in RQ for longer than its lease gets there twice; the second time its try has begun already.
    """
    from rq import Queue
    from rq.serializers import JSONSerializer

    prepared = [
        Queue.prepare_data(
            "jobs.worker.work",
            args=[job_id, attempt],
            job_id=f"outbox-{job_id}-{attempt}",
            timeout=TIMEOUT_SECONDS,
            result_ttl=RESULT_SECONDS,
            failure_ttl=FAILURE_SECONDS,
        )
        for job_id, attempt in claimed
    ]
    Queue(QUEUE, connection=connection, serializer=JSONSerializer).enqueue_many(prepared)
