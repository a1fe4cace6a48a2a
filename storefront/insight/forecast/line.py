"""The straight line Y = aX + b by least squares, for all variants at once, with its prediction interval."""

from dataclasses import dataclass
from math import pi, sqrt, tan
from statistics import NormalDist

import numpy as np

from storefront.insight.forecast.arrays import Floats, History


@dataclass(frozen=True)
class Line:
    """Per variant: Y = slope * X + intercept, where X is 1 in the oldest week; what the interval needs beside it."""

    slope: Floats
    intercept: Floats
    weeks: Floats
    mean_x: Floats
    spread_x: Floats
    deviation: Floats

    def at(self, x: Floats) -> Floats:
        """The line's height in the weeks `x`, variants x len(x); it may be negative."""
        return self.slope[:, None] * x[None, :] + self.intercept[:, None]

    def interval(self, x: Floats, share: float = 0.9) -> tuple[Floats, Floats]:
        """Between what and what `share` of new weeks lie if the line is right and its errors are normal."""
        spread = np.where(self.spread_x > 0, self.spread_x, 1.0)
        far = (x[None, :] - self.mean_x[:, None]) ** 2 / spread[:, None]
        width = self.deviation[:, None] * np.sqrt(1 + 1 / np.maximum(self.weeks, 1)[:, None] + far)
        degrees = np.maximum(self.weeks - 2, 1).astype(np.int64)
        table = np.array(
            [0.0, *(t_quantile((1 + share) / 2, int(k)) for k in range(1, int(degrees.max(initial=1)) + 1))]
        )
        width = width * table[degrees][:, None]
        middle = self.at(x)
        return middle - width, middle + width


def fit_line(history: History) -> Line:
    """Least squares over the known weeks in closed form; a variant with fewer than two has a flat line."""
    weights = history.known.astype(np.float64)
    x = np.arange(1.0, history.weeks + 1)
    weeks = weights.sum(axis=1)
    count = np.maximum(weeks, 1)
    mean_x, mean_y = weights @ x / count, (history.units * weights).sum(axis=1) / count
    off_x = (x[None, :] - mean_x[:, None]) * weights
    off_y = (history.units - mean_y[:, None]) * weights
    spread_x, shared = (off_x**2).sum(axis=1), (off_x * off_y).sum(axis=1)
    slope = np.where(spread_x > 0, shared / np.where(spread_x > 0, spread_x, 1.0), 0.0)
    left = np.maximum((off_y**2).sum(axis=1) - slope * shared, 0.0)
    deviation = np.sqrt(left / np.maximum(weeks - 2, 1))
    return Line(slope, mean_y - slope * mean_x, weeks, mean_x, spread_x, deviation)


def t_quantile(probability: float, degrees: int) -> float:
    """Student's t: exact for 1 and 2 degrees of freedom, else Fisher and Cornish's series (error below 0.01 at 95 %).

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    if degrees == 1:
        return tan(pi * (probability - 0.5))
    if degrees == 2:
        return (2 * probability - 1) * sqrt(2 / (4 * probability * (1 - probability)))
    z, v = NormalDist().inv_cdf(probability), float(degrees)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / v ** (power + 1) for power, term in enumerate(terms))
