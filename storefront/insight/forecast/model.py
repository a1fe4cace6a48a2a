"""The forecast of weekly demand for all variants of a shop at once."""

from dataclasses import dataclass

import numpy as np

from storefront.insight.forecast.arrays import Bools, Floats, History, running_sums
from storefront.insight.forecast.learning import learn
from storefront.insight.forecast.season import Season
from storefront.insight.forecast.typical import Past, Situation, usual_week

TYPICAL = "typical-week"
NEW = "new"
CATEGORY = "category-share"
UNSOLD = "never-sold"
NEW_WEEKS = 4


@dataclass(frozen=True)
class Forecast:
    """Pieces a week per variant, and by which model; `season` (variants x horizon) is what a week is times that.

    `low` and `high` enclose nine of ten weeks; `mean` and `deviation` describe the distribution that stock is planned
    from (the point lies near its median, which is less than the mean where demand is lumpy).
    """

    point: Floats
    low: Floats
    high: Floats
    mean: Floats
    deviation: Floats
    model: "np.ndarray[tuple[int], np.dtype[np.str_]]"
    season: Floats

    def weekly(self, pieces: Floats) -> Floats:
        """`point`, `low` or `high` in each week of the horizon: variants x horizon."""
        return pieces[:, None] * self.season


def forecast(history: History, horizon: int, is_launched: Bools | None = None) -> Forecast:
    """Forecast each of the next `horizon` weeks (at least 1) from the weeks before, and from nothing else.

    What was never sold is expected to go on so, unless `is_launched` says that it has just been put on sale: then it
    gets what newcomers of its category typically sell.
    """
    usual, past = usual_week(history), Past(history)
    now, factors = past.at(history.weeks, usual), Season(history, past, usual).factors(horizon)
    lessons = learn(history, past, usual, horizon)
    if lessons is None:
        return _newcomers(_young(now, usual, factors), history, is_launched)
    unit = lessons.unit(now)
    point = lessons.point(now)
    made = Forecast(
        point,
        np.minimum(point, unit * lessons.low[now.size]),
        np.maximum(point, unit * lessons.high[now.size]),
        unit * lessons.mean[now.size],
        unit * lessons.deviation[now.size],
        _names(now),
        factors,
    )
    return _newcomers(made, history, is_launched)


def _names(now: Situation) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    return np.select([~now.is_sold, now.age <= NEW_WEEKS], [UNSOLD, NEW], TYPICAL)


def _young(now: Situation, usual: float, factors: Floats) -> Forecast:
    """A shop too young for lessons: its level, and an interval as wide as ignorance."""
    level = now.level
    return Forecast(level, np.zeros_like(level), 3 * level + usual, level, level + usual / 2, _names(now), factors)


def _newcomers(made: Forecast, history: History, is_launched: Bools | None) -> Forecast:
    """The rows of what was never sold: nothing, up to what newcomers of the category sell; just that when launched."""
    unsold = made.model == UNSOLD
    launched = unsold & (np.zeros(len(unsold), dtype=np.bool_) if is_launched is None else is_launched)
    typical, much = _first_weeks(history)
    point = np.where(launched, typical, np.where(unsold, 0.0, made.point))
    return Forecast(
        point,
        np.where(unsold, 0.0, made.low),
        np.where(launched, much, np.where(unsold, typical, made.high)),
        np.where(unsold, point, made.mean),
        np.where(unsold, typical, made.deviation),
        np.where(launched, CATEGORY, made.model),
        made.season,
    )


def _first_weeks(history: History) -> tuple[Floats, Floats]:
    """Per variant: the median and the 0.9 quantile of a week of its category's newcomers, in the weeks after the first.

    Newcomers were first sold at least two and at most 26 weeks ago and not in the first month of the history, in which
    everything seems new; a category with fewer than ten of them gets the whole shop's, and a shop without any gets 0.
    """
    sold = history.units > 0
    first = sold.argmax(axis=1)
    start = max(NEW_WEEKS, history.weeks - 26)
    rows = np.flatnonzero(sold.any(axis=1) & (first >= start) & (first < history.weeks - 1))
    sums = running_sums(history.units)[rows]
    begin = first[rows] + 1
    end = np.minimum(begin + NEW_WEEKS, history.weeks)
    each = np.arange(len(rows))
    means = (sums[each, end] - sums[each, begin]) / (end - begin)
    category = history.category
    typical, much = np.zeros(len(category)), np.zeros(len(category))
    if not rows.size:
        return typical, much
    for one in np.unique(category):
        here = means[category[rows] == one]
        here = here if len(here) >= 10 else means
        mine = category == one
        typical[mine], much[mine] = np.quantile(here, 0.5), np.quantile(here, 0.9)
    return typical, much
