"""Jobs about figures."""

from datetime import date

from storefront.core import clock
from storefront.core.db import db
from storefront.core.web import settings
from storefront.insight.days import Books
from storefront.insight.forecast.demand import default_as_of
from storefront.insight.forecast.service import HORIZON, run_forecast
from storefront.insight.models import ReportKind
from storefront.insight.pairs import rebuild_pairs
from storefront.insight.refresh import refresh as refresh_touched
from storefront.insight.reports import service as reports
from storefront.insight.rollup import rebuild_days as write_days
from storefront.insight.rollup import refresh_categories as sort_categories


def refresh() -> None:
    """Write the days anew that something has happened to."""
    refresh_touched(Books.of(settings()))


def rebuild_days(days: list[str]) -> None:
    """Write these days (ISO 8601) anew."""
    write_days([date.fromisoformat(day) for day in days], Books.of(settings()))


def refresh_categories() -> None:
    """Follow products that were moved to another category."""
    sort_categories()


def forecast() -> None:
    """Make the forecast of this week and keep it."""
    zone = settings().time_zone
    today = clock.now().astimezone(zone).date()
    run_forecast(default_as_of(db.session(), today, zone), HORIZON, zone)


def find_pairs() -> None:
    """Find anew what is often bought together."""
    rebuild_pairs(Books.of(settings()))


def report_daily() -> None:
    """Stage the letters about yesterday."""
    _stage(ReportKind.DAILY)


def report_weekly() -> None:
    """Stage the letters about last week."""
    _stage(ReportKind.WEEKLY)


def report_monthly() -> None:
    """Stage the letters about last month."""
    _stage(ReportKind.MONTHLY)


def report_low_stock() -> None:
    """Stage the letters about what runs low."""
    _stage(ReportKind.LOW_STOCK)


def send_report(mail_id: int) -> None:
    """Send a letter, once."""
    reports.send_letter(mail_id, settings())


def _stage(kind: ReportKind) -> None:
    reports.stage(kind, Books.of(settings()).today())
