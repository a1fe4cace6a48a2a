"""Waits in a queue whose idle workers do not begin at once, because they look at intervals.

Whoever comes to an idle worker waits until it looks, and who comes meanwhile waits behind. With one worker and random
arrivals the wait is that of the queue without hand-over and, independent of it, either a whole hand-over or what is
left of one: P. D. Welch, On a generalized M/G/1 queuing process in which the first customer of each busy period
receives exceptional service, Operations Research 12 (1964); B. Doshi, Queueing systems with vacations, Queueing
Systems 1 (1986). With several workers the same is taken, with the arrivals of all of them; docs/queueing.md says how
far off that is.
"""

import math
from functools import lru_cache

from storefront.insight.queueing.gamma import gamma_share
from storefront.insight.queueing.model import P95, Load, Waiting, delay_scv, waiting

# Gauss and Legendre's four points between -1 and 1, with their weights.
POINTS = (
    (-0.8611363115940526, 0.3478548451374538),
    (-0.3399810435848563, 0.6521451548625461),
    (0.3399810435848563, 0.6521451548625461),
    (0.8611363115940526, 0.3478548451374538),
)
PRECISE = 1e-3


@lru_cache(maxsize=4096)
def waiting_with_handover(load: Load, servers: int, mean_handover: float) -> Waiting:
    """As `waiting`, where a hand-over takes 0 to twice `mean_handover` seconds, each as likely as the other.

    Remembered: a page asks it for every hour of the week, and little of that changes until the next visit.
    """
    told = waiting(load, servers)
    if not mean_handover or math.isinf(told.mean_seconds):
        return told
    meanwhile = load.arrivals_per_second * mean_handover
    # A whole hand-over has the mean h, what is left of one 2/3 h.
    added = mean_handover * (1 + meanwhile * 2 / 3) / (1 + meanwhile)
    low, high = told.p95_seconds, told.p95_seconds + 2 * mean_handover
    while high - low > PRECISE * high:
        middle = (low + high) / 2
        longer = _longer(middle, load, told, mean_handover)
        low, high = (middle, high) if longer > 1 - P95 else (low, middle)
    return told._replace(mean_seconds=told.mean_seconds + added, p95_seconds=high)


def _longer(seconds: float, load: Load, told: Waiting, mean_handover: float) -> float:
    """The share of arrivals that wait longer than so many seconds."""
    longest = 2 * mean_handover
    whole = 1 / (1 + load.arrivals_per_second * mean_handover)
    end = min(seconds, longest)
    in_queue = 0.0
    for place, weight in POINTS:
        added = end * (place + 1) / 2
        density = whole / longest + (1 - whole) * (1 - added / longest) / mean_handover
        in_queue += weight * density * _queued(seconds - added, load, told)
    left = 1 - end / longest
    return in_queue * end / 2 + whole * left + (1 - whole) * left**2


def _queued(seconds: float, load: Load, told: Waiting) -> float:
    """The share that waits longer in the queue without hand-over: a gamma variable for those that wait."""
    if not told.wait_probability or not told.mean_seconds:
        return 0.0
    scv = delay_scv(told.utilisation, load.service_scv)
    mean = told.mean_seconds / told.wait_probability
    return told.wait_probability * (1 - gamma_share(1 / scv, seconds / (mean * scv)))
