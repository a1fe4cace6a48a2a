"""Roles: which there are, and what each allows."""

from flask import flash, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.accounts import roles as service
from storefront.accounts.models import Permission
from storefront.accounts.staff import OWNER
from storefront.admin.desk import blueprint, show_form
from storefront.admin.forms.staff import PERMISSIONS, RoleForm, offer_permissions
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import page, see_other, staff, tell


@blueprint.get("/roles")
@staff("people.view")
def roles() -> Response:
    """All of them."""
    return page("admin/staff/roles.html", roles=service.list_roles(db.session()), words=PERMISSIONS, owner=OWNER)


@blueprint.get("/roles/new")
@staff("people.edit")
def new_role() -> Response:
    """An empty form."""
    return _show(RoleForm(formdata=None), 0)


@blueprint.post("/roles")
@staff("people.edit")
def create_role() -> Response:
    """Add a role."""
    return _save(0)


@blueprint.get("/roles/<int:role_id>")
@staff("people.edit")
def role(role_id: int) -> Response:
    """A role in a form."""
    found = service.get_role(db.session(), role_id)
    if found.name == OWNER:
        raise service.FixedRole()
    values = {"name": found.name, "permissions": [str(row.permission) for row in found.permissions]}
    return _show(RoleForm(formdata=None, data=values), role_id)


@blueprint.post("/roles/<int:role_id>")
@staff("people.edit")
def change_role(role_id: int) -> Response:
    """Save a role."""
    service.get_role(db.session(), role_id)
    return _save(role_id)


@blueprint.post("/roles/<int:role_id>/removal")
@staff("people.edit")
def delete_role(role_id: int) -> Response:
    """Take a role away that nobody has."""
    try:
        service.delete_role(current_user.id, role_id)
    except (service.RoleGone, service.FixedRole):
        raise
    except ShopError as error:
        flash(tell(error), "danger")
        return see_other(url_for("admin.role", role_id=role_id))
    flash(_("The role is taken away."), "good")
    return see_other(url_for("admin.roles"))


def _save(role_id: int) -> Response:
    form = offer_permissions(RoleForm())
    if not form.validate():
        return _show(form, role_id, 422)
    name, permissions = form.name.data or "", [Permission(one) for one in form.permissions.data or ()]
    try:
        if role_id:
            service.change_role(current_user.id, role_id, name, permissions)
        else:
            service.create_role(current_user.id, name, permissions)
    except ShopError as error:
        form.name.errors = [tell(error)]
        return _show(form, role_id, 409)
    flash(_("%(name)s is saved.", name=name), "good")
    return see_other(url_for("admin.roles"))


def _show(form: RoleForm, role_id: int, status: int = 200) -> Response:
    label = _("Take this role away")
    text = _("Only a role that nobody has can be taken away.")
    removal = {"label": label, "text": text, "action": url_for("admin.delete_role", role_id=role_id)}
    return show_form(
        offer_permissions(form),
        title=str(form.name.data or _("Role")) if role_id else _("New role"),
        crumb=(_("Roles"), url_for("admin.roles")),
        action=url_for("admin.change_role", role_id=role_id) if role_id else url_for("admin.create_role"),
        status=status,
        removal=removal if role_id else None,
    )
