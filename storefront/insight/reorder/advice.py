"""From a forecast to "order 24 by Tuesday": stock-out date, reorder point, safety stock, quantity in packs.

Demand over some days is taken as lognormal: its mean grows with the days, its deviation with their power 0.72 (weeks of
one variant err together; measured on the shop's own errors, docs/insight.md). Rule: periodic review (Silver, Pyke and
Thomas, Inventory and Production Management in Supply Chains, ch. 6). What is on its way counts as stock.
"""

from datetime import date, timedelta
from functools import cache, lru_cache
from math import ceil, exp, floor, log, sqrt
from statistics import NormalDist
from typing import NamedTuple

TOGETHER = 0.72
# Less than one piece a year is no demand to stock for.
LEAST_A_WEEK = 0.02
# What lasts longer than ten years lasts.
FAR_DAYS = 3650
USUAL_REVIEW_DAYS = 7


class Terms(NamedTuple):
    """Days until it arrives (None: not known), days between orders, pieces a pack, least pieces of an order."""

    lead_days: int | None
    review_days: int = USUAL_REVIEW_DAYS
    pack_size: int = 1
    minimum: int = 1


class Advice(NamedTuple):
    """When stock ends at the mean pace; and, when the lead time is known, what to order by when.

    With `quantity` 0 nothing is to be ordered for as long as anybody can see.
    """

    stock_out: date | None
    order_by: date | None = None
    quantity: int = 0
    reorder_point: int | None = None
    safety: int | None = None


@lru_cache(maxsize=16_384)
def advise(
    today: date, available: int, on_order: int, mean: float, deviation: float, terms: Terms, service: float
) -> Advice:
    """What to do about a variant whose weekly demand has that mean and deviation, at a service level below 1.

    Remembered: from one visit of the page to the next little of a shop has changed.
    """
    if mean < LEAST_A_WEEK:
        return Advice(None)
    pace = mean / 7
    stock_out = _after(today, available / pace)
    if terms.lead_days is None:
        return Advice(stock_out)
    position = available + on_order
    reorder_point = demand_quantile(mean, deviation, terms.lead_days, service)
    order_by = _after(today, max(position - reorder_point, 0.0) / pace)
    if order_by is None:
        return Advice(stock_out, None, 0, ceil(reorder_point))
    then = max(position - pace * (order_by - today).days, 0.0)
    target = demand_quantile(mean, deviation, terms.lead_days + terms.review_days, service)
    return Advice(
        stock_out,
        order_by,
        in_packs(target - then, terms),
        ceil(reorder_point),
        max(ceil(reorder_point - pace * terms.lead_days), 0),
    )


def demand_quantile(mean: float, deviation: float, days: int, service: float) -> float:
    """What suffices for the demand of so many days in `service` of all cases; weekly `mean` and `deviation`."""
    weeks = days / 7
    if weeks <= 0 or mean <= 0:
        return 0.0
    middle, spread = mean * weeks, deviation * weeks**TOGETHER
    variance = log(1 + (spread / middle) ** 2)
    return exp(log(middle) - variance / 2 + _deviate(service) * sqrt(variance))


def in_packs(pieces: float, terms: Terms) -> int:
    """At least `pieces`, the minimum and one pack, in whole packs."""
    return ceil(max(pieces, terms.minimum, 1) / terms.pack_size) * terms.pack_size


@cache
def _deviate(share: float) -> float:
    """The normal deviate below which that share lies; a page asks thousands of times for the same one."""
    return NormalDist().inv_cdf(share)


def _after(today: date, days: float) -> date | None:
    return today + timedelta(days=floor(days)) if days < FAR_DAYS else None
