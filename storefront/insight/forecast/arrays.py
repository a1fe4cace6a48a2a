"""What the arithmetic works on: demand by variant and week, and which of it is known."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

# A week without any sale is a closed shop, and no weak demand, where so many variants are sold in a usual week: chance
# would bring one such week in 20,000.
CLOSED_BELOW_SALES = 10


@dataclass(frozen=True)
class History:
    """Pieces ordered, variants x weeks, the oldest week first; `known` is False where nothing could be bought.

    `category` is that of each variant.
    """

    units: Floats
    known: Bools
    category: Ints

    @classmethod
    def of(cls, units: Floats, known: Bools | None = None, category: Ints | None = None) -> "History":
        """The history of `units` (not negative); weeks in which a busy shop sold nothing at all are not known."""
        units = np.maximum(np.asarray(units, dtype=np.float64), 0.0)
        known = np.ones(units.shape, dtype=np.bool_) if known is None else np.asarray(known, dtype=np.bool_)
        category = np.zeros(len(units), dtype=np.int64) if category is None else category
        return cls(units, known & ~_closed_weeks(units)[None, :], category)

    @property
    def weeks(self) -> int:
        """How many weeks it has."""
        return int(self.units.shape[1])

    def before(self, week: int) -> "History":
        """What was known at the beginning of that week (0 is the first)."""
        return History(self.units[:, :week], self.known[:, :week], self.category)


def _closed_weeks(units: Floats) -> Bools:
    sales = (units > 0).sum(axis=0)
    if not sales.any():
        return np.zeros(units.shape[1], dtype=np.bool_)
    usual = np.median(sales[sales > 0])
    closed: Bools = (sales == 0) & bool(usual >= CLOSED_BELOW_SALES)
    return closed


def running_sums(values: Floats | Bools) -> "np.ndarray[tuple[int, int], np.dtype[Any]]":
    """What each row adds up to before each week and after the last."""
    return np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0)))
