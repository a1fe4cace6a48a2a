"""The relay: every due row reaches RQ, and no trouble with Redis costs a row anything but time."""

import json
import zlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis, RedisError

from jobs.relay import PATIENCE_SECONDS, TIMEOUT_SECONDS, relay_once
from jobs.worker import perform
from storefront.config import Settings
from storefront.core import clock, outbox
from storefront.core.db import transaction
from storefront.core.outbox import LEASE_SECONDS, OutboxStatus
from tests.fixtures.races import at_once
from tests.fixtures.shop import on_every_database
from tests.jobs.killable import KillableValkey
from tests.jobs.rows import row, stage

QUEUE_KEY = "rq:queue:shop"


@pytest.fixture
def queue(settings: Settings) -> Iterator[Redis]:
    with Redis.from_url(settings.redis_queue_url) as connection:
        yield connection


def queued(connection: Redis) -> list[int]:
    """The outbox ids that wait in RQ, in order; each once for every time it was handed over."""
    keys = [f"rq:job:{key.decode()}" for key in connection.lrange(QUEUE_KEY, 0, -1)]
    return [job_id for key in keys for job_id in _call(connection, key)[2][::2]]


def _call(connection: Redis, key: str) -> list:  # type: ignore[type-arg]
    data = connection.hget(key, "data")
    assert data is not None
    return json.loads(zlib.decompress(data))


def test_due_rows_are_handed_over_in_order_and_only_once(context: Flask, queue: Redis) -> None:
    ids = stage("tests.job", 3)
    assert relay_once(queue) == 3
    assert relay_once(queue) == 0
    assert queued(queue) == ids


def test_what_rq_is_told_is_json_that_names_the_row(context: Flask, queue: Redis) -> None:
    (job_id,) = stage("tests.job")
    relay_once(queue)
    (key,) = queue.lrange(QUEUE_KEY, 0, -1)
    assert _call(queue, f"rq:job:{key.decode()}") == ["jobs.worker.work", None, [job_id, 1], {}]


def test_rows_wait_in_sql_while_the_workers_are_behind(
    context: Flask, queue: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.relay.MAX_QUEUED", 3)
    ids = stage("tests.job", 3)
    assert relay_once(queue) == 3
    later = stage("tests.job", 2)[3:]
    assert relay_once(queue) == 0
    queue.lpop(QUEUE_KEY, 2)
    assert relay_once(queue) == 2
    assert queued(queue) == ids[2:] + later


def test_while_every_worker_is_at_work_rows_are_left_to_them_for_two_seconds(
    context: Flask, queue: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.sadd("rq:workers:shop", "rq:worker:one")
    queue.zadd("rq:wip:shop", {"outbox-1-1": 1})
    ids = stage("tests.job", 2)
    assert relay_once(queue) == 0
    queue.sadd("rq:workers:shop", "rq:worker:two")
    assert relay_once(queue) == 2, "a second worker is idle"
    queue.srem("rq:workers:shop", "rq:worker:two")
    late = stage("tests.job")[-1]
    moment = row(late).due_at + timedelta(seconds=PATIENCE_SECONDS)
    monkeypatch.setattr("storefront.core.clock.now", lambda: moment)
    assert relay_once(queue) == 1, "whoever was at work may be dead"
    assert queued(queue) == [*ids, late]


def test_row_waits_for_its_worker_for_hours_and_loses_no_try(
    worker: Flask, queue: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No worker runs, so the row is handed over again whenever its lease ends; nobody may take that for failures."""
    (job_id,) = stage("outbox.forget_done")
    moment = clock.now()
    monkeypatch.setattr("storefront.core.clock.now", lambda: moment)
    monkeypatch.setattr("jobs.relay.MAX_QUEUED", 1000)
    for _ in range(200):
        moment += timedelta(seconds=LEASE_SECONDS)
        assert relay_once(queue) == 1
    assert (row(job_id).attempts, row(job_id).status) == (0, OutboxStatus.WAITING)
    for key in queue.lrange(QUEUE_KEY, 0, -1):
        perform(*_call(queue, f"rq:job:{key.decode()}")[2])
    assert (row(job_id).attempts, row(job_id).status) == (1, OutboxStatus.DONE)


def test_row_is_not_given_back_once_a_worker_has_begun_it(worker: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis took the rows and its answer was lost: a second hand-over would run beside the first."""
    begun, unbegun = stage("tests.job", 2)

    def enqueue(_connection: object, claimed: list[tuple[int, int]]) -> None:
        with transaction():
            assert outbox.begin(*claimed[0])
        raise RedisError("the answer was lost")

    monkeypatch.setattr("jobs.relay._enqueue", enqueue)
    with KillableValkey() as valkey:
        valkey.start()
        with pytest.raises(RedisError, match="lost"):
            relay_once(valkey.client())
    assert row(begun).due_at > clock.now() + timedelta(seconds=LEASE_SECONDS - 10)
    assert row(unbegun).due_at <= clock.now()


def test_rows_are_given_back_without_losing_a_try_while_redis_is_down(context: Flask) -> None:
    ids = stage("tests.job", 3)
    with KillableValkey() as valkey:
        for _ in range(outbox.MAX_ATTEMPTS + 2):
            with pytest.raises(RedisError):
                relay_once(valkey.client())
        assert [row(job_id).attempts for job_id in ids] == [0, 0, 0]
        valkey.start()
        assert relay_once(valkey.client()) == 3
        assert queued(valkey.client()) == ids


def test_row_that_redis_forgot_is_handed_over_again_after_its_lease(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job_id,) = stage("tests.job")
    with KillableValkey() as valkey:
        valkey.start()
        assert relay_once(valkey.client()) == 1
        valkey.kill()
        valkey.start()
        assert relay_once(valkey.client()) == 0
        lease_end = row(job_id).due_at
        monkeypatch.setattr("storefront.core.clock.now", lambda: lease_end)
        assert relay_once(valkey.client()) == 1
        assert queued(valkey.client()) == [job_id]


@on_every_database
def test_two_relays_hand_each_row_over_once(context: Flask, queue: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.relay.MAX_QUEUED", 40)
    ids = stage("tests.job", 60)
    handed = at_once(context, [lambda: relay_once(queue)] * 2).won()
    # Both may have found room for forty; what they left waits for room now.
    monkeypatch.setattr("jobs.relay.MAX_QUEUED", 100)
    while more := relay_once(queue):
        handed.append(more)
    assert sum(handed) == 60
    assert sorted(queued(queue)) == ids


def test_second_try_reaches_rq_beside_what_is_left_of_the_first(
    context: Flask, queue: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RQ may still hold the job of a worker that was killed; a job under the same id would overwrite it."""
    (job_id,) = stage("tests.job")
    relay_once(queue)
    with transaction():
        assert outbox.begin(job_id, 1)
    lease_end = row(job_id).due_at
    monkeypatch.setattr("storefront.core.clock.now", lambda: lease_end)
    relay_once(queue)
    assert queued(queue) == [job_id, job_id]
    assert len(set(queue.lrange(QUEUE_KEY, 0, -1))) == 2


def test_row_that_is_done_is_not_handed_over(context: Flask, queue: Redis) -> None:
    (job_id,) = stage("tests.job")
    with transaction():
        outbox.mark_done(job_id)
    assert relay_once(queue) == 0


def test_try_is_ended_before_its_lease() -> None:
    assert 0 < TIMEOUT_SECONDS < LEASE_SECONDS
