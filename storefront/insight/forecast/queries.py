"""Reads of the kept forecast, and of one variant's weeks for its page. No numpy here: web processes do without it."""

from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.insight.forecast.calendar import WEEK, midnight
from storefront.insight.forecast.demand import is_demand
from storefront.insight.forecast.models import ForecastRun, VariantForecast
from storefront.orders.models import Order, OrderLine


def find_run(session: Session) -> ForecastRun | None:
    """The newest run; None before the first."""
    return session.scalars(select(ForecastRun).order_by(ForecastRun.id.desc()).limit(1)).first()


def find_forecast(session: Session, variant_id: int) -> VariantForecast | None:
    """The newest forecast of a variant; None when it came into the shop after the last run."""
    return session.get(VariantForecast, variant_id)


def weekly_units(session: Session, variant_id: int, run: ForecastRun, zone: ZoneInfo) -> list[tuple[date, int]]:
    """The first day of each week of the run's history with the pieces that were ordered in it, the oldest first."""
    starts = [run.history_start + number * WEEK for number in range(run.history_weeks)]
    units = dict.fromkeys(starts, 0)
    query = (
        select(Order.placed_at, func.sum(OrderLine.quantity))
        .join(OrderLine.order)
        .where(
            OrderLine.variant_id == variant_id,
            is_demand(midnight(run.as_of, zone)),
            Order.placed_at >= midnight(run.history_start, zone),
        )
        .group_by(Order.placed_at)
    )
    for placed_at, quantity in session.execute(query):
        number = (placed_at.astimezone(zone).date() - run.history_start) // WEEK
        if 0 <= number < len(starts):
            units[starts[number]] += int(quantity)
    return list(units.items())
