"""From the database to a forecast, on the fly: what the command, the nightly job and the pages have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from storefront.insight.forecast.arrays import History
from storefront.insight.forecast.calendar import forecast_weeks
from storefront.insight.forecast.demand import Demand, Goods, list_goods, read_demand
from storefront.insight.forecast.model import UNSOLD, Forecast, forecast

MAX_HORIZON = 26


@dataclass(frozen=True)
class Made:
    """A forecast for every variant of the shop, by SKU; `history` is None in a shop without orders."""

    goods: list[Goods]
    weeks: list[date]
    forecast: Forecast
    demand: Demand | None
    history: History | None


def make_forecast(session: Session, as_of: date, horizon: int, zone: ZoneInfo) -> Made:
    """Forecast the Monday weeks from `as_of` on, at most 26, from what was known before it; writes nothing."""
    weeks = forecast_weeks(as_of, horizon)
    demand = read_demand(session, as_of, zone)
    if demand is None:
        goods = list_goods(session, as_of, zone)
        return Made(goods, weeks, _nothing(len(goods), horizon), None, None)
    history = history_of(demand)
    launched = np.array([one.is_launched for one in demand.goods], dtype=np.bool_)
    return Made(list(demand.goods), weeks, forecast(history, horizon, launched), demand, history)


def history_of(demand: Demand) -> History:
    """The demand as arrays."""
    units = np.array(demand.units, dtype=np.float64).reshape(len(demand.goods), demand.calendar.weeks)
    known = np.ones(units.shape, dtype=np.bool_)
    for row, week in demand.sold_out:
        known[row, week] = False
    return History.of(units, known, np.array([one.category_id for one in demand.goods], dtype=np.int64))


def export_rows(made: Made) -> Iterator[tuple[str, str, str, str, str, str]]:
    """sku, week_start, point, low, high, model: by SKU and week, pieces with up to two decimals."""
    found = made.forecast
    weekly = [found.weekly(pieces) for pieces in (found.point, found.low, found.high)]
    for row, one in enumerate(made.goods):
        for place, week in enumerate(made.weeks):
            point, low, high = (f"{pieces[row, place]:.2f}" for pieces in weekly)
            yield one.sku, week.isoformat(), point, low, high, str(found.model[row])


def _nothing(count: int, horizon: int) -> Forecast:
    zeros = np.zeros(count)
    return Forecast(zeros, zeros, zeros, zeros, zeros, np.full(count, UNSOLD), np.ones((count, horizon)))
