"""The forecast of a product's variants: history, what is expected, how far off that may be, and the plain line."""

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.insight.forecasts import describe
from storefront.catalog.queries import get_product_by_id
from storefront.core.db import db
from storefront.core.web import page, see_other, settings, staff
from storefront.insight import words
from storefront.insight.forecast.queries import find_forecast, find_run, weekly_units
from storefront.insight.forecast.service import request_forecast


@blueprint.get("/products/<int:product_id>/forecast")
@staff("insight.view")
def product_forecast(product_id: int) -> Response:
    """`?variant=` chooses whose forecast is shown; the first one's without it."""
    session = db.session()
    product, run = get_product_by_id(session, product_id), find_run(session)
    chosen = request.args.get("variant", type=int)
    variant = next((each for each in product.variants if each.id == chosen), product.variants[0])
    found = find_forecast(session, variant.id) if run else None
    outlook = None
    if run and found:
        weeks = weekly_units(session, variant.id, run, settings().time_zone)
        outlook = describe(run, found, weeks, run.season(product.category_id))
    return page(
        "admin/products/forecast.html",
        product=product,
        variant=variant,
        run=run,
        found=found,
        outlook=outlook,
        words=words,
    )


@blueprint.post("/products/<int:product_id>/forecast")
@staff("insight.edit")
def make_product_forecast(product_id: int) -> Response:
    """Have the forecast of the whole shop made now and not at night."""
    product = get_product_by_id(db.session(), product_id)
    request_forecast()
    flash(_("The forecast is being made. Look again in a few seconds."), "good")
    return see_other(url_for("admin.product_forecast", product_id=product.id))
