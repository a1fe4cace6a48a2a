"""What counts as demand, and which weeks say nothing about it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, update

from storefront.catalog.models import Variant
from storefront.config import LONDON
from storefront.core.db import db, transaction
from storefront.insight.forecast.demand import Demand, default_as_of, read_demand
from storefront.orders.models import Order, OrderEvent, OrderStatus
from storefront.stock.models import EntryKind, StockEntry
from tests.fixtures.shop import on_every_database
from tests.importing.files import row
from tests.insight.forecast.sales import FIRST, fill, rows

MONDAY = date(2011, 1, 31)
MUG = "22222,BLUE SPOT MUG"
PAN = "22223,BLUE SPOT PAN"


def demand(as_of: date = MONDAY, zone: ZoneInfo = LONDON) -> Demand:
    found = read_demand(db.session(), as_of, zone)
    assert found is not None
    db.session.rollback()
    return found


@on_every_database
def test_pieces_are_counted_in_the_shops_own_weeks(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(
            tmp_path,
            [
                row(1, MUG, 5, "2011-01-10T00:00"),
                row(2, MUG, 7, "2011-01-16T23:59"),
                row(3, PAN, 2, "2011-01-17T00:00"),
                row(4, MUG, 1, "2011-01-30T12:00"),
            ],
        )
        found = demand()
    assert found.calendar.week_starts() == [date(2011, 1, day) for day in (10, 17, 24)]
    assert [list(units) for units in found.units] == [[12, 0, 1], [0, 2, 0]]


def test_a_day_belongs_to_the_week_of_the_shops_clock(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, [row(1, MUG, 5, "2011-01-10T12:00"), row(2, MUG, 7, "2011-01-16T23:30")])
        assert [list(units) for units in demand(date(2011, 1, 24)).units] == [[12, 0]]
        assert [list(units) for units in demand(date(2011, 1, 24), ZoneInfo("Asia/Shanghai")).units] == [[5, 7]]


@on_every_database
def test_what_was_cancelled_by_then_is_no_demand(app: Flask, tmp_path: Path) -> None:
    cancelled = row("C3", MUG, -74_215, "2011-01-24T10:16")
    with app.app_context():
        fill(tmp_path, [row(1, MUG, 4, "2011-01-10T12:00"), row(2, MUG, 74_215, "2011-01-24T10:00"), cancelled])
        assert sum(demand().units[0]) == 4


def test_what_is_cancelled_later_was_demand_until_then(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, [row(1, MUG, 4, "2011-01-10T12:00"), row(2, MUG, 9, "2011-01-24T10:00")])
        cancel("2", datetime(2011, 2, 2, tzinfo=UTC))
        assert sum(demand().units[0]) == 13
        assert sum(demand(date(2011, 2, 7)).units[0]) == 4


def test_goods_that_come_back_were_demand(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, [row(1, MUG, 9, "2011-01-10T12:00"), row("C3", MUG, -4, "2011-01-18T10:00")])
        assert sum(demand().units[0]) == 9


def test_an_unpaid_order_is_no_demand(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, [row(1, MUG, 4, "2011-01-10T12:00"), row(2, MUG, 9, "2011-01-24T10:00")])
        with transaction() as session:
            session.execute(update(Order).where(Order.number == "2").values(paid_at=None, status=OrderStatus.PENDING))
        assert sum(demand().units[0]) == 4


@on_every_database
def test_a_week_mostly_sold_out_is_known_by_the_ledger(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, [row(1, MUG, 4, "2011-01-10T12:00"), row(2, PAN, 1, "2011-01-10T12:00")])
        mug = db.session.scalars(select(Variant.id).where(Variant.sku == "22222")).one()
        book(mug, {"2011-01-12": 3, "2011-01-14": -3, "2011-01-26": 5})
        found = demand()
    # From Friday the 14th to Wednesday the 26th: 3, 7 and 2 days of the three weeks.
    assert found.sold_out == {(0, 1)}


def test_silence_of_a_busy_shop_ends_the_history(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, rows(FIRST, 60))
        last = FIRST + timedelta(days=59)
        assert demand(FIRST + timedelta(days=90)).calendar.end == last + timedelta(days=1)
        assert demand(FIRST + timedelta(days=60)).calendar.end == FIRST + timedelta(days=60)
        assert default_as_of(db.session(), date(2026, 11, 29), LONDON) == FIRST + timedelta(days=63)


def test_silence_of_a_quiet_shop_is_weak_demand(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, [row(number, MUG, 1, f"2011-01-{3 + 7 * number:02}T12:00") for number in range(3)])
        assert demand().calendar.end == MONDAY


def cancel(number: str, at: datetime) -> None:
    with transaction() as session:
        order = session.scalars(select(Order).where(Order.number == number)).one()
        order.status = OrderStatus.CANCELLED
        session.add(
            OrderEvent(
                order_id=order.id,
                kind="cancelled",
                from_status=OrderStatus.PAID,
                to_status=OrderStatus.CANCELLED,
                actor="test",
                created_at=at,
            )
        )


def book(variant_id: int, entries: dict[str, int]) -> None:
    """Ledger entries at midnight of those days, UTC."""
    with transaction() as session:
        for day, quantity in entries.items():
            kind = EntryKind.RECEIPT if quantity > 0 else EntryKind.WRITE_OFF
            at = datetime.fromisoformat(day).replace(tzinfo=UTC)
            session.add(StockEntry(variant_id=variant_id, quantity=quantity, kind=kind, actor="test", created_at=at))


@pytest.mark.parametrize("today", [date(2011, 1, 31), date(2011, 2, 6)])
def test_a_shop_that_sells_forecasts_from_this_weeks_monday(app: Flask, tmp_path: Path, today: date) -> None:
    with app.app_context():
        fill(tmp_path, [row(1, MUG, 4, "2011-01-30T12:00")])
        assert default_as_of(db.session(), today, LONDON) == MONDAY
