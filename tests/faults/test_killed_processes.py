"""kill -9 in the middle of a confirmation: the order is paid within 90 s, once, with one mail.

All faults happen at the same time, each to a shop of its own and with the lease it has in service: most of each is
waiting, and nothing is shortened for the tests.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import psutil
import pytest

from tests.faults.factory import Factory

LIMIT_SECONDS = 90
# The worker notes the death of its fork, so that nobody waits for a lease of 60 s to end.
FORK_LIMIT_SECONDS = 45
log = logging.getLogger(__name__)
Fault = Callable[[Factory], list[int]]


def kill_horse_that_asks_the_provider(shop: Factory) -> list[int]:
    shop.box.may_go_on.set()
    order_id = shop.paid_order()
    with shop.provider_locked():
        shop.start("worker", "clock")
        shop.wait_until(shop.is_asking_provider)
        shop.kill_horse()
    return [order_id]


def kill_horse_that_sends_the_mail(shop: Factory) -> list[int]:
    order_id = shop.paid_order()
    shop.start("worker", "clock")
    shop.wait_until(shop.box.is_asked.is_set)
    shop.kill_horse()
    shop.box.may_go_on.set()
    return [order_id]


def kill_worker_that_asks_the_provider(shop: Factory) -> list[int]:
    shop.box.may_go_on.set()
    order_id = shop.paid_order()
    with shop.provider_locked():
        shop.start("worker", "clock")
        shop.wait_until(shop.is_asking_provider)
        shop.kill("worker")
    return [order_id]


def kill_worker_that_sends_the_mail(shop: Factory) -> list[int]:
    order_id = shop.paid_order()
    shop.start("worker", "clock")
    shop.wait_until(shop.box.is_asked.is_set)
    shop.kill("worker")
    shop.box.may_go_on.set()
    return [order_id]


def kill_clock_between_claim_and_hand_over(shop: Factory) -> list[int]:
    """Valkey takes nothing, so the clock has claimed the row and waits with its hand-over."""
    shop.box.may_go_on.set()
    order_id = shop.paid_order()
    with shop.hand_over_stopped():
        shop.start("clock")
        shop.wait_until(lambda: shop.is_claimed("payments.process_event"))
        shop.kill("clock")
        del shop.processes["clock"]
    assert not shop.valkey.client().exists("rq:queue:shop"), "the row was claimed and never handed over"
    shop.start("worker", "clock")
    return [order_id]


def kill_valkey_that_comes_back_empty(shop: Factory) -> list[int]:
    """One order is in the middle of its confirmation, and one waits in the queue that is lost."""
    shop.box.may_go_on.set()
    orders = [shop.paid_order(), shop.paid_order()]
    with shop.provider_locked():
        shop.start("worker", "clock")
        shop.wait_until(lambda: shop.is_asking_provider() and shop.valkey.client().llen("rq:queue:shop"))
        shop.kill_valkey()
        shop.valkey.start()
    return orders


FAULTS: tuple[Fault, ...] = (
    kill_horse_that_asks_the_provider,
    kill_horse_that_sends_the_mail,
    kill_worker_that_asks_the_provider,
    kill_worker_that_sends_the_mail,
    kill_clock_between_claim_and_hand_over,
    kill_valkey_that_comes_back_empty,
)


def suffer(fault: Fault) -> float:
    """Let the fault happen to a shop, check that each order ends well once, and give the seconds that took."""
    with Factory() as shop:
        orders = fault(shop)
        shop.check_once(orders)
        return shop.seconds_since_kill()


@pytest.fixture(scope="module")
def faults() -> Iterator[dict[Fault, "Future[float]"]]:
    """All faults, under way."""
    with ThreadPoolExecutor(len(FAULTS)) as pool:
        yield {fault: pool.submit(suffer, fault) for fault in FAULTS}


@pytest.mark.xdist_group("faults")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_order_is_paid_in_time_once_with_one_mail_after(fault: Fault, faults: dict[Fault, "Future[float]"]) -> None:
    seconds = faults[fault].result()
    log.info("%s: all was well %.1f s after the kill", fault.__name__, seconds)
    assert seconds < (FORK_LIMIT_SECONDS if "horse" in fault.__name__ else LIMIT_SECONDS)


@pytest.mark.xdist_group("faults")
def test_fork_dies_with_the_worker_that_was_killed() -> None:
    """It could otherwise go on beside the next try of the same job."""
    with Factory() as shop:
        shop.paid_order()
        with shop.provider_locked():
            shop.start("worker", "clock")
            shop.wait_until(shop.is_asking_provider)
            horse = shop.horse()
            assert horse is not None
            shop.kill("worker")
            _, alive = psutil.wait_procs([horse], timeout=5)
            assert alive == []
