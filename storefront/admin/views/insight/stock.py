"""Stock beside its sales."""

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.insight import exports
from storefront.admin.insight.frame import insight_page, read_days
from storefront.core.db import db
from storefront.core.web import staff
from storefront.core.web.downloads import csv_answer
from storefront.insight import shelves, words
from storefront.insight.definitions import STOCK_WORDS
from storefront.insight.shelves import Shelf

SHELVES = {Shelf.SHORT: _l("Ends first"), Shelf.SLOW: _l("Lasts longest"), Shelf.DEAD: _l("Dead stock")}


@blueprint.get("/insight/stock")
@staff("insight.view")
def insight_stock() -> Response:
    """How long stock lasts at the pace of the chosen days, and what of it was not sold at all."""
    session, shelf = db.session(), _shelf()
    chosen = read_days(session, request.args)
    kept = chosen.arguments(shelf=shelf)
    return insight_page(
        "admin/insight/stock.html",
        chosen,
        sums=shelves.sum_stock(session, chosen.span),
        found=shelves.list_stock(session, chosen.span, shelf, request.args.get("page", 1, type=int)),
        shelf=shelf,
        shelves=[
            (label, url_for("admin.insight_stock", **chosen.arguments(shelf=key)), key is shelf)
            for key, label in SHELVES.items()
        ],
        definitions=STOCK_WORDS,
        url=lambda page: url_for("admin.insight_stock", page=page, **kept),
        file=url_for("admin.insight_stock_file", **kept),
        words=words,
    )


@blueprint.get("/insight/stock.csv")
@staff("insight.view")
def insight_stock_file() -> Response:
    """The same variants as a file."""
    session, shelf = db.session(), _shelf()
    span = read_days(session, request.args).span
    header = ["sku", "name", "available", "on_hand", "sold", "days_of_cover", "sell_through", "value"]
    rows = [
        [
            one.sku,
            one.name,
            one.available,
            one.on_hand,
            one.sold,
            None if one.cover_days is None else round(one.cover_days, 1),
            round(one.sell_through, 4),
            exports.amount(one.value_minor),
        ]
        for one in shelves.all_stock(session, span, shelf)
    ]
    return csv_answer(f"stock-{shelf}-{span.first}-{span.last}.csv", header, rows)


def _shelf() -> Shelf:
    wanted = request.args.get("shelf")
    return Shelf(wanted) if wanted in set(Shelf) else Shelf.SHORT
