"""The way from a product to a paid order."""

from itertools import pairwise

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.insight.frame import insight_page, read_days
from storefront.core.db import db
from storefront.core.web import settings, staff
from storefront.core.web.downloads import csv_answer
from storefront.insight import words
from storefront.insight.days import Books
from storefront.insight.funnel import Funnel, read_funnel

STEPS = {
    "seen": (_l("Product pages seen"), _l("By browsers that run our script; machines that only fetch pages do not.")),
    "carts": (_l("Carts begun"), _l("The first thing somebody put into a cart.")),
    "checkouts": (_l("Checkouts begun"), _l("The checkout was opened, once per cart.")),
    "placed": (_l("Orders placed"), _l("In the shop itself; those of the desk and imported ones are not part of it.")),
    "paid": (_l("Orders paid"), _l("Of those, paid or accepted to be paid later.")),
}


@blueprint.get("/insight/funnel")
@staff("insight.view")
def insight_funnel() -> Response:
    """How many get how far."""
    session, books = db.session(), Books.of(settings())
    chosen = read_days(session, request.args)
    now, before = (read_funnel(session, span, books) for span in (chosen.span, chosen.span.before))
    return insight_page(
        "admin/insight/funnel.html",
        chosen,
        rows=_rows(now, before),
        most=max(now),
        is_empty=not any((*now, *before)),
        file=url_for("admin.insight_funnel_file", **chosen.arguments()),
        words=words,
    )


@blueprint.get("/insight/funnel.csv")
@staff("insight.view")
def insight_funnel_file() -> Response:
    """The steps as a file."""
    session = db.session()
    span = read_days(session, request.args).span
    found = read_funnel(session, span, Books.of(settings()))
    return csv_answer(f"funnel-{span.first}-{span.last}.csv", ["step", "count"], list(found._asdict().items()))


def _rows(now: Funnel, before: Funnel) -> list[dict[str, object]]:
    """Each step with what it is of the step before it."""
    values, earlier = now._asdict(), before._asdict()
    shares = [None, *(after / first if first else None for first, after in pairwise(now))]
    return [
        {"label": label, "text": text, "count": values[key], "before": earlier[key], "share": share}
        for (key, (label, text)), share in zip(STEPS.items(), shares, strict=True)
    ]
