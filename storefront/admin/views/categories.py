"""Categories: list, create, rename, put in order, delete when empty."""

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.forms.categories import CategoryForm
from storefront.admin.queries import count_products
from storefront.catalog import service
from storefront.catalog.models import Category
from storefront.catalog.queries import get_category_by_id, list_categories
from storefront.core.db import db
from storefront.core.web import page, see_other, staff, tell

STEPS = {"up": -1, "down": 1}


@blueprint.get("/categories")
@staff("catalog.edit")
def categories() -> Response:
    """All of them in the order of the shop; `?moved=` and `?direction=` say what the last step was."""
    return _show_list(CategoryForm(formdata=None))


@blueprint.post("/categories")
@staff("catalog.edit")
def create_category() -> Response:
    """Add a category behind the others."""
    form = CategoryForm()
    if not form.validate():
        return _show_list(form, 422)
    try:
        service.create_category(form.name.data or "")
    except service.TakenCategory as error:
        form.name.errors = [tell(error)]
        return _show_list(form, 409)
    flash(_("%(name)s is made. Shoppers see it as soon as a product lies in it.", name=form.name.data), "good")
    return see_other(url_for("admin.categories"))


@blueprint.get("/categories/<int:category_id>")
@staff("catalog.edit")
def category(category_id: int) -> Response:
    """Its name in a form, and whether it can go."""
    found = get_category_by_id(db.session(), category_id)
    return _show(found, CategoryForm(formdata=None, data={"name": found.name}))


@blueprint.post("/categories/<int:category_id>")
@staff("catalog.edit")
def rename_category(category_id: int) -> Response:
    """Save its name; its address in the shop stays."""
    form, found = CategoryForm(), get_category_by_id(db.session(), category_id)
    if not form.validate():
        return _show(found, form, 422)
    try:
        service.rename_category(category_id, form.name.data or "")
    except service.TakenCategory as error:
        form.name.errors = [tell(error)]
        return _show(get_category_by_id(db.session(), category_id), form, 409)
    flash(_("%(name)s is saved.", name=form.name.data), "good")
    return see_other(url_for("admin.categories"))


@blueprint.post("/categories/<int:category_id>/position")
@staff("catalog.edit")
def move_category(category_id: int) -> Response:
    """One place up or down; htmx shows the block `rows` of the list again."""
    direction = request.form.get("direction", "")
    service.move_category(category_id, STEPS.get(direction, 0))
    return see_other(url_for("admin.categories", moved=category_id, direction=direction))


@blueprint.post("/categories/<int:category_id>/removal")
@staff("catalog.edit")
def delete_category(category_id: int) -> Response:
    """Take an empty category away."""
    name = get_category_by_id(db.session(), category_id).name
    try:
        service.delete_category(category_id)
    except service.CategoryNotEmpty as error:
        flash(tell(error), "warn")
        return see_other(url_for("admin.category", category_id=category_id))
    flash(_("%(name)s is deleted.", name=name), "good")
    return see_other(url_for("admin.categories"))


def _show_list(form: CategoryForm, status: int = 200) -> Response:
    session = db.session()
    return page(
        "admin/categories/index.html",
        fragment="rows" if status == 200 else None,
        status=status,
        form=form,
        categories=list_categories(session),
        counts=count_products(session),
        moved=request.args.get("moved", type=int),
        direction=request.args.get("direction", ""),
    )


def _show(found: Category, form: CategoryForm, status: int = 200) -> Response:
    count = count_products(db.session()).get(found.id, 0)
    is_changed = status != 200
    return page(
        "admin/categories/show.html", status=status, category=found, form=form, count=count, is_changed=is_changed
    )
