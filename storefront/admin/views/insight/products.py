"""What was sold, by product and by category."""

from collections.abc import Sequence
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.insight import exports
from storefront.admin.insight.frame import insight_page, read_days
from storefront.admin.insight.trends import trend
from storefront.catalog import queries as catalog
from storefront.core.db import db
from storefront.core.web import staff
from storefront.core.web.downloads import csv_answer
from storefront.insight import goods, queries, words
from storefront.insight.goods import GoodsSort, Sold

SORTS = {
    GoodsSort.NET: _l("Net sales"),
    GoodsSort.UNITS: _l("Units sold"),
    GoodsSort.GROSS: _l("Gross sales"),
    GoodsSort.REFUNDS: _l("Refunds"),
    GoodsSort.RETURNED: _l("Units returned"),
}


@blueprint.get("/insight/products")
@staff("insight.view")
def insight_products() -> Response:
    """Products by what they brought, beside the days before."""
    session, sort, category_id = db.session(), _sort(), _category()
    chosen = read_days(session, request.args)
    number = request.args.get("page", 1, type=int)
    found = goods.list_products(session, chosen.span, sort, number, category_id=category_id)
    goods.add_history(session, found.items, chosen.span)
    kept = chosen.arguments(sort=sort, category=category_id)
    return insight_page(
        "admin/insight/products.html",
        chosen,
        found=found,
        total=queries.sum_totals(session, chosen.span),
        trends={one.id: trend(one, chosen.span) for one in found.items},
        sort=sort,
        sorts=SORTS,
        categories=catalog.list_categories(session),
        category_id=category_id,
        url=lambda page: url_for("admin.insight_products", page=page, **kept),
        file=url_for("admin.insight_products_file", **kept),
        words=words,
    )


@blueprint.get("/insight/products.csv")
@staff("insight.view")
def insight_products_file() -> Response:
    """Every product that was sold, as a file."""
    session = db.session()
    span = read_days(session, request.args).span
    found = goods.all_products(session, span, _category())
    return csv_answer(f"products-{span.first}-{span.last}.csv", *_table("product", found))


@blueprint.get("/insight/categories")
@staff("insight.view")
def insight_categories() -> Response:
    """Categories by what they brought, beside the days before."""
    session = db.session()
    chosen = read_days(session, request.args)
    found = goods.list_categories(session, chosen.span)
    return insight_page(
        "admin/insight/categories.html",
        chosen,
        found=found,
        total=queries.sum_totals(session, chosen.span),
        file=url_for("admin.insight_categories_file", **chosen.arguments()),
        words=words,
    )


@blueprint.get("/insight/categories.csv")
@staff("insight.view")
def insight_categories_file() -> Response:
    """Every category as a file."""
    session = db.session()
    span = read_days(session, request.args).span
    found = goods.list_categories(session, span)
    return csv_answer(f"categories-{span.first}-{span.last}.csv", *_table("category", found))


def _table(name: str, found: Sequence[Sold]) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of a file."""
    header = [name, "units", "units_returned", "gross_sales", "discounts", "refunds", "net_sales"]
    money = ("gross_minor", "discount_minor", "refund_minor", "net_minor")
    rows = [
        [one.name or _("Not in the catalogue"), one.sums["units"], one.sums["returned_units"]]
        + [exports.amount(one.sums[column]) for column in money]
        for one in found
    ]
    return header, rows


def _sort() -> GoodsSort:
    wanted = request.args.get("sort")
    return GoodsSort(wanted) if wanted in set(GoodsSort) else GoodsSort.NET


def _category() -> int | None:
    return request.args.get("category", type=int) or None
