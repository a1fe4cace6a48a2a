"""Suppliers and the terms that hold for their goods."""

from flask import flash, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint, show_form
from storefront.admin.forms.reorder import SupplierForm, supplier_values
from storefront.admin.insight.frame import insight_page
from storefront.core.db import db
from storefront.core.web import see_other, staff, tell
from storefront.insight import words
from storefront.insight.reorder import service
from storefront.insight.reorder.queries import get_supplier, list_suppliers


@blueprint.get("/insight/suppliers")
@staff("insight.view")
def suppliers() -> Response:
    """All of them."""
    return insight_page("admin/insight/suppliers.html", suppliers=list_suppliers(db.session()), words=words)


@blueprint.get("/insight/suppliers/new")
@staff("insight.edit")
def new_supplier() -> Response:
    """An empty form."""
    return _show(SupplierForm(formdata=None), 0)


@blueprint.post("/insight/suppliers")
@staff("insight.edit")
def create_supplier() -> Response:
    """Add a supplier."""
    return _save(0)


@blueprint.get("/insight/suppliers/<int:supplier_id>")
@staff("insight.edit")
def supplier(supplier_id: int) -> Response:
    """A supplier in a form."""
    found = get_supplier(db.session(), supplier_id)
    return _show(SupplierForm(formdata=None, data=supplier_values(found)), supplier_id)


@blueprint.post("/insight/suppliers/<int:supplier_id>")
@staff("insight.edit")
def change_supplier(supplier_id: int) -> Response:
    """Save a supplier."""
    return _save(supplier_id)


def _save(supplier_id: int) -> Response:
    form = SupplierForm()
    if not form.validate():
        return _show(form, supplier_id, 422)
    try:
        if supplier_id:
            service.change_supplier(supplier_id, form.supplier_data())
        else:
            service.add_supplier(form.supplier_data())
    except service.TakenName as error:
        form.name.errors = [tell(error)]
        return _show(form, supplier_id, 409)
    flash(_("%(name)s is saved.", name=form.name.data), "good")
    return see_other(url_for("admin.suppliers"))


def _show(form: SupplierForm, supplier_id: int, status: int = 200) -> Response:
    title = _("Supplier") if supplier_id else _("New supplier")
    crumb = (_("Suppliers"), url_for("admin.suppliers"))
    action = (
        url_for("admin.change_supplier", supplier_id=supplier_id) if supplier_id else url_for("admin.create_supplier")
    )
    return show_form(form, title=title, crumb=crumb, action=action, status=status)
