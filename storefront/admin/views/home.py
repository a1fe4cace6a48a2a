"""The desk's first page."""

from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.queries import count_attention
from storefront.core.db import db
from storefront.core.web import page, settings, staff
from storefront.insight.queueing.shown import today
from storefront.orders.queries import OrderFilter, count_late, list_orders

LATEST = 8


@blueprint.get("/")
@staff("catalog.view")
def home() -> Response:
    """What needs attention, and the last orders."""
    session = db.session()
    latest = list_orders(session, OrderFilter(), size=LATEST).items
    shown = {"attention": count_attention(session), "latest": latest, "requires_factor": settings().requires_factor}
    return page("admin/home.html", late=count_late(session, today()), **shown)
