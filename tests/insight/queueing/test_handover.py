"""Waits for workers that look at intervals are those of a simulation, and agree with what is known exactly."""

import math

import pytest

from storefront.insight.queueing.handover import waiting_with_handover
from storefront.insight.queueing.model import Load, waiting
from tests.insight.queueing.simulation import exponential, gamma, simulate


def test_hand_over_is_a_wait_that_no_number_of_workers_makes_shorter() -> None:
    told = waiting_with_handover(Load(0.01, 1.0), 50, 0.1)
    assert told.mean_seconds == pytest.approx(0.1, rel=2e-3)
    assert told.p95_seconds == pytest.approx(0.19, rel=2e-3), "who looks every 0.2 s finds it at random within them"


def test_without_hand_over_nothing_changes() -> None:
    for load in (Load(0.9, 1.0), Load(0.3, 1.0, 1.0, 0.25), Load(0.0, 1.0)):
        assert waiting_with_handover(load, 1, 0.0) == waiting(load, 1)
        short = waiting_with_handover(load, 1, 1e-9)
        assert short.p95_seconds == pytest.approx(waiting(load, 1).p95_seconds, rel=2e-3, abs=1e-8)


def test_more_than_can_be_done_waits_for_ever() -> None:
    assert math.isinf(waiting_with_handover(Load(2.0, 1.0), 1, 0.1).mean_seconds)


def test_one_worker_is_welchs_queue() -> None:
    """Mean wait of M/G/1 whose first customers of a busy period are served longer (Welch 1964)."""
    rate, handover = 0.6, 0.5
    first, second = handover, 4 / 3 * handover**2
    expected = waiting(Load(rate, 1.0), 1).mean_seconds + (2 * first + rate * second) / (2 * (1 + rate * first))
    assert waiting_with_handover(Load(rate, 1.0), 1, handover).mean_seconds == pytest.approx(expected)


@pytest.mark.parametrize("servers", [1, 2, 5])
@pytest.mark.parametrize("utilisation", [0.3, 0.6, 0.85])
@pytest.mark.parametrize("handover", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("services", [0.25, 1.0])
def test_it_is_within_15_percent_of_the_simulation(
    services: float, handover: float, utilisation: float, servers: int
) -> None:
    told = waiting_with_handover(Load(servers * utilisation, 1.0, 1.0, services), servers, handover)
    seen = simulate(servers, utilisation, exponential, gamma(services), 100_000, seed=6, handover=handover)
    assert told.mean_seconds == pytest.approx(seen.mean, rel=0.15)
    assert told.p95_seconds == pytest.approx(seen.p95, rel=0.15)
