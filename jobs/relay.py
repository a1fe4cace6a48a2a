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
RESULT_SECONDS = 60
FAILURE_SECONDS = 86_400
log = logging.getLogger("storefront.relay")


def relay_once(connection: "Redis") -> int:
    """Hand over what is due and return how many rows that were; opens a transaction.

    When Redis does not take them they are given back and cost no try; raises redis.RedisError then.
    """
    from redis import RedisError

    with transaction() as session:
        claimed = outbox.claim_due(session)
    if not claimed:
        return 0
    try:
        _enqueue(connection, claimed)
    except RedisError:
        with transaction() as session:
            outbox.give_back(session, [job_id for job_id, _ in claimed])
        raise
    return len(claimed)


def _enqueue(connection: "Redis", claimed: list[tuple[int, int]]) -> None:
    """One round trip; the job's id carries the try, because RQ may still hold the one that was killed."""
    from rq import Queue
    from rq.serializers import JSONSerializer

    prepared = [
        Queue.prepare_data(
            "jobs.worker.perform",
            args=[job_id],
            job_id=f"outbox-{job_id}-{attempt}",
            timeout=TIMEOUT_SECONDS,
            result_ttl=RESULT_SECONDS,
            failure_ttl=FAILURE_SECONDS,
        )
        for job_id, attempt in claimed
    ]
    Queue(QUEUE, connection=connection, serializer=JSONSerializer).enqueue_many(prepared)
