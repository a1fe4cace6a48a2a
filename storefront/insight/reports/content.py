"""What stands in a letter: figures, bars, lists, and for the week five facts and three things to do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from storefront.core.csv import write_csv
from storefront.core.mail import Attachment
from storefront.core.money import to_decimal
from storefront.core.web import settings
from storefront.insight import goods, queries, shelves, words
from storefront.insight.cards import make_cards
from storefront.insight.days import each_day
from storefront.insight.definitions import ALL, FIGURES, MONEY
from storefront.insight.models import ReportKind
from storefront.insight.periods import Span
from storefront.insight.reports.actions import Action, list_actions
from storefront.insight.reports.facts import list_facts
from storefront.insight.reports.periods import pace_of
from storefront.insight.shelves import Shelf, StockRow
from storefront.insight.words import Card

CARDS = {
    ReportKind.DAILY: ("net", "orders", "average-order", "units", "refunds", "new-buyers"),
    ReportKind.WEEKLY: ("net", "orders", "average-order", "new-buyers"),
    ReportKind.MONTHLY: ("net", "gross", "discounts", "refunds", "tax", "shipping", "orders", "average-order", "units"),
    ReportKind.LOW_STOCK: (),
}
# What lasts for less than this is low.
LOW_DAYS = 14
LISTED = 10
ROWS_LISTED = 25


@dataclass(frozen=True)
class Bar:
    """A row of a drawn table: its share (0 to 100) of the longest."""

    label: str
    text: str
    percent: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """A letter before it is written down. `low` is what ends soon, with `low_count` of all such variants."""

    kind: ReportKind
    span: Span
    title: str
    cards: list[Card] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    bars_title: str = ""
    products: list[goods.Sold] = field(default_factory=list)
    facts: list[Action] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    low: list[StockRow] = field(default_factory=list)
    low_count: int = 0
    files: tuple[Attachment, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write about: stock that lasts needs no letter."""
        return self.kind is ReportKind.LOW_STOCK and not self.low


def make_report(session: Session, kind: ReportKind, span: Span, base_url: str) -> Report:
    """Everything of a letter, in the language that is set."""
    if kind is ReportKind.LOW_STOCK:
        return _low_stock(session, span)
    cards = make_cards(session, span, CARDS[kind])
    is_weekly = kind is ReportKind.WEEKLY
    return Report(
        kind=kind,
        span=span,
        title=_title(kind, span),
        cards=cards,
        bars=_bars(session, Span.ending(span.last, 7) if kind is ReportKind.DAILY else span),
        bars_title=_("Net sales by week") if span.days > 7 else _("Net sales by day"),
        products=goods.list_products(session, span, size=5 if is_weekly else LISTED).items,  # type: ignore[arg-type]
        facts=list_facts(session, span, base_url) if is_weekly else [],
        actions=list_actions(session, pace_of(span), base_url) if is_weekly else [],
        files=(_sales_file(session, span),),
    )


def _title(kind: ReportKind, span: Span) -> str:
    if kind is ReportKind.DAILY:
        return str(_("Sales of %(day)s", day=words.day(span.last)))
    if kind is ReportKind.MONTHLY:
        return str(_("Sales of %(month)s", month=words.month(span.first)))
    return str(_("Your week: %(days)s", days=words.days(span)))


def _bars(session: Session, span: Span) -> list[Bar]:
    """Net sales by day, or by week of a month."""
    totals, net = queries.list_totals(session, span), FIGURES["net"]
    days = [(day, net.of(totals[day]) if day in totals else 0) for day in each_day(span.first, span.last)]
    if span.days <= 7:
        rows = [(words.weekday(day), value) for day, value in days]
    else:
        groups = [days[start : start + 7] for start in range(0, len(days), 7)]
        rows = [(words.days(Span(group[0][0], group[-1][0])), sum(value for _day, value in group)) for group in groups]
    most = max([1, *(value for _label, value in rows)])
    return [Bar(label, words.money(value), max(0, math.ceil(100 * value / most))) for label, value in rows]


def _low_stock(session: Session, span: Span) -> Report:
    rows = [row for row in shelves.all_stock(session, span, Shelf.SHORT) if (row.cover_days or 0) < LOW_DAYS]
    return Report(
        kind=ReportKind.LOW_STOCK,
        span=span,
        title=ngettext("%(num)s variant runs low", "%(num)s variants run low", len(rows)),
        low=rows[:ROWS_LISTED],
        low_count=len(rows),
        files=(_stock_file(rows, span),),
    )


def _sales_file(session: Session, span: Span) -> Attachment:
    """Every figure of every day."""
    currency = settings().currency
    header = ["day", *(figure.key.replace("-", "_") for figure in ALL)]
    rows = [
        [day, *(to_decimal(f.of(sums), currency) if f.unit == MONEY else f.of(sums) for f in ALL)]
        for day, sums in queries.list_totals(session, span).items()
    ]
    return _file(f"sales-{span.first}-{span.last}.csv", header, rows)


def _stock_file(rows: Sequence[StockRow], span: Span) -> Attachment:
    header = ["sku", "name", "available", "sold_in_28_days", "days_of_cover"]
    cells = [[row.sku, row.name, row.available, row.sold, round(row.cover_days or 0, 1)] for row in rows]
    return _file(f"low-stock-{span.last}.csv", header, cells)


def _file(name: str, header: list[str], rows: Sequence[Sequence[object]]) -> Attachment:
    return Attachment(name, "".join(write_csv(header, rows)).encode(), "text/csv")
