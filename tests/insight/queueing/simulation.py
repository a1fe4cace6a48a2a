"""A simulation of a queue, event by event: the next to be served is taken by the server that is free first."""

import heapq
import math
from collections.abc import Callable
from random import Random
from typing import NamedTuple

Draw = Callable[[Random], float]


class Simulated(NamedTuple):
    """What the arrivals of a simulated queue waited, in its unit of time (a mean service)."""

    wait_probability: float
    mean: float
    p95: float


def simulate(
    servers: int, utilisation: float, arrivals: Draw, services: Draw, count: int, seed: int, handover: float = 0.0
) -> Simulated:
    """So many arrivals of which the first twentieth is left out; both draws have the mean 1.

    A server that has nothing to do begins after 0 to twice the `handover`, anything between being as likely.
    """
    random, moment, waits = Random(seed), 0.0, []
    free_at = [0.0] * servers
    for _ in range(count):
        moment += arrivals(random) / (servers * utilisation)
        begun_at = max(moment, free_at[0])
        if handover and free_at[0] <= moment:
            begun_at += random.random() * 2 * handover
        heapq.heapreplace(free_at, begun_at + services(random))
        waits.append(begun_at - moment)
    waits = sorted(waits[count // 20 :])
    waited = sum(wait > 0 for wait in waits)
    return Simulated(waited / len(waits), math.fsum(waits) / len(waits), waits[int(0.95 * len(waits))])


def exponential(random: Random) -> float:
    """Squared variation 1: the next comes whenever it comes."""
    return random.expovariate(1)


def constant(_random: Random) -> float:
    """Squared variation 0."""
    return 1.0


def gamma(scv: float) -> Draw:
    """Of that squared variation."""
    return lambda random: random.gammavariate(1 / scv, scv)


def lognormal(scv: float) -> Draw:
    """Of that squared variation, with a long tail."""
    variance = math.log(1 + scv)
    return lambda random: random.lognormvariate(-variance / 2, math.sqrt(variance))


def hyperexponential(scv: float) -> Draw:
    """Of that squared variation: rushes and pauses, or some that take much longer than most (balanced means)."""
    share = 0.5 * (1 + math.sqrt((scv - 1) / (scv + 1)))
    return lambda random: random.expovariate(2 * share if random.random() < share else 2 * (1 - share))
