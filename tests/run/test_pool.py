"""The pool with real workers, real Valkey and a real outbox: it grows in a rush, shrinks in calm and kills no job."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from flask import Flask
from redis import Redis

from storefront.config import Settings
from storefront.core import outbox
from storefront.core.db import transaction
from storefront.run.pool import Pool
from tests.run import pooled

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 180


@pytest.fixture
def pool(context: Flask, settings: Settings, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A pool of one to three workers, and a clock that hands rows to them."""
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_queue_url,
        "SECRET_KEY": settings.secret_key,
    }
    clock = [sys.executable, "-m", "storefront.run.child", str(os.getpid()), "clock"]
    with (tmp_path / "pool.log").open("wb") as log:
        started = [
            subprocess.Popen(command, env=environ, stdout=log, stderr=log, start_new_session=True)
            for command in ([sys.executable, pooled.__file__, "pool"], clock)
        ]
    yield started[0]
    for process in started:
        for child in [*_children(process), process]:
            child.kill()
        process.wait(10)


def _children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children()
    except psutil.NoSuchProcess:
        return []


def until(reached: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def stage(count: int, seconds: float, first: int = 0) -> None:
    with transaction():
        for number in range(first, first + count):
            outbox.stage("tests.sleep", number=number, seconds=seconds)


def numbers(redis: Redis, key: str) -> list[int]:
    return sorted(int(number) for number in redis.lrange(key, 0, -1))


def test_pool_grows_in_a_rush_shrinks_in_calm_and_does_each_job_once(
    pool: subprocess.Popen[bytes], settings: Settings
) -> None:
    redis = Redis.from_url(settings.redis_queue_url)
    until(lambda: len(_children(pool)) == 1, "the first worker")
    stage(40, 0.4)
    until(lambda: len(_children(pool)) == 3, "three workers")
    until(lambda: numbers(redis, pooled.ENDED) == list(range(40)), "every job")
    until(lambda: len(_children(pool)) == 1, "one worker again")
    assert numbers(redis, pooled.BEGUN) == list(range(40))
    assert pool.poll() is None


def test_worker_that_was_killed_is_replaced(pool: subprocess.Popen[bytes], settings: Settings) -> None:
    until(lambda: len(_children(pool)) == 1, "the first worker")
    (worker,) = _children(pool)
    worker.kill()
    until(lambda: any(child.pid != worker.pid for child in _children(pool)), "another worker")
    stage(1, 0.0)
    redis = Redis.from_url(settings.redis_queue_url)
    until(lambda: numbers(redis, pooled.ENDED) == [0], "its job")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_waits_for_the_jobs_under_way(
    pool: subprocess.Popen[bytes], settings: Settings, number: signal.Signals
) -> None:
    redis = Redis.from_url(settings.redis_queue_url)
    stage(1, 4.0)
    until(lambda: numbers(redis, pooled.BEGUN) == [0], "its beginning")
    os.kill(pool.pid, number)
    assert pool.wait(PATIENCE_SECONDS) == 0
    assert numbers(redis, pooled.ENDED) == [0]


# A process that counts how often it is told to end, and ends a moment after the first time.
COUNTING = """
import signal, sys, time
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(1))
open(sys.argv[1] + ".ready", "w").close()
while not told:
    time.sleep(0.05)
time.sleep(1.5)
open(sys.argv[1], "w").write(str(len(told)))
"""


def test_worker_is_told_once_and_only_while_it_does_nothing(tmp_path: Path) -> None:
    """RQ takes a second signal for the wish to kill the job."""
    seen = tmp_path / "told"
    pool = Pool([sys.executable, "-c", COUNTING, str(seen)], lambda _text: None)
    pool.follow(1, set())
    (member,) = pool.staying
    until((tmp_path / "told.ready").exists, "its beginning")
    pool.follow(0, set())
    assert pool.staying == [member], "it is at work"
    pool.follow(0, {member.pid})
    pool.follow(0, {member.pid})
    assert pool.staying == []
    time.sleep(0.5)
    pool.close()
    assert seen.read_text() == "1"


def test_worker_that_keeps_dying_is_started_later_and_later(tmp_path: Path) -> None:
    said: list[str] = []
    pool = Pool([sys.executable, "-c", "raise SystemExit(3)"], said.append)
    pool.follow(1, set())
    pool.members[0].process.wait()
    pool.follow(1, set())
    assert pool.members == [], "it waits a second before it tries again"
    assert "has ended (3)" in said[-1]
