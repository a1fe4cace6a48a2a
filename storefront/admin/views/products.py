"""Products: list, create, change, prices, archive and restore."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin import exports, lists
from storefront.admin.conflicts import adopt, compare
from storefront.admin.desk import blueprint
from storefront.admin.forms.products import PriceForm, ProductForm, product_values
from storefront.admin.queries import find_taken
from storefront.catalog import service
from storefront.catalog.models import Product, ProductStatus
from storefront.catalog.queries import get_product_by_id, list_categories, list_products
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import page, see_other, settings, staff, tell
from storefront.core.web.downloads import csv_answer
from storefront.stock.queries import map_available


@blueprint.get("/products")
@staff("catalog.view")
def products() -> Response:
    """The list, narrowed and sorted by what stands in the URL."""
    session, chosen = db.session(), lists.read_products(request.args)
    found = list_products(session, chosen.wanted(), chosen.sort, chosen.page, lists.PRODUCTS_SIZE)
    categories = list_categories(session)
    return page(
        "admin/products/index.html",
        fragment="results",
        found=found,
        chosen=chosen,
        available=_available(found.items),
        categories=categories,
        names={category.id: category.name for category in categories},
        url=partial(url_for, "admin.products", **chosen.arguments()),
        file=url_for("admin.products_file", **chosen.arguments()),
    )


@blueprint.get("/products.csv")
@staff("catalog.view")
def products_file() -> Response:
    """The variants of the same products as a file, without pages."""
    chosen = lists.read_products(request.args)
    rows = exports.product_rows(db.session(), chosen.wanted(), settings().currency)
    return csv_answer("products.csv", exports.PRODUCT_HEADER, rows)


@blueprint.get("/products/new")
@staff("catalog.edit")
def new_product() -> Response:
    """An empty form."""
    return _show_form(ProductForm(formdata=None, data={"variants": [{"is_active": True}]}))


@blueprint.post("/products")
@staff("catalog.edit")
def create_product() -> Response:
    """Add a product, or a row to its form; what cannot be saved comes back with everything that was typed."""
    form = _sent_form()
    if _changes_rows(form):
        return _show_form(form)
    if not form.is_valid():
        return _show_form(form, status=422)
    try:
        product_id = service.create_product(form.product_data())
    except ShopError as error:
        return _refuse(form, error)
    flash(_("%(name)s is in the shop. Give it a picture and its stock next.", name=form.name.data), "good")
    return see_other(url_for("admin.product", product_id=product_id))


@blueprint.get("/products/<int:product_id>")
@staff("catalog.view")
def product(product_id: int) -> Response:
    """The product in its form; who may only look sees it without fields."""
    found = get_product_by_id(db.session(), product_id)
    return _show_form(ProductForm(formdata=None, data=product_values(found)), found)


@blueprint.post("/products/<int:product_id>")
@staff("catalog.edit")
def change_product(product_id: int) -> Response:
    """Save the form over the version it was opened with."""
    form, found = _sent_form(), get_product_by_id(db.session(), product_id)
    if _changes_rows(form):
        return _show_form(form, found)
    if not form.is_valid():
        return _show_form(form, found, status=422)
    try:
        service.change_product(product_id, form.product_data(), form.version.data or 0)
    except ShopError as error:
        return _refuse(form, error, get_product_by_id(db.session(), product_id))
    flash(_("%(name)s is saved.", name=form.name.data), "good")
    return see_other(url_for("admin.product", product_id=product_id))


@blueprint.post("/products/<int:product_id>/status")
@staff("catalog.edit")
def set_product_status(product_id: int) -> Response:
    """Archive or restore; the message that says so carries the way back."""
    found = get_product_by_id(db.session(), product_id)
    name, target = found.name, url_for("admin.product", product_id=product_id)
    if request.form.get("status") == ProductStatus.ARCHIVED:
        service.archive_product(product_id)
        undo = {"action": request.path, "name": "status", "value": "active"}
        flash({"text": _("%(name)s is off the shelves.", name=name), **undo}, "good")  # type: ignore[arg-type]
    else:
        service.restore_product(product_id)
        flash(_("%(name)s is back on the shelves.", name=name), "good")
    return see_other(target)


@blueprint.get("/products/<int:product_id>/prices")
@staff("catalog.edit")
def prices(product_id: int) -> Response:
    """One field per variant and nothing else; htmx shows the block `prices` in the list."""
    found = get_product_by_id(db.session(), product_id)
    return _show_prices(found, _price_forms(found, is_sent=False))


@blueprint.post("/products/<int:product_id>/prices")
@staff("catalog.edit")
def change_prices(product_id: int) -> Response:
    """Save the prices that differ."""
    found = get_product_by_id(db.session(), product_id)
    forms = _price_forms(found, is_sent=True)
    # Every form is asked, so that every wrong price is named at once.
    invalid = [form for form in forms.values() if not form.validate()]
    if invalid:
        return _show_prices(found, forms, status=422)
    before = {variant.id: variant.price_minor for variant in found.variants}
    for variant_id, form in forms.items():
        if form.price.data != before[variant_id]:
            service.set_price(variant_id, form.price.data)
    flash(_("The prices are saved."), "good")
    return see_other(url_for("admin.products", **lists.read_products(request.args).arguments()))


def _available(products: Sequence[Product]) -> dict[int, int]:
    """How many pieces of each product can be sold, all its active variants together."""
    variants = {product.id: [variant.id for variant in product.active_variants] for product in products}
    pieces = map_available(db.session(), chain.from_iterable(variants.values()))
    return {product_id: sum(pieces[variant_id] for variant_id in ids) for product_id, ids in variants.items()}


def _sent_form() -> ProductForm:
    form = ProductForm()
    form.offer(list_categories(db.session()))
    return form


def _changes_rows(form: ProductForm) -> bool:
    """Whether a button was pressed that adds or removes a row instead of saving."""
    if "add_variant" in request.form:
        form.add_row()
    elif "remove_variant" in request.form:
        form.drop_row(request.form["remove_variant"])
    else:
        return False
    return True


def _refuse(form: ProductForm, error: ShopError, found: Product | None = None) -> Response:
    """The form again with what was typed, the reason, and after an edit conflict what differs."""
    session, differences = db.session(), None
    if isinstance(error, service.EditConflict) and found is not None:
        differences = compare(form, found, list_categories(session))
        adopt(form, found)
    elif isinstance(error, service.TakenCode):
        data = form.product_data()
        skus = [variant.sku for variant in data.variants]
        form.mark_taken(find_taken(session, data.code, skus, found.id if found else None))
    if differences is None and not form.problems():
        form.form_errors.append(tell(error))
    return _show_form(form, found, status=409, differences=differences)


def _show_form(form: ProductForm, found: Product | None = None, status: int = 200, **context: Any) -> Response:
    form.offer(list_categories(db.session()))
    return page(
        "admin/products/form.html",
        fragment="variants" if status == 200 else None,
        status=status,
        form=form,
        product=found,
        action=url_for("admin.change_product", product_id=found.id) if found else url_for("admin.create_product"),
        is_changed=request.method == "POST",
        **{"differences": None, **context},
    )


def _price_forms(found: Product, is_sent: bool) -> dict[int, PriceForm]:
    sent = request.form if is_sent else None
    return {
        variant.id: PriceForm(formdata=sent, prefix=f"v{variant.id}", data={"price": variant.price_minor})
        for variant in found.variants
    }


def _show_prices(found: Product, forms: dict[int, PriceForm], status: int = 200) -> Response:
    context = {"product": found, "forms": forms, "currency": settings().currency}
    back = lists.read_products(request.args).arguments()
    return page("admin/products/prices.html", fragment="prices", status=status, back=back, **context)
