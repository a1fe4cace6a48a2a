"""The breaker opens late, closes later, and lets one at a time find out."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from storefront.stock.breaker import FAILURES_TO_OPEN, REST_SECONDS, SUCCESSES_TO_CLOSE, Breaker, BreakerState


class Seconds:
    """A monotonic clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def opened(seconds: Seconds) -> Breaker:
    """A breaker that has just opened."""
    breaker = Breaker(seconds)
    for _ in range(FAILURES_TO_OPEN):
        assert breaker.allows()
        breaker.failed()
    assert breaker.state is BreakerState.OPEN
    return breaker


def test_failures_with_an_answer_between_them_do_not_open_it() -> None:
    breaker = Breaker()
    for _ in range(10):
        for _ in range(FAILURES_TO_OPEN - 1):
            breaker.failed()
        breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
    assert breaker.allows()


def test_an_open_one_asks_nobody_until_it_has_rested(opened: Breaker, seconds: Seconds) -> None:
    assert not opened.allows()
    seconds.now += REST_SECONDS - 0.01
    assert not opened.allows()
    seconds.now += 0.02
    assert opened.allows()
    assert opened.state is BreakerState.TRIAL


def test_one_at_a_time_tries(opened: Breaker, seconds: Seconds) -> None:
    seconds.now += REST_SECONDS
    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(lambda _: opened.allows(), range(64)))
    assert allowed.count(True) == 1
    opened.succeeded()
    assert opened.allows()


def test_it_closes_after_several_answers_and_not_after_one(opened: Breaker, seconds: Seconds) -> None:
    seconds.now += REST_SECONDS
    for number in range(SUCCESSES_TO_CLOSE):
        assert opened.state is not BreakerState.CLOSED, number
        assert opened.allows()
        opened.succeeded()
    assert opened.state is BreakerState.CLOSED
    assert [opened.allows() for _ in range(4)] == [True] * 4


def test_one_failure_while_it_tries_opens_it_again_for_the_whole_rest(opened: Breaker, seconds: Seconds) -> None:
    seconds.now += REST_SECONDS
    assert opened.allows()
    opened.succeeded()
    assert opened.allows()
    opened.failed()
    assert opened.state is BreakerState.OPEN
    seconds.now += REST_SECONDS - 0.01
    assert not opened.allows()
    seconds.now += 0.02
    for _ in range(SUCCESSES_TO_CLOSE):
        assert opened.allows()
        opened.succeeded()
    assert opened.state is BreakerState.CLOSED


def test_it_counts_anew_after_it_has_closed(opened: Breaker, seconds: Seconds) -> None:
    seconds.now += REST_SECONDS
    for _ in range(SUCCESSES_TO_CLOSE):
        opened.allows()
        opened.succeeded()
    for _ in range(FAILURES_TO_OPEN - 1):
        opened.failed()
    assert opened.state is BreakerState.CLOSED
    opened.failed()
    assert opened.state is BreakerState.OPEN
