"""The season: how much more or less was sold a year ago in the weeks to come than just before them.

A variant alone sells too little for that, so its category says it, and the whole shop where the category sells little.
Every variant counts by its own usual week, so that one large order or one best seller is no season. Whether and how far
the last year is followed is decided by what following it would have done in the year since: a shop whose second year is
not like its first has no season, and neither has one that is younger.
"""

import numpy as np

from storefront.insight.forecast.arrays import Floats, History
from storefront.insight.forecast.typical import HALF_LIFE_WEEKS, Past

YEAR_WEEKS = 52
# So many weeks before a week of the last year say what "just before" was.
LEAST_BEFORE = 6
# A category is believed as if the shop's season had been seen in so many usual weeks of variants beside its own.
PRIOR_SALES = 30.0
LOWEST, HIGHEST = 0.2, 5.0
# One large order counts as three usual weeks of its variant at most.
MOST = 3.0
# How far the last year is followed: its factor to this power. It must make the error of the year since less by 0.3 %:
# invented shops with a Christmas win 0.8 to 1.2 % by it, those without any season or with another one each year lose.
STRENGTHS = (0.5, 1.0)
WORTH = 0.003
COMPARED_WEEKS = 4
# It must have won over half a year at least, and by so many standard deviations, so that it is no luck.
LEAST_COMPARED = 26
SURE = 2.0


class Season:
    """Factors of the weeks to come by category; `strength` is 0 where the last year does not help."""

    around: Floats
    before: Floats

    def __init__(self, history: History, past: Past, usual: float) -> None:
        self.kinds, self.kind = np.unique(history.category, return_inverse=True)
        self.weeks, self.strength = history.weeks, 0.0
        if self.weeks >= YEAR_WEEKS + LEAST_BEFORE + LEAST_COMPARED:
            self._look_back(history)
            self.strength = self._choose(history, past, usual)

    def factors(self, horizon: int) -> Floats:
        """Variants x horizon: what each week to come is times the forecast; 1 without a season."""
        if not self.strength:
            return np.ones((len(self.kind), horizon))
        powers: Floats = self._lifts(self.weeks, horizon) ** self.strength
        return powers[self.kind]

    def _look_back(self, history: History) -> None:
        """Each category's sales by week, in usual weeks of its variants: around the week, and before it."""
        sales = (history.units > 0).sum(axis=1)
        usual = (np.sqrt(history.units).sum(axis=1) / np.maximum(sales, 1)) ** 2
        typical = np.minimum(history.units / np.where(usual > 0, usual, 1.0)[:, None], MOST)
        is_open = np.asarray(history.known.any(axis=0), dtype=np.float64)
        sums = np.zeros((len(self.kinds), self.weeks))
        np.add.at(sums, self.kind, typical * is_open)
        self.around, self.before = np.zeros_like(sums), np.zeros_like(sums)
        for week in range(self.weeks):
            near = slice(max(week - 1, 0), week + 2)
            self.around[:, week] = sums[:, near].sum(axis=1) / max(is_open[near].sum(), 1.0)
            weights = is_open[:week] * 0.5 ** (np.arange(week - 1, -1, -1) / HALF_LIFE_WEEKS)
            self.before[:, week] = sums[:, :week] @ weights / max(weights.sum(), 1e-9)

    def _lifts(self, week: int, horizon: int) -> Floats:
        ago = week - YEAR_WEEKS
        then, base = self.around[:, ago : ago + horizon], self.before[:, ago][:, None]
        shop = then.sum(axis=0) / max(float(base.sum()), 1e-9)
        lifts: Floats = np.clip((then + PRIOR_SALES * shop) / (base + PRIOR_SALES), LOWEST, HIGHEST)
        return lifts

    def _choose(self, history: History, past: Past, usual: float) -> float:
        """The strength with the least error over the weeks of the last year, if it is worth it and no luck."""
        origins = range(max(YEAR_WEEKS + LEAST_BEFORE, self.weeks - YEAR_WEEKS), self.weeks)
        errors = np.zeros((1 + len(STRENGTHS), len(origins)))
        for place, origin in enumerate(origins):
            ahead = min(COMPARED_WEEKS, self.weeks - origin)
            level = past.at(origin, usual).level[:, None]
            lifts = self._lifts(origin, ahead)[self.kind]
            actual, known = (each[:, origin : origin + ahead] for each in (history.units, history.known))
            for number, strength in enumerate((0.0, *STRENGTHS)):
                errors[number, place] = (np.abs(actual - level * lifts**strength) * known).sum()
        best = int(errors[1:].sum(axis=1).argmin())
        won = errors[0] - errors[1 + best]
        is_worth_it = won.sum() > WORTH * errors[0].sum()
        return STRENGTHS[best] if is_worth_it and won.sum() > SURE * won.std() * len(won) ** 0.5 else 0.0
