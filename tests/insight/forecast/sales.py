"""A small shop with half a year of invoices, as a file of the retailer's."""

import csv
import random
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path

from flask import Flask

from storefront.core.db import db
from storefront.importing.online_retail import import_online_retail
from storefront.insight.forecast.command import forecast
from tests.importing.files import row, write

FIRST = date(2011, 1, 3)
SKUS = [f"{22000 + number},GOODS {number} OF TIN" for number in range(14)]


def rows(first: date, days: int) -> list[str]:
    """Three invoices on each weekday; the last SKUs are rare, one begins after three months."""
    random.seed(f"{first}")
    made, number = [], 540_000
    for day in range(days):
        on = first + timedelta(days=day)
        for hour in (9, 13, 16) if on.weekday() < 5 else ():
            number += 1
            at = datetime(on.year, on.month, on.day, hour, 30).isoformat(timespec="minutes")
            for place, goods in enumerate(SKUS):
                is_born = place != 7 or day > 90
                if is_born and random.random() < 0.9 / (1 + place):
                    made.append(row(number, goods, random.choice((2, 6, 6, 12)), at, 1.25, 17850 + hour))
    return made


def fill(folder: Path, made: list[str]) -> None:
    """Import those lines into the shop."""
    import_online_retail(write(folder, *made), currency="GBP")
    db.session.rollback()


def export(app: Flask, *options: str) -> list[dict[str, str]]:
    """The lines that the command writes."""
    result = app.test_cli_runner().invoke(forecast, ["export", "--format", "csv", *options])
    assert result.exit_code == 0, result.output
    db.session.rollback()
    return list(csv.DictReader(StringIO(result.stdout)))
