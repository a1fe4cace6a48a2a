"""A token bucket: calls of one process stay below the provider's rate limit by waiting their turn."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets `per_second` calls through, and as many at once when nobody called for a second; 0 lets all through.

    Threads take their turns in order: each is told how long to wait, and waits outside of the lock.
    """

    def __init__(
        self,
        per_second: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._now, self._sleep = now, sleep
        self._lock = threading.Lock()
        self._tokens, self._counted_at = per_second, now()

    def wait(self) -> None:
        """Return when it is this call's turn."""
        if not self._per_second:
            return
        with self._lock:
            moment = self._now()
            gained = (moment - self._counted_at) * self._per_second
            self._tokens, self._counted_at = min(self._tokens + gained, self._per_second) - 1, moment
            seconds = -self._tokens / self._per_second
        if seconds > 0:
            self._sleep(seconds)
