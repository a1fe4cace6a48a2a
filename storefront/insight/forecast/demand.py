"""Demand as the database knows it: pieces ordered of each variant by week, and when there was nothing to sell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from storefront.catalog.models import Product, Variant
from storefront.core.db import UtcDateTime
from storefront.insight.forecast.calendar import Calendar, make_calendar, midnight
from storefront.orders.models import Order, OrderEvent, OrderLine, OrderReturn, OrderStatus
from storefront.stock.models import StockEntry

# Silence that chance does not explain: so many orders would have been expected in it. Then the shop was closed, or its
# imported history ends there, and the silence says nothing about demand.
UNLIKELY_ORDERS = 10
USUAL_SILENCE_DAYS = 2
LOOK_BACK_DAYS = 56
LAUNCHED_DAYS = 28
MOSTLY = 0.5


@dataclass(frozen=True)
class Goods:
    """A variant as the forecast sees it; `is_launched`: put on sale in the four weeks before the as-of date."""

    variant_id: int
    sku: str
    category_id: int
    is_launched: bool


@dataclass(frozen=True)
class Demand:
    """`goods` by SKU; `units[row][week]` are pieces ordered in the calendar's weeks; sold-out weeks by (row, week)."""

    goods: Sequence[Goods]
    calendar: Calendar
    units: Sequence[Sequence[float]]
    sold_out: frozenset[tuple[int, int]]


def read_demand(session: Session, as_of: date, zone: ZoneInfo) -> Demand | None:
    """The demand of every variant before the as-of date's midnight in `zone`; None before the first order.

    An order counts with all its pieces, whatever came back later, from when it was paid or accepted; one that was
    cancelled by then does not. Nothing that happened at or after the as-of date is used.
    """
    until = midnight(as_of, zone)
    first = session.scalar(select(func.min(Order.placed_at)).where(is_demand(until)))
    if first is None:
        return None
    calendar = make_calendar(first.astimezone(zone).date(), _end(session, as_of, zone), zone)
    goods = list_goods(session, as_of, zone)
    rows = {one.variant_id: row for row, one in enumerate(goods)}
    units = [[0.0] * calendar.weeks for _ in goods]
    bounds = calendar.bounds()
    for week, (begins, ends) in enumerate(pairwise(bounds)):
        for variant_id, quantity in _sold(session, begins, ends, until):
            units[rows[variant_id]][week] = float(quantity)
    return Demand(goods, calendar, units, frozenset(_sold_out(session, bounds, until, rows)))


def is_demand(until: datetime) -> ColumnElement[bool]:
    """The SQL condition that an order was wanted, as was known at `until`."""
    accepted = exists().where(
        OrderEvent.order_id == Order.id, OrderEvent.to_status == OrderStatus.ACCEPTED, OrderEvent.created_at < until
    )
    # An imported order is written as it ended: when it was cancelled says its return.
    cancelled_later = or_(
        exists().where(
            OrderEvent.order_id == Order.id,
            OrderEvent.to_status == OrderStatus.CANCELLED,
            OrderEvent.kind != "imported",
            OrderEvent.created_at >= until,
        ),
        exists().where(OrderReturn.order_id == Order.id, OrderReturn.created_at >= until),
    )
    return and_(
        Order.placed_at < until,
        or_(Order.paid_at < until, accepted),
        or_(Order.status != OrderStatus.CANCELLED, cancelled_later),
    )


def list_goods(session: Session, as_of: date, zone: ZoneInfo) -> list[Goods]:
    """Every variant of the shop, on the shelves or not, in the order of SKUs."""
    until = midnight(as_of, zone)
    query = select(Variant.id, Variant.sku, Product.category_id, Product.created_at).join(Variant.product)
    young = until - timedelta(days=LAUNCHED_DAYS)
    found = [
        Goods(variant_id, sku, category_id, young <= created_at < until)
        for variant_id, sku, category_id, created_at in session.execute(query)
    ]
    return sorted(found, key=lambda one: one.sku)


def default_as_of(session: Session, today: date, zone: ZoneInfo) -> date:
    """The Monday of this week; the first Monday after the last order where orders (an imported history) end earlier."""
    this_monday = today - timedelta(days=today.weekday())
    last = session.scalar(select(func.max(Order.placed_at)).where(is_demand(midnight(this_monday, zone))))
    if last is None:
        return this_monday
    after = last.astimezone(zone).date() + timedelta(days=1)
    return min(this_monday, after + timedelta(days=-after.weekday() % 7))


def _end(session: Session, as_of: date, zone: ZoneInfo) -> date:
    """The as-of date, or the day after the last order when the silence between cannot be chance."""
    until = midnight(as_of, zone)
    last = session.scalar(select(func.max(Order.placed_at)).where(is_demand(until)))
    if last is None:
        return as_of
    end = last.astimezone(zone).date() + timedelta(days=1)
    silent = (as_of - end).days
    since = midnight(end - timedelta(days=LOOK_BACK_DAYS), zone)
    before = session.scalar(select(func.count()).select_from(Order).where(is_demand(until), Order.placed_at >= since))
    expected = (before or 0) / LOOK_BACK_DAYS * silent
    return end if silent > USUAL_SILENCE_DAYS and expected > UNLIKELY_ORDERS else as_of


def _sold(session: Session, begins: datetime, ends: datetime, until: datetime) -> list[tuple[int, int]]:
    query = (
        select(OrderLine.variant_id, func.sum(OrderLine.quantity))
        .join(OrderLine.order)
        .where(Order.placed_at >= begins, Order.placed_at < ends, is_demand(until), OrderLine.variant_id.is_not(None))
        .group_by(OrderLine.variant_id)
    )
    return [(variant_id, int(quantity)) for variant_id, quantity in session.execute(query) if variant_id is not None]


def _sold_out(
    session: Session, bounds: Sequence[datetime], until: datetime, rows: dict[int, int]
) -> set[tuple[int, int]]:
    """(row, week) where a variant was sold out for more than half of the week, as the ledger knows it."""
    lost: dict[tuple[int, int], float] = {}
    for variant_id, begins, ends in _empty_spells(session, until):
        for week, (start, end) in enumerate(pairwise(bounds)):
            share = (min(ends or until, end) - max(begins, start)) / (end - start)
            if share > 0:
                key = rows[variant_id], week
                lost[key] = lost.get(key, 0.0) + share
    return {key for key, share in lost.items() if share > MOSTLY}


def _empty_spells(session: Session, until: datetime) -> list[tuple[int, datetime, datetime | None]]:
    """From when to when nothing was available; before a variant's first entry nothing is known about it."""
    in_order: dict[str, Any] = {"partition_by": StockEntry.variant_id, "order_by": StockEntry.id}
    balances = (
        select(
            StockEntry.variant_id,
            StockEntry.created_at.label("begins"),
            # A window function forgets the type of its column.
            type_coerce(func.lead(StockEntry.created_at).over(**in_order), UtcDateTime).label("ends"),
            func.sum(StockEntry.quantity).over(**in_order).label("balance"),
        )
        .where(StockEntry.created_at < until)
        .subquery()
    )
    query = select(balances.c.variant_id, balances.c.begins, balances.c.ends).where(balances.c.balance <= 0)
    return [tuple(row) for row in session.execute(query)]
