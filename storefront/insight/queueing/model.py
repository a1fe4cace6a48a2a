"""Waiting in a queue with several servers: M/M/c by Erlang, corrected for measured variation (G/G/c).

Allen and Cunneen multiply the mean wait of M/M/c by half the sum of the squared coefficients of variation (scv) of the
times between arrivals and of the services. Here that holds for those who wait at all, who are counted after
W. Whitt, Approximations for the GI/G/m queue, Production and Operations Management 2 (1993), and steady or unsteady
services weigh with several servers as T. Kimura has it, Approximations for multi-server queues (1994). Rushes that
servers have time for weigh less, after W. Kraemer and M. Langenbach-Belz, Approximate formulae for the delay in the
queueing system GI/G/1, 8th International Teletraffic Congress (1976).
docs/queueing.md says how far this is from simulations and from what really happens.
"""

import math
from typing import NamedTuple

from storefront.insight.queueing.gamma import gamma_quantile, normal_tail

P95 = 0.95
# A scv below is taken for none: nothing real is steadier than a hundredth of a percent.
STEADY = 1e-8
# Where so little varies next to nobody waits until servers are busy all the time; light traffic's formula says more.
CALM = 0.05
# Room for so many deviations of what is offered, and less, makes servers few, however many they are.
HALF = 0.5


class Load(NamedTuple):
    """What a queue has to do: arrivals a second, mean seconds of a service, and how much either varies (scv)."""

    arrivals_per_second: float
    service_seconds: float
    arrival_scv: float = 1.0
    service_scv: float = 1.0

    @property
    def offered(self) -> float:
        """Servers' worth of work that arrives (Erlangs)."""
        return self.arrivals_per_second * self.service_seconds

    def times(self, factor: float) -> "Load":
        """The same with that many times the arrivals."""
        return self._replace(arrivals_per_second=self.arrivals_per_second * factor)


class Waiting(NamedTuple):
    """What becomes of a load: seconds are infinite where more arrives than the servers can do."""

    servers: int
    utilisation: float
    wait_probability: float
    mean_seconds: float
    p95_seconds: float


def erlang_b(servers: int, offered: float) -> float:
    """The share of arrivals that find every server at work and go away; stable for thousands of servers."""
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked


def erlang_c(servers: int, offered: float) -> float:
    """The share of arrivals that must wait in M/M/c; 1 when more arrives than can be done."""
    if offered >= servers:
        return 1.0
    blocked = erlang_b(servers, offered)
    return blocked / (1 - offered / servers * (1 - blocked))


def waiting(load: Load, servers: int) -> Waiting:
    """Utilisation, chance of waiting, mean and p95 wait of a load in its steady state."""
    utilisation = load.offered / servers
    if utilisation >= 1:
        return Waiting(servers, utilisation, 1.0, math.inf, math.inf)
    probability = wait_probability(load, servers)
    return Waiting(servers, utilisation, probability, mean_wait(load, servers), wait_quantile(load, servers, P95))


def mean_wait(load: Load, servers: int) -> float:
    """Seconds that an arrival waits on average, those that need not wait counted in."""
    utilisation = load.offered / servers
    if utilisation >= 1:
        return math.inf
    exponential = load.service_seconds / (servers * (1 - utilisation))
    variation = (load.arrival_scv + load.service_scv) / (1 + load.service_scv)
    interpolated = _service_factor(load.service_scv, servers, utilisation)
    waiting_share = wait_probability(load, servers)
    if load.arrival_scv > 1:
        # In rushes Allen and Cunneen's mean is too low with many servers, and the other one too high: halfway.
        waiting_share = math.sqrt(waiting_share * erlang_c(servers, load.offered)) * _rush_factor(load, utilisation)
    return waiting_share * exponential * variation * interpolated


