"""Payments and refunds."""

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.insight import exports
from storefront.admin.insight.frame import insight_page, read_days
from storefront.core.db import db
from storefront.core.web import settings, staff
from storefront.core.web.downloads import csv_answer
from storefront.insight import money, words
from storefront.insight.cards import draw_figure, make_cards
from storefront.insight.days import Books
from storefront.insight.definitions import FIGURES
from storefront.payments.queries import list_open_disputes


@blueprint.get("/insight/payments")
@staff("payments.view")
def insight_payments() -> Response:
    """What was tried, taken and paid back in the chosen days, by gateway and by reason."""
    session = db.session()
    chosen = read_days(session, request.args)
    return insight_page(
        "admin/insight/payments.html",
        chosen,
        cards=make_cards(session, chosen.span, ("refunds", "returned-units", "net")),
        gateways=money.sum_gateways(session, chosen.span),
        reasons=money.list_reasons(session, chosen.span, Books.of(settings())),
        disputes=len(list_open_disputes(session)),
        chart=draw_figure(session, chosen.span, FIGURES["refunds"]),
        names=_names(),
        file=url_for("admin.insight_payments_file", **chosen.arguments()),
        words=words,
    )


@blueprint.get("/insight/payments.csv")
@staff("payments.view")
def insight_payments_file() -> Response:
    """The gateways as a file."""
    session = db.session()
    span = read_days(session, request.args).span
    header = ["gateway", "attempts", "paid", "not_paid", "taken", "paid_back"]
    rows = [
        [one.name, one.attempts, one.paid, one.over, *map(exports.amount, (one.captured_minor, one.refunded_minor))]
        for one in money.sum_gateways(session, span)
    ]
    return csv_answer(f"payments-{span.first}-{span.last}.csv", header, rows)


def _names() -> dict[str, str]:
    return {
        "credit": _("Gift cards and store credit"),
        "invoice": _("Invoice"),
        "cash_on_delivery": _("Cash on delivery"),
        "stripe": "Stripe",
        "demo": _("Demo provider"),
    }
