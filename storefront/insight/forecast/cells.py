"""Weighted quantiles of many small groups at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from storefront.insight.forecast.arrays import Floats, Ints

# A cell with fewer examples says nothing of its own.
MIN_EXAMPLES = 50


@dataclass(frozen=True)
class Sorted:
    """Values in the order of (cell, value), with what their weights add up to within their cell.

    Most values are 0 and none is negative: only those above 0 are kept and sorted, `nothing` is the weight of the rest.
    """

    values: Floats
    sums: Floats
    starts: Ints
    ends: Ints
    nothing: Floats
    totals: Floats
    counts: Ints

    @classmethod
    def of(cls, order: Ints, values: Floats, weights: Floats, cells: Ints, cell_count: int) -> "Sorted":
        """From `ascending(values)`; cells are small numbers, which numpy sorts by their digits."""
        some = order[np.argsort(cells[order].astype(np.int16), kind="stable")]
        ends = np.cumsum(np.bincount(cells[some], minlength=cell_count))
        starts = np.concatenate(([0], ends[:-1]))
        running = np.concatenate(([0.0], np.cumsum(weights[some])))
        totals: Floats = np.bincount(cells, weights, cell_count).astype(np.float64)
        counts = np.bincount(cells, minlength=cell_count)
        nothing = totals - (running[ends] - running[starts])
        sums = running[1:] + np.repeat(nothing - running[starts], ends - starts)
        return cls(values[some], sums, starts, ends, nothing, totals, counts)

    def quantiles(self, share: float) -> Floats:
        """Per cell the smallest value below or at which `share` of the weight lies; NaN in a cell with few examples."""
        found = np.full(len(self.counts), np.nan)
        wanted = share * self.totals * (1 - 1e-12)
        for cell in np.flatnonzero((self.counts >= MIN_EXAMPLES) & (self.totals > 0)):
            start, end = self.starts[cell], self.ends[cell]
            if wanted[cell] <= self.nothing[cell] or start == end:
                found[cell] = 0.0
                continue
            place = start + np.searchsorted(self.sums[start:end], wanted[cell])
            found[cell] = self.values[min(place, end - 1)]
        return found


def ascending(values: Floats) -> Ints:
    """The places of the values above 0, the least first."""
    some = np.flatnonzero(values)
    order: Ints = some[np.argsort(values[some])]
    return order


def medians(values: Floats, weights: Floats, cells: Ints, cell_count: int, prior: float, prior_share: float) -> Floats:
    """Weighted medians per cell, drawn to `prior` as if that had `prior_share` of the weight; `prior` in thin cells."""
    examples = Sorted.of(ascending(values), values, weights, cells, cell_count)
    low = examples.quantiles((0.5 - prior_share / 2) if prior_share < 1 else 0.0)
    high = examples.quantiles((0.5 + prior_share / 2) if prior_share < 1 else 1.0)
    drawn: Floats = np.where(np.isnan(low), prior, np.clip(prior, low, high))
    return drawn


def filled(found: Floats, fallbacks: Sequence[Floats | float]) -> Floats:
    """`found` with its NaN replaced by the first of the fallbacks that knows."""
    for fallback in fallbacks:
        found = np.where(np.isnan(found), fallback, found)
    return found
