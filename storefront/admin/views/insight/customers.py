"""Who buys: new and returning, segments, cohorts."""

from datetime import date
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.insight import exports
from storefront.admin.insight.frame import insight_page, read_days
from storefront.core.db import db
from storefront.core.web import staff
from storefront.core.web.charts import Chart, Series, bar_chart
from storefront.core.web.downloads import csv_answer
from storefront.insight import people, words
from storefront.insight.cards import make_cards
from storefront.insight.definitions import SEGMENTS


@blueprint.get("/insight/customers")
@staff("insight.view")
def insight_customers() -> Response:
    """New and returning buyers of the chosen days, and the segments and cohorts up to their last one."""
    session = db.session()
    chosen = read_days(session, request.args)
    until = chosen.span.last
    return insight_page(
        "admin/insight/customers.html",
        chosen,
        cards=make_cards(session, chosen.span, ("new-buyers", "returning-buyers", "orders", "average-order")),
        chart=_draw_buyers(session, until),
        **_segments(session, until),
        cohorts=people.list_cohorts(session, until),
        files={name: url_for(f"admin.insight_{name}_file", **chosen.arguments()) for name in ("segments", "cohorts")},
        words=words,
    )


@blueprint.get("/insight/segments.csv")
@staff("insight.view")
def insight_segments_file() -> Response:
    """Every customer of the last year with their segment; `?segment=` keeps one."""
    session = db.session()
    until, wanted = read_days(session, request.args).span.last, request.args.get("segment")
    scores = [score for score in people.score_customers(session, until) if wanted in (None, "", score.segment)]
    names = people.name_customers(session, [score.customer_id for score in scores])
    header = ["customer", "segment", "days_since_last_order", "orders", "net_sales"]
    rows = [
        [names.get(one.customer_id, ""), one.segment, one.days_since, one.orders, exports.amount(one.net_minor)]
        for one in sorted(scores, key=lambda one: -one.net_minor)
    ]
    return csv_answer(f"segments-{until}.csv", header, rows)


@blueprint.get("/insight/cohorts.csv")
@staff("insight.view")
def insight_cohorts_file() -> Response:
    """Cohorts as rows of (first month, months later, buyers, net sales)."""
    session = db.session()
    until = read_days(session, request.args).span.last
    rows = [
        [cohort.month, later, buyers, exports.amount(cohort.net_minor[later])]
        for cohort in people.list_cohorts(session, until)
        for later, buyers in enumerate(cohort.buyers)
    ]
    return csv_answer(f"cohorts-{until}.csv", ["first_month", "months_later", "buyers", "net_sales"], rows)


def _draw_buyers(session: Session, until: date) -> Chart:
    months = people.buyers_by_month(session, until)
    rows = [Series(_("New"), [row[1] for row in months]), Series(_("Returning"), [row[2] for row in months], "dashed")]
    labels = [words.short_month(row[0]) for row in months]
    return bar_chart(_("Buyers by month"), _("Month"), labels, rows, show=words.number)


def _segments(session: Session, until: date) -> dict[str, Any]:
    """The segments with their rules, and what they come to together."""
    segments = people.sum_segments(session, until)
    return {
        "segments": segments,
        "customers": sum(segment.customers for segment in segments),
        "net_minor": sum(segment.net_minor for segment in segments),
        "rules": {rule.key: rule for rule in SEGMENTS},
    }
