"""The address book: several, one of which the checkout offers first."""

from typing import Any

from flask import flash, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField
from wtforms.validators import Length, Optional

from storefront.accounts import addresses
from storefront.accounts.addresses import PARTS
from storefront.accounts.views.visit import blueprint
from storefront.checkout.forms import AddressFields, country_choices
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import customer, page, see_other, tell
from storefront.core.web.forms import TextField
from storefront.core.web.limits import limiter

# In the session: the address that was taken out last, while it is offered to be put back.
REMOVED = "removed_address"


class SavedAddressForm(AddressFields):
    """An entry of the address book."""

    email = None  # type: ignore[assignment]  # So does WTForms leave a field out.
    label = TextField(
        _l("What you call it"),
        [Optional(), Length(max=60)],
        render_kw={"maxlength": 60, "autocomplete": "off"},
    )
    is_default = BooleanField(_l("Offer this address first"))

    def parts(self) -> dict[str, str]:
        """What stands on a parcel."""
        return {name: self[name].data or "" for name in PARTS}


@blueprint.get("/account/addresses")
@customer
def list_own_addresses() -> Response:
    """All of them; the offer to put one back is made once, right after it was taken out."""
    found = addresses.list_addresses(db.session(), current_user.id)
    return page("accounts/addresses.html", addresses=found, removed=session.pop(REMOVED, None))


@blueprint.get("/account/addresses/new")
@customer
def new_address() -> Response:
    """An empty form, with the name that is known."""
    return _show(_form(formdata=None, data={"name": current_user.name}))


@blueprint.post("/account/addresses")
@customer
@limiter.limit("60 per hour", key_func=lambda: f"addresses:{current_user.id}")
def add_address() -> Response:
    """Keep another one."""
    form = _form()
    if not form.validate():
        return _show(form, 422)
    try:
        addresses.add(current_user.id, form.parts(), form.label.data or "", is_default=form.is_default.data)
    except ShopError as error:
        form.form_errors.append(tell(error))
        return _show(form, 409)
    return _done(_("The address is saved."))


@blueprint.get("/account/addresses/<int:address_id>")
@customer
def edit_address(address_id: int) -> Response:
    """One of them, to be changed."""
    found = addresses.get_address(db.session(), current_user.id, address_id)
    known = {**found.parts, "label": found.label, "is_default": found.default_of is not None}
    return _show(_form(formdata=None, data=known), address_id=address_id)


@blueprint.post("/account/addresses/<int:address_id>")
@customer
def change_address(address_id: int) -> Response:
    """Set it anew."""
    addresses.get_address(db.session(), current_user.id, address_id)
    form = _form()
    if not form.validate():
        return _show(form, 422, address_id)
    is_default = bool(form.is_default.data)
    addresses.change(current_user.id, address_id, form.parts(), form.label.data or "", is_default=is_default)
    return _done(_("The address is saved."))


@blueprint.post("/account/addresses/<int:address_id>/default")
@customer
def prefer_address(address_id: int) -> Response:
    """Offer it first."""
    addresses.make_default(current_user.id, address_id)
    return _done(_("The checkout offers this address first from now on."))


@blueprint.post("/account/addresses/<int:address_id>/removal")
@customer
def remove_address(address_id: int) -> Response:
    """Take it out, and offer to put it back."""
    found = addresses.get_address(db.session(), current_user.id, address_id)
    name = found.label or found.line1
    addresses.remove(current_user.id, address_id)
    session[REMOVED] = [address_id, name[:60]]
    return see_other(url_for("accounts.list_own_addresses"))


@blueprint.post("/account/addresses/<int:address_id>/undo")
@customer
def restore_address(address_id: int) -> Response:
    """Put it back."""
    try:
        addresses.put_back(current_user.id, address_id)
    except addresses.TooManyAddresses as error:
        flash(tell(error), "danger")
    return see_other(url_for("accounts.list_own_addresses"))


def _form(**options: Any) -> SavedAddressForm:
    form = SavedAddressForm(**options)
    form.country.choices = country_choices()
    return form


def _done(text: str) -> Response:
    flash(text, "good")
    return see_other(url_for("accounts.list_own_addresses"))


def _show(form: SavedAddressForm, status: int = 200, address_id: int | None = None) -> Response:
    return page("accounts/address.html", status=status, form=form, address_id=address_id)
