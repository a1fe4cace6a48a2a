"""What a typical week of a variant is like, and in which situation it is: the base of the forecast.

Demand here is rare and lumpy: a shop sells 6 of something in most weeks and 600 to one wholesaler. A mean follows the
wholesaler, a median of few weeks is coarse. The power mean (mean of x^0.65)^(1/0.65) over weeks that count less the
older they are, of demand capped at 1.75 times the variant's usual selling week, lies between the two and near the
conditional median, which is where the sum of absolute errors is least.
"""

from dataclasses import dataclass

import numpy as np

from storefront.insight.forecast.arrays import Floats, History, Ints, running_sums

# Chosen on 20 origins from February to August 2011; the error is flat around each (docs/insight.md).
POWER = 0.65
HALF_LIFE_WEEKS = 2.5
CAP = 1.75
# Weeks before the first sale count, but less: what is new sells more than it did when nobody could buy it.
UNBORN_WEIGHT = 0.3
MEMORY_WEEKS = 52

# Half-lives of the level, of what was sold lately, of what was before, and of how often it sells.
LATELY_HALF_LIFE, BEFORE_HALF_LIFE = 1.5, 8.0
FREQUENCY_HALF_LIFE = 6.0
HALF_LIVES = np.array([HALF_LIFE_WEEKS, LATELY_HALF_LIFE, BEFORE_HALF_LIFE, FREQUENCY_HALF_LIFE])
FREQUENCIES = (0.15, 0.3, 0.5, 0.7, 0.85, 0.95)
# None is a round number: a steady variant lies clearly on one side, however its pieces are counted.
TENDENCIES = (0.24, 0.49, 0.77, 1.03, 1.37, 2.03)
SIZES = (0.021, 0.063, 0.153, 0.41, 1.03, 2.53, 8.1)
LONG_SILENCE = 4
AGES = 5


@dataclass(frozen=True)
class Situation:
    """Per variant: its typical `level` (pieces a week), and three cells that it shares with others of its kind.

    `tendency` joins how often it sells with whether it sells more lately, `silence` with how many weeks ago it last
    did, `size` with how much it sells; `age` counts weeks since its first sale (0: never sold).
    """

    level: Floats
    tendency: Ints
    silence: Ints
    size: Ints
    age: Ints

    @property
    def is_sold(self) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        """Whether it was ever sold."""
        sold: np.ndarray[tuple[int], np.dtype[np.bool_]] = self.age > 0
        return sold


TENDENCY_CELLS = (len(FREQUENCIES) + 1) * (len(TENDENCIES) + 1) + 1
SILENCE_CELLS = (len(FREQUENCIES) + 1) * (LONG_SILENCE + 1) + AGES
SIZE_CELLS = (len(FREQUENCIES) + 1) * (len(SIZES) + 1)


def usual_week(history: History) -> float:
    """The median of all weeks with a sale: the shop's own measure of much and little, so that units do not matter."""
    sold = history.units[(history.units > 0) & history.known]
    return float(np.median(sold)) if sold.size else 1.0


class Past:
    """A history made ready to be looked at from any of its weeks: what does not depend on the week is worked out once.

    Arrays are variants x weeks. What was sold in a week that is not known is 0 in `powers`, `roots` and `sales`.
    """

    def __init__(self, history: History) -> None:
        units, self.weeks = history.units, history.weeks
        sold, known = units > 0, history.known
        # Most weeks are empty, and a power costs as much as twenty products.
        powers = np.power(units, POWER, out=np.zeros_like(units), where=sold)
        roots = np.sqrt(units)
        self.known = known.astype(np.float64)
        self.powers, self.roots, self.sales = powers * known, roots * known, (sold & known).astype(np.float64)
        self.first = np.where(sold.any(axis=1), sold.argmax(axis=1), self.weeks)
        weeks = np.arange(self.weeks)
        self.born = self.known * (weeks >= self.first[:, None])
        # Sums up to each week, so that those of any span are a difference.
        self.root_sums, self.sale_sums, self.known_sums = running_sums(roots), running_sums(sold), running_sums(known)
        self.last_sales = np.maximum.accumulate(np.where(sold, weeks, -1), axis=1)

    def at(self, week: int, usual: float) -> Situation:
        """Where each variant stands at the beginning of that week (from 1); it looks at the year before it."""
        start = max(week - MEMORY_WEEKS, 0)
        span = slice(start, week)
        decay = 0.5 ** (np.arange(week - 1 - start, -1, -1)[:, None] / HALF_LIVES)
        known = self.known[:, span] @ decay
        totals = UNBORN_WEIGHT * known + (1 - UNBORN_WEIGHT) * (self.born[:, span] @ decay)
        # The usual selling week, and with it the cap, are of the mean of roots.
        sales = np.maximum(self.sale_sums[:, week] - self.sale_sums[:, start], 1)
        caps = np.sqrt(CAP) * (self.root_sums[:, week] - self.root_sums[:, start]) / sales
        powers = np.minimum(self.powers[:, span], (caps ** (2 * POWER))[:, None])
        roots = np.minimum(self.roots[:, span], caps[:, None])
        level = _share(powers @ decay[:, 0], totals[:, 0]) ** (1 / POWER)
        lately, before = (_share(roots @ decay[:, place], totals[:, place]) for place in (1, 2))
        often = _share(self.sales[:, span] @ decay[:, 3], known[:, 3])
        age = np.where(self.first < week, week - self.first, 0)
        kind = np.digitize(often, FREQUENCIES)
        ratio = (lately / np.where(before > 0, before, 1.0)) ** 2
        is_young = age <= AGES
        tendency = kind * (len(TENDENCIES) + 1) + np.digitize(ratio, TENDENCIES)
        silence = kind * (LONG_SILENCE + 1) + self._silence(week, start)
        return Situation(
            level,
            np.where(is_young, TENDENCY_CELLS - 1, tendency),
            np.where(is_young, SILENCE_CELLS - AGES + np.maximum(age, 1) - 1, silence),
            kind * (len(SIZES) + 1) + np.digitize(level / usual, SIZES),
            age,
        )

    def _silence(self, week: int, start: int) -> Ints:
        """How many known weeks ago it was last sold, at most LONG_SILENCE."""
        last = self.last_sales[:, week - 1]
        ago = self.known_sums[:, week] - self.known_sums[np.arange(len(last)), np.maximum(last, 0)] - 1
        silent: Ints = np.where(last >= start, np.clip(ago, 0, LONG_SILENCE), LONG_SILENCE)
        return silent


def _share(sums: Floats, totals: Floats) -> Floats:
    shares: Floats = sums / np.where(totals > 0, totals, 1.0)
    return shares
