"""Sales by day, week or month, with every figure; and when people buy."""

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.insight import exports
from storefront.admin.insight.frame import Chosen, insight_page, read_days
from storefront.admin.insight.hours import draw_hours, draw_weekdays
from storefront.core.db import db
from storefront.core.web import staff
from storefront.core.web.downloads import csv_answer
from storefront.insight import queries, words
from storefront.insight.cards import DAYS_DRAWN, draw_figure
from storefront.insight.definitions import ALL, FIGURES
from storefront.insight.steps import Step, by_step

SHOWN = ("gross", "discounts", "refunds", "net", "tax", "shipping", "orders", "units", "average-order")


@blueprint.get("/insight/sales")
@staff("insight.view")
def insight_sales() -> Response:
    """Every figure by day, week or month, with its sum."""
    session = db.session()
    chosen = read_days(session, request.args)
    step = _step(chosen)
    return insight_page(
        "admin/insight/sales.html",
        chosen,
        figures=[FIGURES[key] for key in SHOWN],
        step=step,
        steps=_steps(chosen),
        rows=list(reversed(by_step(queries.list_totals(session, chosen.span), chosen.span, step))),
        total=queries.sum_totals(session, chosen.span),
        chart=draw_figure(session, chosen.span, FIGURES["gross"]),
        hours=draw_hours(session, chosen.span),
        weekdays=draw_weekdays(session, chosen.span),
        file=url_for("admin.insight_sales_file", by=step, **chosen.arguments()),
        words=words,
    )


@blueprint.get("/insight/sales.csv")
@staff("insight.view")
def insight_sales_file() -> Response:
    """The same rows as a file, with every figure there is of a day."""
    session = db.session()
    chosen = read_days(session, request.args)
    step = _step(chosen)
    rows = by_step(queries.list_totals(session, chosen.span), chosen.span, step)
    header = [str(step), *(figure.key.replace("-", "_") for figure in ALL)]
    cells = [[row.first, *exports.cells(ALL, row.sums)] for row in rows]
    return csv_answer(f"sales-by-{step}-{chosen.span.first}-{chosen.span.last}.csv", header, cells)


def _step(chosen: Chosen) -> Step:
    """A year of days is no table to read, so it is shown by week unless days are asked for."""
    wanted = request.args.get("by")
    usual = Step.DAY if chosen.days <= DAYS_DRAWN else Step.WEEK
    return Step(wanted) if wanted in set(Step) else usual


def _steps(chosen: Chosen) -> list[tuple[Any, str, bool]]:
    labels = {Step.DAY: _("By day"), Step.WEEK: _("By week"), Step.MONTH: _("By month")}
    now = _step(chosen)
    return [
        (label, url_for("admin.insight_sales", by=step, **chosen.arguments()), step is now)
        for step, label in labels.items()
    ]
