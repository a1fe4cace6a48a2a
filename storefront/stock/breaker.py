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
        self._ticket = 1

    @property
    def state(self) -> BreakerState:
        """How it stands."""
        return self._state

    def allows(self) -> int:
        """0 when the server is not to be asked now, else the ticket to give to `succeeded` or `failed`.

        A ticket is good until the state changes or another trial begins: what was asked before says nothing about now.
        """
        with self._lock:
            if self._state is BreakerState.CLOSED:
                return self._ticket
            if self._is_trying or self._clock() < self._rests_until:
                return 0
            self._turn(BreakerState.TRIAL)
            self._is_trying = True
            return self._ticket

    def succeeded(self, ticket: int) -> None:
        """The server has answered."""
        with self._lock:
            if ticket != self._ticket:
                return
            self._is_trying = False
            self._count = 0 if self._state is BreakerState.CLOSED else self._count + 1
            if self._count >= SUCCESSES_TO_CLOSE:
                self._turn(BreakerState.CLOSED)
                self._count = 0

    def failed(self, ticket: int) -> None:
        """The server has not answered, or not in time."""
        with self._lock:
            if ticket != self._ticket:
                return
            self._is_trying = False
            self._count = self._count + 1 if self._state is BreakerState.CLOSED else FAILURES_TO_OPEN
            if self._count >= FAILURES_TO_OPEN:
                self._turn(BreakerState.OPEN)
                self._count = 0
                self._rests_until = self._clock() + REST_SECONDS

    def _turn(self, state: BreakerState) -> None:
        self._state = state
        self._ticket += 1
