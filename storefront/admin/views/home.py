"""The desk's first page."""

from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.queries import count_attention
from storefront.core.db import db
from storefront.core.web import page, settings, staff
from storefront.insight.cards import make_cards
from storefront.insight.days import Books
from storefront.insight.periods import Span
from storefront.insight.queueing.shown import today
from storefront.orders.queries import OrderFilter, count_late, list_orders

LATEST = 8
WEEK = 7
CARDS = ("net", "orders", "average-order", "new-buyers")


@blueprint.get("/")
@staff("catalog.view")
def home() -> Response:
    """What needs attention, how the week went, and the last orders."""
    session, span = db.session(), Span.ending(Books.of(settings()).today(), WEEK)
    latest = list_orders(session, OrderFilter(), size=LATEST).items
    cards = make_cards(session, span, CARDS) if latest and current_user.can("insight.view") else []
    shown = {"attention": count_attention(session), "latest": latest, "requires_factor": settings().requires_factor}
    return page("admin/home.html", late=count_late(session, today()), cards=cards, days=WEEK, **shown)
