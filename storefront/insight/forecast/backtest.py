"""Forecasts made again as of earlier weeks, with what was known then, held against what was sold."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from storefront.insight.forecast.arrays import Bools, Floats, History
from storefront.insight.forecast.model import forecast
from storefront.insight.forecast.references import REFERENCES, Guess, Method, auto_ets, has_auto_ets

OURS = "this shop's forecast"
AUTO_ETS = "AutoETS"
HORIZON = 4


@dataclass(frozen=True)
class Score:
    """How a method did over all horizons together.

    `wape`: sum of absolute errors over sum of sales, by variant and week; `wape_of_sums`: the same of what a variant
    sells in the whole horizon. `mase`: the mean over variants of the absolute error over that of "the next week is like
    this one" in the past. `coverage`: the share of weeks inside the 90 % interval, where the method has one. `seconds`:
    processor time.
    """

    method: str
    wape: float
    wape_of_sums: float
    mase: float
    coverage: float | None
    seconds: float


@dataclass
class _Sums:
    error: float = 0.0
    error_of_sums: float = 0.0
    sold: float = 0.0
    scaled: float = 0.0
    scaled_count: int = 0
    inside: int = 0
    weeks: int = 0
    seconds: float = 0.0


def last_origins(history: History, count: int, horizon: int = HORIZON) -> range:
    """The last `count` weeks after which a whole horizon is known, one week apart; none when the history is short."""
    newest = history.weeks - horizon
    return range(max(4, newest - count + 1), newest + 1)


def backtest(history: History, origins: range, horizon: int = HORIZON) -> Iterator[Score]:
    """Ours first, then every reference, AutoETS only where it is installed; over what was sold before each origin."""
    yield score_ours(history, origins, horizon)
    methods = dict(REFERENCES) | ({AUTO_ETS: auto_ets} if has_auto_ets() else {})
    for name, method in methods.items():
        yield _run(name, history, origins, horizon, method)


def score_ours(history: History, origins: range, horizon: int = HORIZON) -> Score:
    """Ours alone."""
    return _run(OURS, history, origins, horizon, _ours)


def variant_errors(history: History, origins: range, horizon: int = HORIZON) -> tuple[Floats, Floats]:
    """Per variant our mean absolute error a week over those origins, and what was sold a week in them."""
    errors, sold, weeks = (np.zeros(len(history.units)) for _ in range(3))
    for origin in origins:
        point, _interval = _ours(history.before(origin), horizon)
        actual, known = _future(history, origin, horizon)
        errors += (np.abs(actual - point) * known).sum(axis=1)
        sold += (actual * known).sum(axis=1)
        weeks += known.sum(axis=1)
    count = np.maximum(weeks, 1)
    return errors / count, sold / count


def _ours(past: History, horizon: int) -> Guess:
    made = forecast(past, horizon)
    return made.weekly(made.point), (made.weekly(made.low), made.weekly(made.high))


def _run(name: str, history: History, origins: range, horizon: int, method: Method) -> Score:
    sums = _Sums()
    has_interval = False
    for origin in origins:
        past = history.before(origin)
        begun = time.process_time()
        point, interval = method(past, horizon)
        sums.seconds += time.process_time() - begun
        actual, known = _future(history, origin, horizon)
        known &= (past.units.sum(axis=1) > 0)[:, None]
        _add(sums, past, point, actual, known)
        if interval is not None:
            has_interval = True
            sums.inside += int(((actual >= interval[0]) & (actual <= interval[1]) & known).sum())
    sold = sums.sold or 1.0
    coverage = sums.inside / max(sums.weeks, 1) if has_interval else None
    mase = sums.scaled / max(sums.scaled_count, 1)
    return Score(name, sums.error / sold, sums.error_of_sums / sold, mase, coverage, sums.seconds)


def _future(history: History, origin: int, horizon: int) -> tuple[Floats, Bools]:
    weeks = slice(origin, origin + horizon)
    return history.units[:, weeks], history.known[:, weeks].copy()


def _add(sums: _Sums, past: History, point: Floats, actual: Floats, known: Bools) -> None:
    error = np.abs(actual - point) * known
    sums.error += float(error.sum())
    sums.error_of_sums += float(np.abs(((actual - point) * known).sum(axis=1)).sum())
    sums.sold += float((actual * known).sum())
    sums.weeks += int(known.sum())
    steps = np.abs(np.diff(past.units, axis=1)).mean(axis=1) if past.weeks > 1 else np.zeros(len(point))
    counted = known.any(axis=1) & (steps > 0)
    per_week = error.sum(axis=1)[counted] / known.sum(axis=1)[counted]
    sums.scaled += float((per_week / steps[counted]).sum())
    sums.scaled_count += int(counted.sum())
