"""Weighted quantiles of many small groups at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from storefront.insight.forecast.arrays import Floats, Ints

# A cell with fewer examples says nothing of its own.
MIN_EXAMPLES = 50


@dataclass(frozen=True)
class Sorted:
    """Values in the order of (cell, value), with what their weights add up to within their cell."""

    values: Floats
    sums: Floats
    starts: Ints
    counts: Ints
    totals: Floats

    @classmethod
    def of(cls, values: Floats, weights: Floats, cells: Ints, cell_count: int) -> "Sorted":
        """Sort once; quantiles are cheap then. Cells are small numbers, which numpy sorts by their digits."""
        order = np.argsort(values)
        order = order[np.argsort(cells[order].astype(np.int16), kind="stable")]
        counts = np.bincount(cells, minlength=cell_count)
        starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        running = np.concatenate(([0.0], np.cumsum(weights[order])))
        totals = running[starts + counts] - running[starts]
        sums = running[1:] - np.repeat(running[starts], counts)
        return cls(values[order], sums, starts, counts, totals)

    def quantiles(self, share: float) -> Floats:
        """Per cell the smallest value below or at which `share` of the weight lies; NaN in a cell with few examples."""
        found = np.full(len(self.counts), np.nan)
        for cell in np.flatnonzero((self.counts >= MIN_EXAMPLES) & (self.totals > 0)):
            start, end = self.starts[cell], self.starts[cell] + self.counts[cell]
            place = start + np.searchsorted(self.sums[start:end], share * self.totals[cell] * (1 - 1e-12))
            found[cell] = self.values[min(place, end - 1)]
        return found


def medians(values: Floats, weights: Floats, cells: Ints, cell_count: int, prior: float, prior_share: float) -> Floats:
    """Weighted medians per cell, drawn to `prior` as if that had `prior_share` of the weight; `prior` in thin cells."""
    examples = Sorted.of(values, weights, cells, cell_count)
    low = examples.quantiles((0.5 - prior_share / 2) if prior_share < 1 else 0.0)
    high = examples.quantiles((0.5 + prior_share / 2) if prior_share < 1 else 1.0)
    drawn: Floats = np.where(np.isnan(low), prior, np.clip(prior, low, high))
    return drawn


def filled(found: Floats, fallbacks: Sequence[Floats | float]) -> Floats:
    """`found` with its NaN replaced by the first of the fallbacks that knows."""
    for fallback in fallbacks:
        found = np.where(np.isnan(found), fallback, found)
    return found
