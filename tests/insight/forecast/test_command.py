"""What the command writes: every SKU, Monday weeks, and nothing that was not known at the as-of date."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select

from storefront.core.db import transaction
from storefront.insight.forecast.command import forecast
from storefront.orders.models import Order, OrderEvent, OrderLine
from tests.insight.forecast.sales import FIRST, SKUS, export, fill, rows

AS_OF = "2011-05-16"


def test_every_sku_gets_its_weeks(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, rows(FIRST, 170))
        found = export(app, "--as-of", AS_OF, "--horizon", "3")
    assert list(found[0]) == ["sku", "week_start", "point", "low", "high", "model"]
    assert [line["sku"] for line in found[::3]] == [goods.split(",")[0] for goods in SKUS]
    assert [line["week_start"] for line in found[:3]] == ["2011-05-16", "2011-05-23", "2011-05-30"]
    for line in found:
        assert 0 <= float(line["low"]) <= float(line["point"]) <= float(line["high"])
    assert float(found[0]["point"]) > 5 * float(found[-1]["point"])


def test_a_day_within_a_week_begins_with_the_next_monday(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, rows(FIRST, 100))
        found = export(app, "--as-of", "2011-04-07", "--horizon", "1")
    assert {line["week_start"] for line in found} == {"2011-04-11"}


@pytest.mark.parametrize("as_of", [AS_OF, "2011-05-19", "2011-03-28"])
def test_nothing_of_the_as_of_date_or_later_is_used(app: Flask, tmp_path: Path, as_of: str) -> None:
    with app.app_context():
        fill(tmp_path, rows(FIRST, 170))
        with_later = export(app, "--as-of", as_of)
        forget_from(as_of)
        assert export(app, "--as-of", as_of) == with_later


def test_the_day_before_the_as_of_date_is_used(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, rows(FIRST, 170))
        known = export(app, "--as-of", AS_OF)
        forget_from("2011-05-13")
        assert export(app, "--as-of", AS_OF) != known


def test_a_history_that_ended_is_not_taken_for_weak_demand(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, rows(FIRST, 120))
        soon = export(app, "--as-of", (FIRST + timedelta(days=119)).isoformat())
        late = export(app, "--as-of", (FIRST + timedelta(days=119 + 21)).isoformat())
    assert float(late[0]["point"]) == pytest.approx(float(soon[0]["point"]), rel=0.25)


def test_a_shop_without_orders_says_so_and_expects_nothing(app: Flask) -> None:
    with app.app_context():
        assert export(app, "--as-of", AS_OF) == []
        result = app.test_cli_runner().invoke(forecast, ["backtest"])
    assert result.exit_code == 1
    assert "at least eight weeks" in result.output


def test_the_backtest_prints_ours_beside_the_references(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        fill(tmp_path, rows(FIRST, 170))
        result = app.test_cli_runner().invoke(forecast, ["backtest", "--origins", "2"])
    assert result.exit_code == 0, result.output
    names = [line[:22].strip() for line in result.stdout.splitlines()]
    assert names[1:7] == [
        "method",
        "this shop's forecast",
        "seasonal naive",
        "4-week mean",
        "8-week median",
        "line Y = aX + b",
    ]
    with_interval = [line[:22].strip() for line in result.stdout.splitlines()[2:] if "%" in line]
    assert with_interval == ["this shop's forecast", "line Y = aX + b"]
    assert "2 horizon(s) of 4 weeks from 2011-05-16 to 2011-05-23" in result.stdout


def forget_from(day: str) -> None:
    """Delete every order of that day and later, as if they had never been placed."""
    with transaction() as session:
        late = select(Order.id).where(Order.placed_at >= midnight(day))
        for table in (OrderLine, OrderEvent):
            session.execute(delete(table).where(table.order_id.in_(late)))
        session.execute(delete(Order).where(Order.placed_at >= midnight(day)))


def midnight(day: str) -> object:
    from storefront.config import LONDON
    from storefront.insight.forecast.calendar import midnight

    return midnight(date.fromisoformat(day), LONDON)
