"""The commands that write rollups and pairs anew do what they say."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from storefront.core.db import db, transaction
from storefront.insight.command import insight
from storefront.insight.models import DailySales, DailyTotals, ProductPair
from tests.importing.files import row
from tests.insight.forecast.sales import FIRST, fill, rows

pytestmark = pytest.mark.usefixtures("context")


def count(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_rebuilding_brings_every_day_back(app: Flask, tmp_path: Path) -> None:
    fill(tmp_path, rows(FIRST, 30))
    run = app.test_cli_runner().invoke
    assert run(insight, ["rebuild"]).exit_code == 0
    days, sales = count(DailyTotals), count(DailySales)
    assert days == 22, "the weekdays of thirty days"
    with transaction() as session:
        session.execute(delete(DailySales))
    result = run(insight, ["rebuild"])
    assert f"{days} days written in" in result.output
    assert count(DailySales) == sales > days


def test_pairs_are_found_anew(app: Flask, tmp_path: Path) -> None:
    cup, saucer, lamp = "22001,CUP", "22002,SAUCER", "22003,LAMP"
    lines = [
        row(540_000 + number, goods, 1, f"2011-03-{1 + number:02}T10:00", 1.25, 17850)
        for number in range(20)
        for goods in ((cup, saucer) if number % 2 else (lamp,))
    ]
    fill(tmp_path, lines)
    result = app.test_cli_runner().invoke(insight, ["pairs"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("2 pairs in"), "the cup with the saucer, and the saucer with the cup"
    assert count(ProductPair) == 2
