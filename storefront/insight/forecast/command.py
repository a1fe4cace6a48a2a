"""The `storefront forecast` command: make and keep, export, and hold against other methods."""

import csv
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import AppGroup

if TYPE_CHECKING:
    from storefront.insight.forecast.backtest import Score

HEADER = ("sku", "week_start", "point", "low", "high", "model")
MAX_HORIZON = 26
HORIZON = 13
DAY = click.DateTime(["%Y-%m-%d"])

forecast = AppGroup("forecast", help="Weekly demand per variant: what is to be expected, and how good that was so far.")


@forecast.command("run")
@click.option("--as-of", type=DAY, help="Use nothing of this day or later.  [default: this week's Monday]")
@click.option("--horizon", type=click.IntRange(1, MAX_HORIZON), default=HORIZON, show_default=True, help="Weeks.")
def run(as_of: datetime | None, horizon: int) -> None:
    """Make the forecast of every variant and keep it for the pages and the advice; the nightly job does the same."""
    from storefront.core.db import db
    from storefront.insight.forecast.queries import find_run
    from storefront.insight.forecast.service import run_forecast

    run_forecast(_day(as_of), horizon, current_app.config["SETTINGS"].time_zone)
    kept = find_run(db.session())
    if kept is None:
        raise click.ClickException("The forecast was not kept.")
    found = "too short for a backtest" if kept.wape is None else f"WAPE {kept.wape:.4f} in the last four horizons"
    click.echo(
        f"{kept.variants:,} variants, {kept.horizon} week(s) from {kept.first_week}, {kept.history_weeks} weeks of"
        f" history: {found}; {kept.seconds:.1f} s"
    )


@forecast.command("export")
@click.option("--as-of", type=DAY, help="Use nothing of this day or later.  [default: this week's Monday]")
@click.option("--horizon", type=click.IntRange(1, MAX_HORIZON), default=4, show_default=True, help="Weeks.")
@click.option("--format", "kind", type=click.Choice(["csv"]), default="csv", show_default=True)
def export(as_of: datetime | None, horizon: int, kind: str) -> None:
    """Write the forecast of every SKU to stdout: Monday weeks, the first on the as-of date or the Monday after it."""
    from storefront.core.db import db
    from storefront.insight.forecast.making import export_rows, make_forecast

    made = make_forecast(db.session(), _day(as_of), horizon, current_app.config["SETTINGS"].time_zone)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(export_rows(made))


@forecast.command("backtest")
@click.option("--as-of", type=DAY, help="Use nothing of this day or later.  [default: this week's Monday]")
@click.option("--origins", type=click.IntRange(1, 52), default=8, show_default=True, help="Weeks to forecast from.")
def run_backtest(as_of: datetime | None, origins: int) -> None:
    """Forecast the last 4-week horizons again with what was known then, ours beside other methods."""
    from storefront.core.db import db
    from storefront.insight.forecast.backtest import backtest, last_origins
    from storefront.insight.forecast.demand import read_demand
    from storefront.insight.forecast.making import history_of

    zone = current_app.config["SETTINGS"].time_zone
    demand = read_demand(db.session(), _day(as_of), zone)
    if demand and not as_of:
        # Orders that end in the middle of a week: look back on Monday weeks all the same.
        demand = read_demand(db.session(), demand.calendar.end - timedelta(days=demand.calendar.end.weekday()), zone)
    history = history_of(demand) if demand else None
    chosen = last_origins(history, origins) if history else range(0)
    if demand is None or history is None or not chosen:
        raise click.ClickException("A backtest needs at least eight weeks of orders before the as-of date.")
    starts = demand.calendar.week_starts()
    click.echo(
        f"{len(demand.goods):,} variants, {history.weeks} weeks of history, {len(chosen)} horizon(s) of 4 weeks from"
        f" {starts[chosen[0]]} to {starts[chosen[-1]]}, one week apart; variants sold before each"
    )
    for line in render(backtest(history, chosen)):
        click.echo(line)


def render(scores: "Iterator[Score]") -> Iterator[str]:
    """The table, line by line as the methods end; each method's processor time as a multiple of ours."""
    from storefront.insight.forecast.backtest import AUTO_ETS

    yield f"{'method':<22}{'WAPE':>8}{'4-week sums':>13}{'MASE':>8}{'in 90 %':>9}{'cpu s':>10}{'times ours':>12}"
    ours, names = 0.0, set()
    for score in scores:
        ours = ours or score.seconds
        names.add(score.method)
        coverage = "" if score.coverage is None else f"{score.coverage:.1%}"
        yield (
            f"{score.method:<22}{score.wape:>8.4f}{score.wape_of_sums:>13.4f}{score.mase:>8.3f}{coverage:>9}"
            f"{score.seconds:>10.3f}{score.seconds / ours:>12.2f}"
        )
    if AUTO_ETS not in names:
        yield "AutoETS was left out: statsforecast is not installed here (benchmarks/forecast.py says how)."


def _day(as_of: datetime | None) -> date:
    from storefront.core import clock
    from storefront.core.db import db
    from storefront.insight.forecast.demand import default_as_of

    if as_of is not None:
        return as_of.date()
    zone = current_app.config["SETTINGS"].time_zone
    chosen = default_as_of(db.session(), clock.now().astimezone(zone).date(), zone)
    click.echo(f"As of {chosen}: the Monday after the last order, or of this week.", err=True)
    return chosen
