"""One figure: what it means, what it is made of, and its file; and the day behind a row of it."""

from datetime import date
from typing import Any

from flask import abort, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.insight import exports
from storefront.admin.insight.frame import Chosen, insight_page, read_date, read_days
from storefront.core.db import db
from storefront.core.web import settings, staff
from storefront.core.web.downloads import csv_answer
from storefront.insight import queries, words
from storefront.insight.cards import draw_figure, make_cards
from storefront.insight.days import Books
from storefront.insight.definitions import FIGURES, NEW_BUYERS, RETURNING_BUYERS, Figure
from storefront.insight.ledger import list_given_back, list_placed
from storefront.insight.periods import Span


@blueprint.get("/insight/figures/<key>")
@staff("insight.view")
def insight_figure(key: str) -> Response:
    """A figure of the chosen days with its definition and the days that make it."""
    session, figure = db.session(), _figure(key)
    chosen = read_days(session, request.args)
    (card,) = make_cards(session, chosen.span, [key])
    return insight_page(
        "admin/insight/figure.html",
        chosen,
        card=card,
        chart=None if figure.is_of_buyers else draw_figure(session, chosen.span, figure),
        days=_days(session, figure, chosen.span),
        buyers=_buyers(session, figure, chosen.span),
        file=url_for("admin.insight_figure_file", key=key, **chosen.arguments()),
        words=words,
    )


@blueprint.get("/insight/figures/<key>.csv")
@staff("insight.view")
def insight_figure_file(key: str) -> Response:
    """The same rows as a file."""
    session, figure = db.session(), _figure(key)
    chosen = read_days(session, request.args)
    if figure.is_of_buyers:
        rows: list[Any] = [
            [one.name, one.first_day, one.last_day, one.orders, exports.amount(one.net_minor)]
            for one in _buyers(session, figure, chosen.span)
        ]
        header = ["customer", "first_order", "last_order", "orders", "net_sales"]
        return csv_answer(_name(figure, chosen), header, rows)
    rows = [[day, exports.cell(figure, value)] for day, value in _days(session, figure, chosen.span)]
    return csv_answer(_name(figure, chosen), ["day", figure.key.replace("-", "_")], rows)


@blueprint.get("/insight/days/<day>")
@staff("insight.view")
def insight_day(day: str) -> Response:
    """What happened on a day: the orders that count, and what was given back."""
    session, wanted, books = db.session(), read_date(day), Books.of(settings())
    if wanted is None:
        abort(404)
    span = Span(wanted, wanted)
    keys = ("gross", "discounts", "refunds", "net", "shipping", "tax", "orders", "units", "returned-units")
    return insight_page(
        "admin/insight/day.html",
        day=wanted,
        cards=make_cards(session, span, keys),
        placed=list_placed(session, wanted, books),
        given_back=list_given_back(session, wanted, books),
        words=words,
    )


@blueprint.get("/insight/days/<day>.csv")
@staff("insight.view")
def insight_day_file(day: str) -> Response:
    """The orders of a day as a file."""
    wanted = read_date(day)
    if wanted is None:
        abort(404)
    header = ["order", "placed_at", "status", "units", "gross_sales", "discounts", "delivery", "tax"]
    rows = [
        [
            one.number,
            one.placed_at.isoformat(timespec="seconds"),
            str(one.status),
            one.units,
            *map(exports.amount, (one.gross_minor, one.discount_minor, one.shipping_minor, one.tax_minor)),
        ]
        for one in list_placed(db.session(), wanted, Books.of(settings()))
    ]
    return csv_answer(f"orders-{wanted}.csv", header, rows)


def _figure(key: str) -> Figure:
    return FIGURES.get(key) or abort(404)


def _days(session: Session, figure: Figure, span: Span) -> list[tuple[date, int]]:
    """The figure of each day on which there was something, the newest first."""
    if figure.is_of_buyers:
        return []
    return [(day, figure.of(sums)) for day, sums in reversed(queries.list_totals(session, span).items())]


def _buyers(session: Session, figure: Figure, span: Span) -> list[queries.KnownBuyer]:
    """The customers that a figure counts."""
    if figure is NEW_BUYERS:
        return queries.list_new_buyers(session, span)
    return queries.list_returning_buyers(session, span) if figure is RETURNING_BUYERS else []


def _name(figure: Figure, chosen: Chosen) -> str:
    return f"{figure.key}-{chosen.span.first}-{chosen.span.last}.csv"
