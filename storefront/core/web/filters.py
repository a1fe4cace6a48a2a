"""What templates can call: money, times and texts in the page's language, and the shop's own facts."""

import hashlib
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from babel import Locale
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
    version = lru_cache(maxsize=256)(partial(static_version, app))

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values and not app.debug:
            values["v"] = version(values["filename"])

    app.jinja_env.filters.update(money=money, date=date, datetime=date_time, country=country)
    app.jinja_env.globals.update(
        shop_name=settings.shop_name,
        shop_currency=settings.currency,
        is_test_payment=settings.pays_with_demo or settings.stripe_secret_key.startswith("sk_test_"),
        page_language=tag,
        page_locale=current,
        languages=choices,
    )


def static_version(app: Flask, filename: str) -> str:
    """The first signs of the file's hash: its address changes when it does, so it may be cached for ever."""
    path = Path(app.static_folder or "") / filename
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else ""


def money(minor: int, currency: str) -> str:
    """Minor units as people of the page's language write the amount."""
    return format_minor(minor, currency, current())


def country(code: str) -> str:
    """The country's name in the page's language; the code itself when nobody knows it."""
    return str(Locale.parse(current()).territories.get(code, code))


def date(moment: datetime) -> str:
    """The day in the shop's time zone."""
    return str(format_date(moment, "long"))


def date_time(moment: datetime) -> str:
    """Day and minute in the shop's time zone."""
    return str(format_datetime(moment, "medium"))
