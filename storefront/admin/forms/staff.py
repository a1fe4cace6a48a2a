"""Forms about people who work at the desk, their roles, and what they did."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from storefront.accounts.forms import email_field
from storefront.accounts.models import Permission, Role
from storefront.core.web.forms import Form, TextField

PERMISSIONS: dict[Permission, Any] = {
    Permission.CATALOG_VIEW: _l("See the desk, products and stock"),
    Permission.CATALOG_EDIT: _l("Change products, prices and pictures"),
    Permission.STOCK_EDIT: _l("Book stock"),
    Permission.ORDERS_VIEW: _l("See orders and customers"),
    Permission.ORDERS_EDIT: _l("Send, change and cancel orders"),
    Permission.ORDERS_REFUND: _l("Pay money back"),
    Permission.PAYMENTS_VIEW: _l("See payments and disputes"),
    Permission.PROMOTIONS_EDIT: _l("Make coupons, gift cards and credit"),
    Permission.SETTINGS_EDIT: _l("Change delivery and tax"),
    Permission.JOBS_VIEW: _l("See jobs"),
    Permission.JOBS_EDIT: _l("Try failed jobs again"),
    Permission.INSIGHT_VIEW: _l("See figures and forecasts"),
    Permission.INSIGHT_EDIT: _l("Change targets and assumptions"),
    Permission.PEOPLE_VIEW: _l("See who works here"),
    Permission.PEOPLE_EDIT: _l("Invite people and decide what they may do"),
    Permission.AUDIT_VIEW: _l("See who did what"),
}


class Boxes(SelectMultipleField):
    """Any of a list, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RolesForm(Form):
    """What somebody may do."""

    roles = Boxes(_l("Roles"), [DataRequired(_l("Choose at least one role."))], coerce=int)


class InviteForm(RolesForm):
    """Who is asked to join."""

    email = email_field(_l("E-mail"), "off")


class RoleForm(Form):
    """What a role is called and allows."""

    name = TextField(_l("Name"), [DataRequired(_l("Give it a name.")), Length(max=40)], render_kw={"maxlength": 40})
    permissions = Boxes(_l("Allows"), [DataRequired(_l("Choose at least one."))], coerce=str)


def offer_roles(form: RolesForm, roles: Iterable[Role]) -> Any:
    """Let the form choose among these roles."""
    form.roles.choices = [(role.id, role.name) for role in roles]
    return form


def offer_permissions(form: RoleForm) -> RoleForm:
    """Let the form choose among all permissions."""
    form.permissions.choices = [(str(one), PERMISSIONS.get(one, str(one))) for one in Permission]
    return form
