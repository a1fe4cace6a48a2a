"""What the forecast is held against: methods that everybody knows, each for all variants at once.

Each takes a history and gives variants x horizon pieces a week, never negative; those that know one also give the
interval in which nine of ten weeks should lie. AutoETS is of another library, which the shop does not need; it fits one
variant after the other.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from storefront.insight.forecast.arrays import Floats, History
from storefront.insight.forecast.line import fit_line

Interval = tuple[Floats, Floats]
Guess = tuple[Floats, Interval | None]
Method = Callable[[History, int], Guess]
SEASON_WEEKS = 52
SHORT_SEASON_WEEKS = 4
SMOOTHING = 0.2
DAMPING = 0.85


def seasonal_naive(history: History, horizon: int) -> Guess:
    """The same weeks of a year ago; the last four weeks again where there is no such year."""
    season = SEASON_WEEKS if history.weeks >= SEASON_WEEKS + 4 else min(SHORT_SEASON_WEEKS, history.weeks)
    places = history.weeks - season + np.arange(horizon) % season
    return history.units[:, places], None


def mean_of_4(history: History, horizon: int) -> Guess:
    """The mean of the last four weeks."""
    return _flat(history.units[:, -4:].mean(axis=1), horizon)


def median_of_8(history: History, horizon: int) -> Guess:
    """The median of the last eight weeks."""
    return _flat(np.median(history.units[:, -8:], axis=1), horizon)


def plain_line(history: History, horizon: int) -> Guess:
    """Y = aX + b, cut at 0."""
    line, weeks = fit_line(history), history.weeks + np.arange(1.0, horizon + 1)
    low, high = line.interval(weeks)
    return np.maximum(line.at(weeks), 0.0), (np.maximum(low, 0.0), np.maximum(high, 0.0))


def damped_line(history: History, horizon: int) -> Guess:
    """The line's height at the last week, and a slope that fades by 15 % a week."""
    line = fit_line(history)
    steps = np.cumsum(DAMPING ** np.arange(1.0, horizon + 1))
    return np.maximum(line.at(np.array([float(history.weeks)])) + line.slope[:, None] * steps[None, :], 0.0), None


def smoothed(history: History, horizon: int) -> Guess:
    """Simple exponential smoothing."""
    level = history.units[:, 0].copy()
    for week in range(1, history.weeks):
        level += SMOOTHING * (history.units[:, week] - level)
    return _flat(level, horizon)


def croston(history: History, horizon: int) -> Guess:
    """Croston 1972: size of a sale by the interval between sales, both smoothed."""
    size, interval = _size_and_interval(history)
    return _flat(size / interval, horizon)


def sba(history: History, horizon: int) -> Guess:
    """Syntetos and Boylan 2005: Croston's method without its bias."""
    size, interval = _size_and_interval(history)
    return _flat((1 - SMOOTHING / 2) * size / interval, horizon)


def tsb(history: History, horizon: int) -> Guess:
    """Teunter, Syntetos and Babai 2011: size by probability of a sale; it fades when nothing is sold any more."""
    chance = (history.units[:, 0] > 0).astype(np.float64)
    size = _first_sale(history)
    for week in range(1, history.weeks):
        sold = history.units[:, week] > 0
        chance += SMOOTHING * (sold - chance)
        size = np.where(sold, size + SMOOTHING * (history.units[:, week] - size), size)
    return _flat(chance * size, horizon)


REFERENCES: dict[str, Method] = {
    "seasonal naive": seasonal_naive,
    "4-week mean": mean_of_4,
    "8-week median": median_of_8,
    "line Y = aX + b": plain_line,
    "damped line": damped_line,
    "smoothing": smoothed,
    "Croston": croston,
    "SBA": sba,
    "TSB": tsb,
}


def has_auto_ets() -> bool:
    """Whether `statsforecast` is installed here."""
    return find_spec("statsforecast") is not None


def auto_ets(history: History, horizon: int) -> Guess:
    """AutoETS of statsforecast, each variant from its first sale on; what it cannot fit gets the mean."""
    models = import_module("statsforecast.models")
    result = np.zeros((3, len(history.units), horizon))
    for row, units in enumerate(history.units):
        series = np.trim_zeros(units, "f")
        if not series.size:
            continue
        try:
            with np.errstate(all="ignore"):
                made = models.AutoETS(season_length=1).forecast(y=series, h=horizon, level=[90])
            result[:, row] = made["mean"], made["lo-90"], made["hi-90"]
        except (NotImplementedError, IndexError):  # "tiny datasets", or a constant one that it trips over.
            result[:, row] = series.mean()
    point, low, high = np.maximum(np.nan_to_num(result), 0.0)
    return point, (low, high)


def _flat(level: Floats, horizon: int) -> Guess:
    return np.repeat(level[:, None], horizon, axis=1), None


def _first_sale(history: History) -> Floats:
    first = (history.units > 0).argmax(axis=1)
    sizes: Floats = history.units[np.arange(len(first)), first]
    return sizes


def _size_and_interval(history: History) -> tuple[Floats, Floats]:
    size = _first_sale(history)
    interval = (history.units > 0).argmax(axis=1) + 1.0
    waited = np.ones(len(size))
    for week in range(history.weeks):
        sold = history.units[:, week] > 0
        size = np.where(sold, size + SMOOTHING * (history.units[:, week] - size), size)
        interval = np.where(sold, interval + SMOOTHING * (waited - interval), interval)
        waited = np.where(sold, 1.0, waited + 1)
    return size, np.maximum(interval, 1.0)
