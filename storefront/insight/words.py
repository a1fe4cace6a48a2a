"""Figures, days and comparisons as a person reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from babel import dates, numbers
from babel.dates import format_interval
from babel.numbers import format_percent
from flask_babel import gettext as _

from storefront.core.money import format_minor, minor_digits, to_decimal
from storefront.core.web import settings
from storefront.core.web.language import current
from storefront.insight.definitions import MONEY, Figure
from storefront.insight.periods import Span

# A page of a year writes a thousand amounts and days, and most of them again on the next visit.
format_date = lru_cache(maxsize=4096)(dates.format_date)
format_skeleton = lru_cache(maxsize=4096)(dates.format_skeleton)
format_decimal = lru_cache(maxsize=4096)(numbers.format_decimal)
format_currency = lru_cache(maxsize=4096)(numbers.format_currency)


@dataclass(frozen=True)
class Card:
    """A figure with its value, and how it compares with the span before and the year before (None: nothing there)."""

    figure: Figure
    value: int
    before: int
    year_before: int | None
    spark: str = ""

    @property
    def text(self) -> str:
        """The value as it is read."""
        return show(self.figure, self.value)

    @property
    def change(self) -> "Change":
        """Against the span before."""
        return Change(self.figure, self.value, self.before)

    @property
    def year_change(self) -> "Change | None":
        """Against the year before."""
        return None if self.year_before is None else Change(self.figure, self.value, self.year_before)


@dataclass(frozen=True)
class Change:
    """How a value compares with an earlier one."""

    figure: Figure
    value: int
    earlier: int

    @property
    def earlier_text(self) -> str:
        """What it was."""
        return show(self.figure, self.earlier)

    @property
    def text(self) -> str:
        """The change in per cent with its sign; in words where there is nothing to compare with."""
        if not self.earlier:
            return str(_("no comparison") if self.value else _("no change"))
        share = (self.value - self.earlier) / abs(self.earlier)
        pattern = "+#,##0%;−#,##0%" if abs(share) >= 0.1 else "+#,##0.0%;−#,##0.0%"
        return str(format_percent(share, pattern, locale=current()) if share else _("no change"))

    @property
    def tone(self) -> str:
        """Whether that is good news: "good", "danger", or "quiet" when it is none."""
        if not self.earlier or self.value == self.earlier:
            return "quiet"
        return "good" if (self.value > self.earlier) != self.figure.is_less_better else "danger"


def show(figure: Figure, value: int) -> str:
    """A figure's value as the page's language writes it."""
    return money(value) if figure.unit == MONEY else number(value)


def money(minor: float) -> str:
    """An amount of the shop's currency."""
    return format_minor(round(minor), settings().currency, current())


def round_money(minor: Any) -> str:
    """An amount without its decimals where they would say little, for axes and large sums."""
    digits = minor_digits(settings().currency)
    if not digits or (abs(minor) < 10 ** (digits + 2) and minor % 10**digits):
        return money(minor)
    amount = to_decimal(round(minor), settings().currency)
    return str(format_currency(amount, settings().currency, "¤#,##0", locale=current(), currency_digits=False))


def number(value: Any) -> str:
    """A number with its thousands apart."""
    return str(format_decimal(value, "#,##0.##", locale=current()))


def percent(share: float) -> str:
    """A share (0 to 1) in per cent."""
    return str(format_percent(share, "#,##0.#%", locale=current()))


def axis(figure: Figure) -> Callable[[Any], str]:
    """How a chart writes the figure's values."""
    return round_money if figure.unit == MONEY else number


def day(value: date) -> str:
    """A day in full: 31 August 2011."""
    return str(format_date(value, "d MMMM y" if current() == "en" else "long", locale=_reading()))


def weekday(value: date) -> str:
    """A day of a table: Wed 31 Aug 2011."""
    return (
        str(format_date(value, "EEE d MMM y", locale=_reading()))
        if current() == "en"
        else _by_skeleton("yMMMEd", value)
    )


def weekday_name(value: date) -> str:
    """A day of the coming week: Tuesday."""
    return str(format_date(value, "EEEE", locale=_reading()))


def short_day(value: date) -> str:
    """A day of a chart's axis: 31 Aug."""
    return str(format_date(value, "d MMM", locale=_reading())) if current() == "en" else _by_skeleton("MMMd", value)


def month(value: date) -> str:
    """A month: August 2011."""
    return _by_skeleton("yMMMM", value)


def short_month(value: date) -> str:
    """A month of an axis: Aug 2011."""
    return _by_skeleton("yMMM", value)


def whole_percent(share: float) -> str:
    """A share without decimals."""
    return str(format_percent(share, "#,##0%", locale=current()))


def days(span: Span) -> str:
    """A span as people say it."""
    return (
        day(span.last) if span.days == 1 else str(format_interval(span.first, span.last, "yMMMMd", locale=_reading()))
    )


def _by_skeleton(skeleton: str, value: date) -> str:
    return str(format_skeleton(skeleton, value, locale=_reading()))


def _reading() -> str:
    return "en_GB" if current() == "en" else current()
