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
        fail(breaker)
    assert breaker.state is BreakerState.OPEN
    return breaker


def succeed(breaker: Breaker) -> None:
    ticket = breaker.allows()
    assert ticket
    breaker.succeeded(ticket)


def fail(breaker: Breaker) -> None:
    ticket = breaker.allows()
    assert ticket
    breaker.failed(ticket)


def test_failures_with_an_answer_between_them_do_not_open_it() -> None:
    breaker = Breaker()
    for _ in range(10):
        for _ in range(FAILURES_TO_OPEN - 1):
            fail(breaker)
        succeed(breaker)
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
        tickets = [ticket for ticket in pool.map(lambda _: opened.allows(), range(64)) if ticket]
    assert len(tickets) == 1
    opened.succeeded(tickets[0])
    assert opened.allows()


def test_who_asked_before_it_opened_says_nothing_about_the_trial(seconds: Seconds) -> None:
    breaker = Breaker(seconds)
    early = [breaker.allows() for _ in range(FAILURES_TO_OPEN + 3)]
    for ticket in early[:FAILURES_TO_OPEN]:
        breaker.failed(ticket)
    rests_until = seconds.now + REST_SECONDS
    seconds.now = rests_until - 0.01
    breaker.failed(early[-3])
    seconds.now = rests_until
    trial = breaker.allows()
    assert trial, "a late failure must not prolong the rest"
    breaker.failed(early[-2])
    breaker.succeeded(early[-1])
    assert breaker.state is BreakerState.TRIAL
    assert not breaker.allows(), "a late answer must not let a second one try"
    breaker.succeeded(trial)
    assert breaker.allows()


def test_it_closes_after_several_answers_and_not_after_one(opened: Breaker, seconds: Seconds) -> None:
    seconds.now += REST_SECONDS
    for number in range(SUCCESSES_TO_CLOSE):
        assert opened.state is not BreakerState.CLOSED, number
        succeed(opened)
    assert opened.state is BreakerState.CLOSED
    assert all(opened.allows() for _ in range(4))


def test_one_failure_while_it_tries_opens_it_again_for_the_whole_rest(opened: Breaker, seconds: Seconds) -> None:
    seconds.now += REST_SECONDS
    succeed(opened)
    fail(opened)
    assert opened.state is BreakerState.OPEN
    seconds.now += REST_SECONDS - 0.01
    assert not opened.allows()
    seconds.now += 0.02
    for _ in range(SUCCESSES_TO_CLOSE):
        succeed(opened)
    assert opened.state is BreakerState.CLOSED


def test_it_counts_anew_after_it_has_closed(opened: Breaker, seconds: Seconds) -> None:
    seconds.now += REST_SECONDS
    for _ in range(SUCCESSES_TO_CLOSE):
        succeed(opened)
    for _ in range(FAILURES_TO_OPEN - 1):
        fail(opened)
    assert opened.state is BreakerState.CLOSED
    fail(opened)
    assert opened.state is BreakerState.OPEN
