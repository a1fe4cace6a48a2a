"""A circuit breaker: a server that hangs is not asked by every shopper, and not trusted again at its first answer."""

import time
from collections.abc import Callable
from enum import StrEnum
from threading import Lock

FAILURES_TO_OPEN = 3
SUCCESSES_TO_CLOSE = 3
REST_SECONDS = 1.0


class BreakerState(StrEnum):
    """`closed`: everybody asks. `open`: nobody does. `trial`: one at a time does, until enough have been answered."""

    CLOSED = "closed"
    OPEN = "open"
    TRIAL = "trial"


class Breaker:
    """Thread-safe; `clock` gives monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._state = BreakerState.CLOSED
        self._count = 0
        self._rests_until = 0.0
        self._is_trying = False

    @property
    def state(self) -> BreakerState:
        """How it stands."""
        return self._state

    def allows(self) -> bool:
        """Whether to ask the server now; every True is answered with `succeeded` or `failed`."""
        with self._lock:
            if self._state is BreakerState.CLOSED:
                return True
            if self._is_trying or self._clock() < self._rests_until:
                return False
            self._state, self._is_trying = BreakerState.TRIAL, True
            return True

    def succeeded(self) -> None:
        """The server has answered."""
        with self._lock:
            self._is_trying = False
            if self._state is BreakerState.CLOSED:
                self._count = 0
                return
            self._count += 1
            if self._count >= SUCCESSES_TO_CLOSE:
                self._state, self._count = BreakerState.CLOSED, 0

    def failed(self) -> None:
        """The server has not answered, or not in time."""
        with self._lock:
            self._is_trying = False
            self._count = self._count + 1 if self._state is BreakerState.CLOSED else FAILURES_TO_OPEN
            if self._count >= FAILURES_TO_OPEN:
                self._state, self._count = BreakerState.OPEN, 0
                self._rests_until = self._clock() + REST_SECONDS
