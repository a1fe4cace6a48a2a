"""Money: whether the provider's books agree with ours, and what is disputed."""

from datetime import timedelta

from flask import flash, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin import words
from storefront.admin.desk import blueprint
from storefront.core import clock, outbox
from storefront.core.db import db, transaction
from storefront.core.web import page, see_other, staff
from storefront.orders.queries import map_numbers
from storefront.payments.queries import list_comparisons, list_open_disputes


@blueprint.get("/money")
@staff("payments.view")
def money() -> Response:
    """The last comparison with what differed, the ones before it, and open disputes."""
    session = db.session()
    comparisons, disputes = list_comparisons(session), list_open_disputes(session)
    return page(
        "admin/money/index.html",
        comparisons=comparisons,
        disputes=disputes,
        numbers=map_numbers(session, [dispute.order_id for dispute in disputes]),
        words=words,
        soon=clock.now() + timedelta(days=3),
    )


@blueprint.post("/money/comparisons")
@staff("orders.refund")
def compare_now() -> Response:
    """Stage a comparison; one a minute is enough."""
    with transaction():
        outbox.stage("payments.compare", dedupe_key=f"compare-{clock.now():%Y%m%d%H%M}")
    flash(_("The books are being compared. Load this page again in a moment."), "good")
    return see_other(url_for("admin.money"))