def wait_quantile(load: Load, servers: int, share: float) -> float:
    """Seconds within which that share of arrivals is begun: a gamma distribution for those that wait at all."""
    if load.offered >= servers:
        return math.inf
    probability, mean = wait_probability(load, servers), mean_wait(load, servers)
    if probability <= 1 - share or not mean:
        return 0.0
    scv = delay_scv(load.offered / servers, load.service_scv)
    return gamma_quantile(1 - (1 - share) / probability, mean / probability, scv)


def servers_for(load: Load, target_seconds: float, share: float = P95) -> int:
    """The fewest servers with which that share of arrivals waits no longer than `target_seconds`."""
    servers = max(1, math.floor(load.offered) + 1)
    while wait_quantile(load, servers, share) > target_seconds:
        servers += 1
    return servers


def wait_probability(load: Load, servers: int) -> float:
    """The share of arrivals that must wait in G/G/c (Whitt 3.5 to 3.11); Erlang's C when arrivals are random."""
    arrival_scv, service_scv = load.arrival_scv, load.service_scv
    if load.offered >= servers:
        return 1.0
    if not load.offered or arrival_scv + service_scv < STEADY:
        return 0.0
    few = _few_wait(load, servers)
    if servers <= 6 or arrival_scv >= 1:
        return few
    both = (arrival_scv + service_scv) / (1 + service_scv)
    room = (1 - load.offered / servers) * math.sqrt(servers / both)
    if room <= HALF:
        return few
    many = arrival_scv * few + (1 - arrival_scv) * normal_tail(
        (servers - load.offered - 0.5) / math.sqrt(load.offered * both)
    )
    share = 1.0 if room >= 1 else min(1.0, 2 * (1 - arrival_scv) * (room - HALF))
    # What is taken of it fades as servers get busier; where arrivals are very steady it must not have been more before.
    busier = load.times((1 - HALF * math.sqrt(both / servers)) * servers / load.offered)
    return min(share * many + (1 - share) * few, _few_wait(busier, servers))


def _few_wait(load: Load, servers: int) -> float:
    """The share that waits where servers are few, or arrivals at random (Whitt 3.5 to 3.8)."""
    utilisation, room = load.offered / servers, (1 - load.offered / servers) * math.sqrt(servers)
    both = (load.arrival_scv + load.service_scv) / (1 + load.service_scv)
    by_erlang = erlang_c(servers, load.offered) / normal_tail(room)
    light = min(1.0, by_erlang * normal_tail(2 * room / (1 + load.arrival_scv)))
    heavy = min(1.0, by_erlang * normal_tail(room / both))
    if both < CALM:
        return heavy
    return min(1.0, utilisation**2 * heavy + (1 - utilisation**2) * light)


def _service_factor(service_scv: float, servers: int, utilisation: float) -> float:
    """The mean wait in M/G/c beside that in M/M/c (Kimura): (1 + scv) / 2, exactly so with one server."""
    steady = (1 + _light(servers, utilisation)) / 2
    return (1 + service_scv) / (2 * service_scv + (1 - service_scv) / steady)


def _rush_factor(load: Load, utilisation: float) -> float:
    """How much shorter waits in rushes are while servers have time (Kraemer and Langenbach-Belz)."""
    more, both = load.arrival_scv - 1, load.arrival_scv + 4 * load.service_scv
    return math.exp(-(1 - utilisation) * more / both)


def _light(servers: int, utilisation: float) -> float:
    """How much less steady services help when servers are many and have time (Whitt 2.14, after Cosmetatos)."""
    if not utilisation:
        return 0.0
    size = (1 - utilisation) * (servers - 1) * (math.sqrt(4 + 5 * servers) - 2) / (16 * servers * utilisation)
    return min(0.24, size)


def delay_scv(utilisation: float, service_scv: float) -> float:
    """How the waits of those that wait vary (4.3 to 4.5): 1, as of an exponential, where services are exponential."""
    cube = 3 * service_scv * (1 + service_scv) if service_scv >= 1 else (2 * service_scv + 1) * (service_scv + 1)
    return 2 * utilisation - 1 + 4 * (1 - utilisation) * cube / (3 * (service_scv + 1) ** 2)
