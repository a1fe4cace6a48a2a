"""What templates can call: money, times and texts in the page's language, and the shop's own facts."""

from datetime import datetime

from flask import Flask
from flask_babel import format_date, format_datetime
from jinja2 import StrictUndefined

from storefront.config import Settings
from storefront.core.money import format_minor
from storefront.core.web.language import choices, current, tag


def init_filters(app: Flask, settings: Settings) -> None:
    """Register filters and globals; a name that a template uses and nobody gave is an error, not nothing."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(money=money, date=date, datetime=date_time)
    app.jinja_env.globals.update(
        shop_name=settings.shop_name,
        shop_currency=settings.currency,
        is_test_payment=settings.pays_with_demo or settings.stripe_secret_key.startswith("sk_test_"),
        page_language=tag,
        page_locale=current,
        languages=choices,
    )


def money(minor: int, currency: str) -> str:
    """Minor units as people of the page's language write the amount."""
    return format_minor(minor, currency, current())


def date(moment: datetime) -> str:
    """The day in the shop's time zone."""
    return str(format_date(moment, "long"))


def date_time(moment: datetime) -> str:
    """Day and minute in the shop's time zone."""
    return str(format_datetime(moment, "medium"))
