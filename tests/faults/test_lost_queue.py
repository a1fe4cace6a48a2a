"""The server of the queue goes away: the worker waits for it, and can still be told to end."""

import signal
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from storefront.core.redis import look_at_queue
from tests.faults.factory import Factory
from tests.run.shop_process import eventually


@pytest.fixture
def factory() -> Iterator[Factory]:
    with Factory() as factory:
        factory.start("worker")
        assert eventually(lambda: count_workers(factory) == 1, 20)
        yield factory


def count_workers(factory: Factory) -> int:
    with Redis.from_url(factory.valkey.url) as client:
        return look_at_queue(client).workers


def test_the_worker_waits_for_it_and_works_again(factory: Factory) -> None:
    worker = factory.processes["worker"]
    factory.valkey.kill()
    time.sleep(3)
    assert worker.poll() is None
    factory.valkey.start()
    with Redis.from_url(factory.valkey.url) as client:
        client.flushall()
    assert eventually(lambda: count_workers(factory) == 1, 20), (factory.folder / "log").read_text()
    assert worker.poll() is None


def test_a_worker_that_begins_without_it_waits_for_it() -> None:
    with Factory() as factory:
        factory.valkey.kill()
        factory.start("worker")
        time.sleep(4)
        assert factory.processes["worker"].poll() is None, (factory.folder / "log").read_text()
        factory.valkey.start()
        assert eventually(lambda: count_workers(factory) == 1, 20), (factory.folder / "log").read_text()


def test_it_ends_when_it_is_told_to_meanwhile(factory: Factory) -> None:
    worker = factory.processes["worker"]
    factory.valkey.kill()
    time.sleep(3)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(10) in (0, -signal.SIGTERM)
