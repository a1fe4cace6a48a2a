"""How the shop does, at a glance."""

from flask import request
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.insight.frame import insight_page, read_days
from storefront.core.db import db
from storefront.core.web import staff
from storefront.insight import words
from storefront.insight.cards import draw_figure, make_cards
from storefront.insight.definitions import FIGURES

CARDS = ("net", "orders", "average-order", "units", "gross", "discounts", "refunds", "new-buyers", "returning-buyers")


@blueprint.get("/insight")
@staff("insight.view")
def insight() -> Response:
    """The figures of the chosen days beside the days before and the year before."""
    session = db.session()
    chosen = read_days(session, request.args)
    return insight_page(
        "admin/insight/overview.html",
        chosen,
        cards=make_cards(session, chosen.span, CARDS),
        chart=draw_figure(session, chosen.span, FIGURES["net"]),
        words=words,
    )
