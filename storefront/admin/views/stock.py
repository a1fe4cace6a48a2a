"""Stock of a product: what is there per variant, booking goods in, correcting, and the ledger."""

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin import words
from storefront.admin.desk import actor, blueprint
from storefront.admin.forms.stock import RECEIVED, WRITTEN_OFF, StockForm
from storefront.admin.queries import map_items, map_names, map_orders
from storefront.catalog.models import Product, Variant
from storefront.catalog.queries import UnknownProduct, get_product_by_id
from storefront.core.db import db
from storefront.core.errors import Conflict, InvalidInput
from storefront.core.web import page, see_other, staff, tell
from storefront.stock import service
from storefront.stock.queries import count_waiting, list_entries

NEWEST = 50


@blueprint.get("/products/<int:product_id>/stock")
@staff("catalog.view")
def stock(product_id: int) -> Response:
    """Every variant with its numbers; `?variant=` chooses whose ledger is shown."""
    product = get_product_by_id(db.session(), product_id)
    chosen = request.args.get("variant", type=int)
    known = [variant for variant in product.variants if variant.id == chosen] or product.variants
    return _show(product, known[0], StockForm(formdata=None))


@blueprint.post("/products/<int:product_id>/variants/<int:variant_id>/stock-entries")
@staff("stock.edit")
def book_stock(product_id: int, variant_id: int) -> Response:
    """Book goods that arrived, or a correction."""
    product, form = get_product_by_id(db.session(), product_id), StockForm()
    variant = _variant_of(product, variant_id)
    if not form.validate():
        return _show(product, variant, form, 422)
    try:
        _book(variant_id, form)
    except (Conflict, InvalidInput) as error:
        form.quantity.errors = [tell(error)]
        return _show(get_product_by_id(db.session(), product_id), variant, form, 409)
    flash(_("Stock is booked."), "good")
    return see_other(url_for("admin.stock", product_id=product_id, variant=variant_id))


def _book(variant_id: int, form: StockForm) -> None:
    reason = form.reason.data or ""
    if form.kind.data == RECEIVED:
        service.receive(variant_id, form.change, actor(), reason)
    elif form.kind.data == WRITTEN_OFF:
        service.write_off(variant_id, form.change, actor(), reason)
    else:
        service.adjust(variant_id, form.change, actor(), reason)


def _variant_of(product: Product, variant_id: int) -> Variant:
    for variant in product.variants:
        if variant.id == variant_id:
            return variant
    raise UnknownProduct(id=variant_id)


def _show(product: Product, variant: Variant, form: StockForm, status: int = 200) -> Response:
    session = db.session()
    entries = list_entries(session, variant.id, NEWEST)
    return page(
        "admin/products/stock.html",
        status=status,
        product=product,
        variant=variant,
        form=form,
        items=map_items(session, [variant.id for variant in product.variants]),
        entries=entries,
        waiting=count_waiting(session, variant.id),
        orders=map_orders(session, entries),
        names=map_names(session, {entry.actor for entry in entries}),
        newest=NEWEST,
        words=words,
    )
