"""Jobs about figures."""

from datetime import date

from storefront.core.web import settings
from storefront.insight.days import Books
from storefront.insight.refresh import refresh as refresh_touched
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
