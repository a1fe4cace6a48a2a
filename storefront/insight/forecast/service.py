"""Makes the forecast and keeps it: the newest row per variant, and every run's account of itself."""

import time
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert

from storefront.core import clock, outbox
from storefront.core.db import db, retry_deadlocks, table_of, transaction
from storefront.insight.forecast.calendar import forecast_weeks
from storefront.insight.forecast.models import ForecastRun, VariantForecast

if TYPE_CHECKING:
    from storefront.insight.forecast.making import Made

# A quarter: long enough for lead times, and no week of it is known better than by its level.
HORIZON = 13
BATCH = 2_000
BACKTEST_ORIGINS = 4


def run_forecast(as_of: date, horizon: int, zone: ZoneInfo) -> int:
    """Forecast every variant and keep it in place of the last forecast; returns the run's id.

    Reads first and writes in a transaction of its own, safe to run twice: the newer run replaces the older.
    """
    # Loaded by the job and the command that need it: it is of numpy, and web processes do without.
    from storefront.insight.forecast.making import make_forecast

    begun = time.perf_counter()
    made = make_forecast(db.session(), as_of, horizon, zone)
    scores, rows = _account(made)
    db.session.rollback()
    calendar = made.demand.calendar if made.demand else None
    run = {
        "as_of": as_of,
        "first_week": forecast_weeks(as_of, 1)[0],
        "horizon": horizon,
        "history_start": calendar.start if calendar else as_of,
        "history_weeks": calendar.weeks if calendar else 0,
        "variants": len(rows),
        "seasons": _seasons(made),
        **scores,
    }
    return _keep(run | {"seconds": time.perf_counter() - begun}, rows)


@retry_deadlocks
def request_forecast() -> None:
    """Have the job make it soon; asked for several times within a minute it is made once. Opens a transaction."""
    with transaction():
        outbox.stage("insight.forecast", dedupe_key=f"forecast-{clock.now():%Y%m%d%H%M}")


@retry_deadlocks
def _keep(run: dict[str, Any], rows: list[dict[str, Any]]) -> int:
    with transaction() as session:
        kept = ForecastRun(**run)
        session.add(kept)
        session.flush()
        session.execute(delete(VariantForecast))
        for start in range(0, len(rows), BATCH):
            some = [{"run_id": kept.id, **row} for row in rows[start : start + BATCH]]
            session.execute(insert(table_of(VariantForecast)), some)
        return kept.id


def _account(made: "Made") -> tuple[dict[str, float | None], list[dict[str, Any]]]:
    """How the forecast did so far, and a row per variant."""
    from storefront.insight.forecast.backtest import last_origins, score_ours, variant_errors
    from storefront.insight.forecast.line import fit_line

    scores: dict[str, float | None] = {"wape": None, "coverage": None}
    columns: dict[str, Any] = {}
    if made.history is not None:
        line = fit_line(made.history)
        columns = {"slope": line.slope, "intercept": line.intercept}
        origins = last_origins(made.history, BACKTEST_ORIGINS)
        if origins:
            score = score_ours(made.history, origins)
            scores = {"wape": score.wape, "coverage": score.coverage}
            columns["error"], columns["sold"] = variant_errors(made.history, origins)
    return scores, [_row(made, row, columns) for row in range(len(made.goods))]


def _seasons(made: "Made") -> dict[str, list[float]]:
    """The factors of each category; none in a shop without a season."""
    factors = made.forecast.season
    if (factors == 1).all():
        return {}
    return {
        str(one.category_id): [round(float(factor), 3) for factor in factors[row]] for row, one in enumerate(made.goods)
    }


def _row(made: "Made", row: int, columns: dict[str, Any]) -> dict[str, Any]:
    found = made.forecast
    kept = {name: float(values[row]) for name, values in columns.items()}
    return {
        "variant_id": made.goods[row].variant_id,
        "model": str(found.model[row]),
        **{name: float(getattr(found, name)[row]) for name in ("point", "low", "high", "mean", "deviation")},
        **{"slope": 0.0, "intercept": 0.0, "error": None, "sold": None},
        **kept,
    }
