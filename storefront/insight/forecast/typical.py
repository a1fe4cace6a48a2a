"""What a typical week of a variant is like, and in which situation it is: the base of the forecast.

Demand here is rare and lumpy: a shop sells 6 of something in most weeks and 600 to one wholesaler. A mean follows the
wholesaler, a median of few weeks is coarse. The power mean (mean of x^0.65)^(1/0.65) over weeks that count less the
older they are, of demand capped at 1.75 times the variant's usual selling week, lies between the two and near the
conditional median, which is where the sum of absolute errors is least.
"""

from dataclasses import dataclass

import numpy as np

from storefront.insight.forecast.arrays import Floats, History, Ints

# Chosen on 20 origins from February to August 2011; the error is flat around each (docs/insight.md).
POWER = 0.65
HALF_LIFE_WEEKS = 2.5
CAP = 1.75
# Weeks before the first sale count, but less: what is new sells more than it did when nobody could buy it.
UNBORN_WEIGHT = 0.3
MEMORY_WEEKS = 52

FREQUENCY_HALF_LIFE = 6.0
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


def situation(history: History, usual: float) -> Situation:
    """Where each variant stands after the last week of `history`; it uses the last year of it."""
    age = _ages(history)
    recent = history.newest(MEMORY_WEEKS)
    units, known = recent.units, recent.known.astype(np.float64)
    capped = _capped(units)
    back = np.arange(units.shape[1])[::-1].astype(np.float64)
    weights = known * np.where(back[None, :] < age[:, None], 1.0, UNBORN_WEIGHT)
    level = _power_mean(capped, weights, _decay(back, HALF_LIFE_WEEKS), POWER)
    roots = np.sqrt(capped)
    lately = _power_mean(roots, weights, _decay(back, 1.5), 1.0)
    before = _power_mean(roots, weights, _decay(back, 8.0), 1.0)
    often = _power_mean((units > 0).astype(np.float64), known, _decay(back, FREQUENCY_HALF_LIFE), 1.0)
    kind = np.digitize(often, FREQUENCIES)
    ratio = (lately / np.where(before > 0, before, 1.0)) ** 2
    is_young = age <= AGES
    tendency = np.where(is_young, TENDENCY_CELLS - 1, kind * (len(TENDENCIES) + 1) + np.digitize(ratio, TENDENCIES))
    silence = np.where(
        is_young, SILENCE_CELLS - AGES + np.maximum(age, 1) - 1, kind * (LONG_SILENCE + 1) + _silence(recent)
    )
    size = kind * (len(SIZES) + 1) + np.digitize(level / usual, SIZES)
    return Situation(level, tendency, silence, size, age)


def _ages(history: History) -> Ints:
    sold = history.units > 0
    ages: Ints = np.where(sold.any(axis=1), history.weeks - sold.argmax(axis=1), 0)
    return ages


def _capped(units: Floats) -> Floats:
    sales = np.maximum((units > 0).sum(axis=1), 1)
    usual = (np.sqrt(units).sum(axis=1) / sales) ** 2
    capped: Floats = np.minimum(units, CAP * usual[:, None])
    return capped


def _power_mean(units: Floats, weights: Floats, decay: Floats, power: float) -> Floats:
    total = weights @ decay
    if power != 1.0:
        # Most weeks are empty, and a power costs as much as twenty products.
        units = np.power(units, power, out=np.zeros_like(units), where=units > 0)
    inner: Floats = (units * weights) @ decay / np.where(total > 0, total, 1.0)
    return inner if power == 1.0 else np.asarray(inner ** (1 / power), dtype=np.float64)


def _decay(back: Floats, half_life: float) -> Floats:
    decay: Floats = 0.5 ** (back / half_life)
    return decay


def _silence(history: History) -> Ints:
    """How many known weeks ago it was last sold, at most LONG_SILENCE."""
    known_after = np.cumsum(history.known[:, ::-1], axis=1)
    sold = (history.units > 0)[:, ::-1]
    last = sold.argmax(axis=1)
    ago = known_after[np.arange(len(sold)), last] - 1
    silent: Ints = np.where(sold.any(axis=1), np.minimum(ago, LONG_SILENCE), LONG_SILENCE)
    return np.maximum(silent, 0)
