"""Calls wait for each other rather than meet the provider's rate limit."""

import threading

from storefront.payments.pacing import Pace


class Time:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def test_a_burst_passes_and_what_follows_keeps_the_pace() -> None:
    time = Time()
    pace = Pace(10, now=time.now, sleep=time.sleep)
    for _ in range(10):
        pace.wait()
    assert time.slept == []
    for _ in range(50):
        pace.wait()
    assert abs(time.seconds - 5) < 1e-6


def test_rest_is_saved_up_for_no_longer_than_a_second() -> None:
    time = Time()
    pace = Pace(10, now=time.now, sleep=time.sleep)
    time.seconds = 3600
    for _ in range(11):
        pace.wait()
    assert len(time.slept) == 1


def test_without_a_rate_nothing_waits() -> None:
    time = Time()
    pace = Pace(0, now=time.now, sleep=time.sleep)
    for _ in range(1000):
        pace.wait()
    assert time.slept == []


def test_threads_take_turns() -> None:
    turns: list[float] = []
    pace = Pace(10, now=lambda: 0.0, sleep=turns.append)
    threads = [threading.Thread(target=pace.wait) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [round(turn, 6) for turn in sorted(turns)] == [round(n / 10, 6) for n in range(1, 21)]
