"""Where the shop sends to and how: zones and their methods."""

from typing import Any

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin import offer_words as words
from storefront.admin.desk import blueprint, show_form
from storefront.admin.forms.setup import MethodForm, ZoneForm, method_values
from storefront.catalog.queries import count_unweighed
from storefront.checkout.forms import country_choices
from storefront.core.db import db
from storefront.core.web import page, see_other, staff, tell
from storefront.shipping import service
from storefront.shipping.models import MethodKind
from storefront.shipping.queries import get_method, get_zone, list_zones
from storefront.shipping.words import method_words

STEPS = {"up": -1, "down": 1}


@blueprint.get("/shipping")
@staff("settings.edit")
def shipping() -> Response:
    """All zones with their methods."""
    zones = list_zones(db.session())
    methods = [method for zone in zones for method in zone.methods if method.is_active]
    is_weighed = any(method.kind is MethodKind.WEIGHT for method in methods)
    return page(
        "admin/shipping/index.html",
        zones=zones,
        countries=dict(country_choices()),
        method_words=method_words,
        words=words,
        is_closed=not methods,
        unweighed=count_unweighed(db.session()) if is_weighed else 0,
    )


@blueprint.get("/shipping/zones/new")
@staff("settings.edit")
def new_zone() -> Response:
    """An empty form."""
    return _show_zone(0, ZoneForm(formdata=None))


@blueprint.post("/shipping/zones")
@staff("settings.edit")
def create_zone() -> Response:
    """Add a zone, and go on to its first method."""
    form = ZoneForm()
    _offer(form, 0)
    if not form.validate():
        return _show_zone(0, form, 422)
    try:
        zone_id = service.create_zone(form.zone_data())
    except service.TakenZone as error:
        return _show_taken(0, form, error)
    flash(_("%(name)s is made. Say now how parcels go there.", name=form.name.data), "good")
    return see_other(url_for("admin.new_method", zone_id=zone_id))


@blueprint.get("/shipping/zones/<int:zone_id>")
@staff("settings.edit")
def zone(zone_id: int) -> Response:
    """A zone in a form."""
    found = get_zone(db.session(), zone_id)
    values = {"name": found.name, "is_rest": found.is_rest, "countries": [one.country for one in found.countries]}
    return _show_zone(zone_id, ZoneForm(formdata=None, data=values))


@blueprint.post("/shipping/zones/<int:zone_id>")
@staff("settings.edit")
def change_zone(zone_id: int) -> Response:
    """Save a zone."""
    form = ZoneForm()
    _offer(form, zone_id)
    if not form.validate():
        return _show_zone(zone_id, form, 422)
    try:
        service.change_zone(zone_id, form.zone_data())
    except service.TakenZone as error:
        return _show_taken(zone_id, form, error)
    flash(_("%(name)s is saved.", name=form.name.data), "good")
    return see_other(url_for("admin.shipping"))


@blueprint.post("/shipping/zones/<int:zone_id>/removal")
@staff("settings.edit")
def delete_zone(zone_id: int) -> Response:
    """Take a zone away with its methods."""
    name = get_zone(db.session(), zone_id).name
    service.delete_zone(zone_id)
    flash(_("%(name)s is deleted. Nothing is sent there any more.", name=name), "good")
    return see_other(url_for("admin.shipping"))


@blueprint.get("/shipping/zones/<int:zone_id>/methods/new")
@staff("settings.edit")
def new_method(zone_id: int) -> Response:
    """An empty form."""
    get_zone(db.session(), zone_id)
    return _show_method(MethodForm(formdata=None), url_for("admin.create_method", zone_id=zone_id))


@blueprint.post("/shipping/zones/<int:zone_id>/methods")
@staff("settings.edit")
def create_method(zone_id: int) -> Response:
    """Add a method."""
    form = MethodForm()
    if not form.validate():
        return _show_method(form, url_for("admin.create_method", zone_id=zone_id), 422)
    service.create_method(zone_id, form.method_data())
    flash(_("%(name)s is saved.", name=form.name.data), "good")
    return see_other(url_for("admin.shipping"))


@blueprint.get("/shipping/methods/<int:method_id>")
@staff("settings.edit")
def method(method_id: int) -> Response:
    """A method in a form."""
    form = MethodForm(formdata=None, data=method_values(get_method(db.session(), method_id)))
    return _show_method(form, url_for("admin.change_method", method_id=method_id), method_id=method_id)


@blueprint.post("/shipping/methods/<int:method_id>")
@staff("settings.edit")
def change_method(method_id: int) -> Response:
    """Save a method."""
    form = MethodForm()
    if not form.validate():
        return _show_method(form, url_for("admin.change_method", method_id=method_id), 422, method_id)
    service.change_method(method_id, form.method_data())
    flash(_("%(name)s is saved.", name=form.name.data), "good")
    return see_other(url_for("admin.shipping"))


@blueprint.post("/shipping/methods/<int:method_id>/removal")
@staff("settings.edit")
def delete_method(method_id: int) -> Response:
    """Take a method away."""
    name = get_method(db.session(), method_id).name
    service.delete_method(method_id)
    flash(_("%(name)s is deleted.", name=method_words(name)), "good")
    return see_other(url_for("admin.shipping"))


@blueprint.post("/shipping/methods/<int:method_id>/position")
@staff("settings.edit")
def move_method(method_id: int) -> Response:
    """One place up or down among those of its zone."""
    service.move_method(method_id, STEPS.get(request.form.get("direction", ""), 0))
    return see_other(url_for("admin.shipping"))


def _offer(form: ZoneForm, zone_id: int) -> None:
    """Countries that no other zone has."""
    others = [zone for zone in list_zones(db.session()) if zone.id != zone_id]
    taken = {country.country for other in others for country in other.countries}
    form.offer((code, name) for code, name in country_choices() if code not in taken)


def _show_taken(zone_id: int, form: ZoneForm, error: service.TakenZone) -> Response:
    form[str(error.facts["field"])].errors = [tell(error)]
    return _show_zone(zone_id, form, 409)


def _show_zone(zone_id: int, form: ZoneForm, status: int = 200) -> Response:
    _offer(form, zone_id)
    removal: dict[str, Any] | None = None
    if zone_id:
        removal = {
            "action": url_for("admin.delete_zone", zone_id=zone_id),
            "label": _("Delete this zone"),
            "text": _("Its methods go with it, and nothing can be sent to its countries any more."),
        }
    action = url_for("admin.change_zone", zone_id=zone_id) if zone_id else url_for("admin.create_zone")
    title = _("Zone") if zone_id else _("New zone")
    crumb = (_("Delivery"), url_for("admin.shipping"))
    return show_form(form, title=title, crumb=crumb, action=action, status=status, removal=removal)


def _show_method(form: MethodForm, action: str, status: int = 200, method_id: int = 0) -> Response:
    removal: dict[str, Any] | None = None
    if method_id:
        removal = {
            "action": url_for("admin.delete_method", method_id=method_id),
            "label": _("Delete this way to send"),
            "text": _("Orders that have it keep its name and price."),
        }
    title = _("Way to send") if method_id else _("New way to send")
    crumb = (_("Delivery"), url_for("admin.shipping"))
    return show_form(form, title=title, crumb=crumb, action=action, status=status, removal=removal)
