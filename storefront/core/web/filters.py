"""What templates can call: money, times and texts in the page's language, and the shop's own facts."""

import hashlib
from collections.abc import Callable, Hashable
from datetime import date as calendar_day
from datetime import datetime
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_percent
from flask import Flask
from flask_babel import to_user_timezone
from jinja2 import StrictUndefined
from markupsafe import Markup

from storefront.config import Settings
from storefront.core.money import format_minor
from storefront.core.web.language import choices, current, tag


def init_filters(app: Flask, settings: Settings) -> None:
    """Register filters and globals; a name that a template uses and nobody gave is an error, not nothing."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(money=money, date=date, day=day, datetime=date_time, country=country, rate=rate)
    app.jinja_env.globals.update(
        static_url=lru_cache(maxsize=256)(partial(static_url, app)),
        shop_name=settings.shop_name,
        shop_currency=settings.currency,
        sells_gift_cards=settings.gift_card_amounts != (),
        is_test_payment=settings.pays_with_demo or settings.stripe_secret_key.startswith("sk_test_"),
        page_language=tag,
        page_locale=current,
        languages=choices,
        remembered=Remembered(),
    )


class Remembered:
    """Parts of pages that come out the same for the same `key`, rendered once per process and language.

    In a template: `{% call remembered("colophon", whatever else it depends on) %}…{% endcall %}`. With None in the
    key the part is rendered as ever: nothing that somebody has typed may be kept.
    """

    MAX_PARTS = 64

    def __init__(self) -> None:
        self._parts: dict[tuple[Hashable, ...], Markup] = {}

    def __call__(self, *key: Hashable, caller: Callable[[], Markup]) -> Markup:
        """The part."""
        if None in key:
            return caller()
        full = (current(), *key)
        part = self._parts.get(full)
        if part is None:
            if len(self._parts) >= self.MAX_PARTS:
                self._parts.clear()
            part = self._parts[full] = caller()
        return part


def static_url(app: Flask, filename: str) -> str:
    """Where a static file is; its hash is in the address, so that it can be cached for ever."""
    content = (Path(app.static_folder or "") / filename).read_bytes()
    return f"{app.static_url_path}/{filename}?v={hashlib.sha256(content).hexdigest()[:10]}"


def money(minor: int, currency: str) -> str:
    """Minor units as people of the page's language write the amount."""
    return format_minor(minor, currency, current())


def rate(rate_ppm: int) -> str:
    """A rate in millionths as a percentage, with as many decimals as it has."""
    return str(format_percent(Decimal(rate_ppm) / 1_000_000, "#,##0.####%", locale=current()))


def country(code: str) -> str:
    """The country's name in the page's language; the code itself when nobody knows it."""
    return str(Locale.parse(current()).territories.get(code, code))


def date(moment: datetime) -> str:
    """The day in the shop's time zone."""
    return str(format_date(to_user_timezone(moment), "long", locale=reading_locale()))


def day(value: calendar_day) -> str:
    """A day of the calendar with its weekday."""
    return str(format_date(value, "full", locale=reading_locale()))


def date_time(moment: datetime) -> str:
    """Day and minute in the shop's time zone."""
    local = to_user_timezone(moment)
    locale = reading_locale()
    parts = format_time(local, "short", locale=locale), format_date(local, "medium", locale=locale)
    return str(get_datetime_format("medium", locale=locale)).format(*parts)


def reading_locale() -> str:
    """Our English is British: days before months, and twenty-four hours."""
    return "en_GB" if current() == "en" else current()
