"""Connections to Redis, one per logical role: stock, queue, cache. Each role may be a server of its own."""

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from flask import current_app

if TYPE_CHECKING:
    from redis import Redis

    from storefront.config import Settings

# The one queue of RQ; `jobs` works on it.
QUEUE = "shop"


class QueueState(NamedTuple):
    """How many jobs wait in RQ's queue, how many are at work, and how many workers there are."""

    queued: int
    at_work: int
    workers: int


@lru_cache(maxsize=16)
def connect(url: str, timeout_seconds: float | None = None) -> "Redis":
    """One client per URL and time-out, shared by the process; it connects when first used."""
    from redis import Redis  # Kept out of start-up: half of the processes never talk to Redis.

    return Redis.from_url(
        url, socket_timeout=timeout_seconds, socket_connect_timeout=timeout_seconds or 2, health_check_interval=15
    )


def queue_redis() -> "Redis":
    """The client for RQ, without a read time-out: workers block on it."""
    settings: Settings = current_app.config["SETTINGS"]
    return connect(settings.redis_queue_url)


def cache_redis() -> "Redis":
    """The client for what may be lost at any time; it gives up after 250 ms."""
    settings: Settings = current_app.config["SETTINGS"]
    return connect(settings.redis_cache_url, 0.25)


def look_at_queue(connection: "Redis") -> QueueState:
    """The numbers of RQ's queue, in one round trip; raises redis.RedisError."""
    with connection.pipeline(transaction=False) as pipeline:
        pipeline.llen(f"rq:queue:{QUEUE}")
        pipeline.zcard(f"rq:wip:{QUEUE}")
        pipeline.scard(f"rq:workers:{QUEUE}")
        return QueueState(*pipeline.execute())
