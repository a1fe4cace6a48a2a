"""How many workers there should be now: what the model advises, more while rows pile up, fewer only in calm."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from storefront.insight.queueing.model import Load, servers_for

# Within so long a pile is to be worked off.
DRAIN_SECONDS = 20.0
# So long fewer must have been enough before one worker is let go: starting one costs a second of processor time.
CALM_SECONDS = 60.0
# Arrivals are averaged over about so long.
MEMORY_SECONDS = 60.0


class Bounds(NamedTuple):
    """How few and how many workers there may be."""

    fewest: int
    most: int

    def within(self, workers: int) -> int:
        """The nearest number that may be."""
        return max(self.fewest, min(self.most, workers))


class Seen(NamedTuple):
    """One look at the queue: `moment` is in seconds of any steady clock, `due` are rows that wait.

    `oldest_seconds` is for how long the oldest in SQL has been due, `staged` how many rows there have ever been.
    """

    moment: float
    due: int
    oldest_seconds: float
    staged: int


@dataclass
class Scaler:
    """Decides from one look to the next. `usual` is the load of this hour of the week, None while nothing is known."""

    bounds: Bounds
    target_seconds: float
    usual: Load | None = None
    arrivals_per_second: float = 0.0
    _last: Seen | None = None
    _calm_since: float | None = None
    _pile_since: float | None = None

    def decide(self, seen: Seen, workers: int) -> int:
        """How many there should be, never more than one fewer than there are."""
        self._learn(seen)
        wanted = self.bounds.within(max(self._for_arrivals(), self._for_pile(seen, workers)))
        if wanted >= workers:
            self._calm_since = None
            return wanted
        if self._calm_since is None:
            self._calm_since = seen.moment
        if seen.moment - self._calm_since < CALM_SECONDS:
            return self.bounds.within(workers)
        self._calm_since = seen.moment
        return max(wanted, workers - 1)

    def _learn(self, seen: Seen) -> None:
        last, self._last = self._last, seen
        if last is None or seen.moment <= last.moment:
            return
        passed = seen.moment - last.moment
        share = 1 - math.exp(-passed / MEMORY_SECONDS)
        self.arrivals_per_second += share * ((seen.staged - last.staged) / passed - self.arrivals_per_second)

    def _for_arrivals(self) -> int:
        """What the model advises for what comes just now, or usually comes at this hour if that is more."""
        if self.usual is None:
            return 1
        now = max(self.arrivals_per_second, self.usual.arrivals_per_second)
        return servers_for(self.usual._replace(arrivals_per_second=now), self.target_seconds)

    def _for_pile(self, seen: Seen, workers: int) -> int:
        """Enough to work off what has waited for too long; one more at a time while nobody knows what a job takes.

        RQ does not say for how long its rows have waited: since there was last no pile, at most.
        """
        if not seen.due:
            self._pile_since = None
            return 1
        if self._pile_since is None:
            self._pile_since = seen.moment
        if max(seen.oldest_seconds, seen.moment - self._pile_since) <= self.target_seconds:
            return 1
        if self.usual is None:
            return workers + 1
        return math.ceil((seen.due / DRAIN_SECONDS + self.arrivals_per_second) * self.usual.service_seconds)
