"""What the web processes count; each reads the counts of all of them."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from flask import Flask, current_app
from prometheus_client import CollectorRegistry, Counter, Gauge, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from storefront.stock.breaker import BreakerState
from storefront.stock.holds import get_holds

EXTENSION = "storefront_counts"
OUTCOMES = ("held", "refused", "unguarded", "skipped", "failed")
# The worst of several processes is the largest.
STATES = (BreakerState.CLOSED, BreakerState.TRIAL, BreakerState.OPEN)


class Counts:
    """The counters of one app. With PROMETHEUS_MULTIPROC_DIR in the environment they lie in files there."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._asked = Counter(
            "storefront_gate",
            "Questions to the stock gate by what came of them, since the web server began.",
            ["outcome"],
            registry=self._registry,
        )
        self._breaker = Gauge(
            "storefront_gate_breaker",
            "Whether the gate is asked: 0 yes, 1 on trial, 2 no. The worst of all web processes.",
            registry=self._registry,
            multiprocess_mode="livemax",
        )
        for outcome in OUTCOMES:
            self._asked.labels(outcome)
        self._breaker.set(0)

    def note(self, outcome: str, state: BreakerState) -> None:
        """Count what came of a question, and how the breaker stands now."""
        self._asked.labels(outcome).inc()
        self._breaker.set(STATES.index(state))

    def collect(self) -> Iterable[Metric]:
        """The counts of all web processes of this server."""
        folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        if not folder:
            return self._registry.collect()
        _bury(Path(folder))
        found: Iterable[Metric] = MultiProcessCollector(None, folder).collect()  # type: ignore[no-untyped-call]
        return found

    def of_gate(self) -> tuple[BreakerState, dict[str, int]]:
        """How the breaker stands, and how often each outcome came, over all web processes."""
        samples = [sample for metric in self.collect() for sample in metric.samples]
        state = max(int(one.value) for one in samples if one.name == "storefront_gate_breaker")
        return STATES[state], {
            one.labels["outcome"]: int(one.value) for one in samples if one.name == "storefront_gate_total"
        }


def init_counts(app: Flask) -> None:
    """Count what the app's gate answers."""
    counts = app.extensions[EXTENSION] = Counts()
    with app.app_context():
        holds = get_holds()
    holds.on_count = lambda outcome: counts.note(outcome, holds.breaker.state)


def get_counts() -> Counts:
    """The counts of the running shop."""
    counts: Counts = current_app.extensions[EXTENSION]
    return counts


def _bury(folder: Path) -> None:
    """A process that was killed says nothing more about now; what it counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        number = int(file.stem.rpartition("_")[2])
        with suppress(PermissionError):
            try:
                os.kill(number, 0)
            except ProcessLookupError:
                mark_process_dead(number, str(folder))  # type: ignore[no-untyped-call]
