"""The relay: hands due outbox rows to RQ."""

import logging
from typing import TYPE_CHECKING

from jobs.worker import QUEUE
from storefront.core import outbox
from storefront.core.db import transaction

if TYPE_CHECKING:
    from redis import Redis

# A try is ended before its lease is, so that the next one never runs beside it.
TIMEOUT_SECONDS = outbox.LEASE_SECONDS - 10
# A row is handed over again when its lease ends, so that a long queue would only fill with repetitions.
MAX_QUEUED = 1000
# Up to this many due rows each get a fork of their own, so that a slow one holds up no other.
FEW = 8
MAX_BATCH = 10
RESULT_SECONDS = 60
FAILURE_SECONDS = 86_400
log = logging.getLogger("storefront.relay")


def relay_once(connection: "Redis") -> int:
    """Hand over what is due and return how many rows that were; opens a transaction.

    While the workers are behind, rows wait in SQL. When Redis does not take them they are given back; raises
    redis.RedisError then.
    """
    from redis import RedisError

    if connection.llen(f"rq:queue:{QUEUE}") >= MAX_QUEUED:
        return 0
    with transaction() as session:
        claimed = outbox.claim_due(session)
    if not claimed:
        return 0
    try:
        _enqueue(connection, claimed)
    except RedisError:
        with transaction() as session:
            outbox.give_back(session, claimed)
        raise
    return len(claimed)


def in_batches(claimed: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Each row by itself while few are due; in a rush up to ten in one job, because a fork costs more than most rows.

    What a batch does not get to within its time is handed over again with its lease.
    """
    size = 1 if len(claimed) <= FEW else min(MAX_BATCH, len(claimed) // 4)
    return [claimed[start : start + size] for start in range(0, len(claimed), size)]


def _enqueue(connection: "Redis", claimed: list[tuple[int, int]]) -> None:
    """One round trip; the job's id carries the try, because RQ may still hold the one that was killed.

    A row that has waited in RQ for longer than its lease gets there twice; the second time its try has begun already.
    """
    from rq import Queue
    from rq.serializers import JSONSerializer

    prepared = [
        Queue.prepare_data(
            "jobs.worker.perform",
            args=[number for row in batch for number in row],
            job_id=f"outbox-{batch[0][0]}-{batch[0][1]}",
            timeout=TIMEOUT_SECONDS,
            result_ttl=RESULT_SECONDS,
            failure_ttl=FAILURE_SECONDS,
        )
        for batch in in_batches(claimed)
    ]
    Queue(QUEUE, connection=connection, serializer=JSONSerializer).enqueue_many(prepared)
