"""What became of variants in the same situation: it corrects the level and gives intervals.

From each of the last weeks the forecast is made again with what was known then, and held against what was sold. The
ratios of all variants in one cell together say by how much the level is to be corrected there, and how far sales lie
around it. One variant's own errors are too few to choose a method by; those of its kind are thousands.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from storefront.insight.forecast.arrays import Bools, Floats, History, Ints
from storefront.insight.forecast.cells import Sorted, ascending, filled, medians
from storefront.insight.forecast.typical import (
    SILENCE_CELLS,
    SIZE_CELLS,
    TENDENCY_CELLS,
    Past,
    Situation,
)

ORIGINS = 13
FORGET_HALF_LIFE_WEEKS = 6.0
MIN_WEEKS = 4
LONGEST_HORIZON = 8
PRIOR_SHARE = 0.12
# A little more than 90 %, so that it still holds 90 when the season changes; below 0 nothing can be sold, and where
# nothing is likely the whole rest lies above.
OUTSIDE = 0.08
# The height of an interval is counted in levels and a part of the shop's usual week, so that it is not 0 at level 0.
FLOOR_SHARE = 0.05
EXTREME = 0.995


@dataclass(frozen=True)
class Examples:
    """Pairs of a situation and what was sold in a week after it; recent ones weigh more."""

    level: Floats
    tendency: Ints
    silence: Ints
    size: Ints
    actual: Floats
    weight: Floats


@dataclass(frozen=True)
class Lessons:
    """Factors per cell for the level; per cell of size how far sales lie around it, in units of level and floor."""

    usual: float
    tendency: Floats
    silence: Floats
    low: Floats
    high: Floats
    mean: Floats
    deviation: Floats

    def point(self, now: Situation) -> Floats:
        """The forecast of one week per variant: near the middle of what is likely, never negative."""
        return now.level * self.tendency[now.tendency] * self.silence[now.silence]

    def unit(self, now: Situation) -> Floats:
        """What the spread is counted in."""
        return now.level + FLOOR_SHARE * self.usual


def learn(history: History, past: Past, usual: float, horizon: int) -> Lessons | None:
    """The lessons of the shop's last weeks for forecasts up to `horizon` weeks; None while it is too young."""
    found = list(_examples(history, past, usual, min(horizon, LONGEST_HORIZON)))
    if not any(len(level) for level, *_rest in found):
        return None
    examples = Examples(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    level = examples.level
    tendency = _factors(level, examples, examples.tendency, TENDENCY_CELLS)
    level = level * tendency[examples.tendency]
    silence = _factors(level, examples, examples.silence, SILENCE_CELLS)
    return Lessons(usual, tendency, silence, *_spread(examples, usual))


def _examples(history: History, past: Past, usual: float, horizon: int) -> Iterator[tuple[Floats | Ints, ...]]:
    last = history.weeks
    for origin in range(max(MIN_WEEKS, last - ORIGINS), last):
        then = past.at(origin, usual)
        for week in range(origin, min(origin + horizon, last)):
            rows = np.flatnonzero(then.is_sold & history.known[:, week])
            weight = 0.5 ** ((last - 1 - week) / FORGET_HALF_LIFE_WEEKS)
            yield (
                then.level[rows],
                then.tendency[rows],
                then.silence[rows],
                then.size[rows],
                history.units[rows, week],
                np.full(len(rows), weight),
            )


def _factors(level: Floats, examples: Examples, cells: Ints, cell_count: int) -> Floats:
    """The factor per cell with the least sum of absolute errors: the median ratio, weighted by level."""
    sure: Bools = level > 0
    ratio = examples.actual[sure] / level[sure]
    return medians(ratio, (examples.weight * level)[sure], cells[sure], cell_count, 1.0, PRIOR_SHARE)


def _spread(examples: Examples, usual: float) -> tuple[Floats, Floats, Floats, Floats]:
    unit = examples.level + FLOOR_SHARE * usual
    ratio = examples.actual / unit
    order = ascending(ratio)
    by_size = Sorted.of(order, ratio, examples.weight, examples.size, SIZE_CELLS)
    overall = Sorted.of(order, ratio, examples.weight, np.zeros_like(examples.size), 1)

    def at(share: float) -> Floats:
        return filled(by_size.quantiles(share), [float(overall.quantiles(share)[0]), 0.0])

    low = at(OUTSIDE / 2)
    high = np.where(low > 0, at(1 - OUTSIDE / 2), at(1 - OUTSIDE))
    tame = np.minimum(ratio, at(EXTREME)[examples.size])
    mean, deviation = _moments(tame, examples.weight, examples.size)
    return low, high, mean, deviation


def _moments(values: Floats, weights: Floats, cells: Ints) -> tuple[Floats, Floats]:
    """Weighted mean and standard deviation per cell; those of all together where a cell is empty."""
    total = np.bincount(cells, weights, SIZE_CELLS)
    safe = np.where(total > 0, total, 1.0)
    overall = float(np.average(values, weights=weights)), float(np.average(values**2, weights=weights))
    first = np.where(total > 0, np.bincount(cells, weights * values, SIZE_CELLS) / safe, overall[0])
    second = np.where(total > 0, np.bincount(cells, weights * values**2, SIZE_CELLS) / safe, overall[1])
    return first, np.sqrt(np.maximum(second - first**2, 0.0))
