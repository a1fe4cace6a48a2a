"""Orders that staff make for somebody, who pays by a link in a mail."""

import secrets
from datetime import timedelta

from flask import flash, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import actor, blueprint, show_form
from storefront.admin.forms.orders import OrderForm
from storefront.cart.service import UnknownSku
from storefront.checkout import service
from storefront.checkout.forms import country_choices
from storefront.checkout.service import CheckoutData
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import see_other, settings, staff, tell
from storefront.core.web.language import current
from storefront.insight.queueing.shown import current_promise
from storefront.orders.queries import get_order_by_id
from storefront.shipping.queries import list_zones
from storefront.shipping.words import method_words
from storefront.stock.service import OutOfStock


@blueprint.get("/orders/new")
@staff("orders.edit")
def new_order() -> Response:
    """An empty form."""
    values = {"key": secrets.token_urlsafe(16), "country": settings().country}
    return _show(OrderForm(formdata=None, data=values))


@blueprint.post("/orders")
@staff("orders.edit")
def create_order() -> Response:
    """Place the order and mail the link to pay it; sending the same form again changes nothing."""
    form = OrderForm()
    _offer(form)
    if not form.validate():
        return _show(form, 422)
    try:
        order_id = service.place_for(form.lines(), _data(form), actor())
    except ShopError as error:
        _say(form, error)
        return _show(form, 409)
    number = get_order_by_id(db.session(), order_id).number
    flash(_("Order %(number)s is placed. The customer gets a mail with the link to pay it.", number=number), "good")
    return see_other(url_for("admin.order", number=number))


def _data(form: OrderForm) -> CheckoutData:
    return CheckoutData(
        key=f"desk-{form.key.data}",
        address=form.address(),
        shipping_method=form.shipping_method.data,
        quoted_minor=None,
        locale=current(),
        currency=settings().currency,
        pay_within=timedelta(days=form.days.data or 1),
        ship_by=current_promise().day,
    )


def _say(form: OrderForm, error: ShopError) -> None:
    """Where it belongs: at the goods, or at the delivery."""
    if error.facts.get("field") == "shipping_method":
        form.shipping_method.errors = [_("This does not go to that country, or not with so heavy a parcel.")]
    elif isinstance(error, OutOfStock):
        form.wanted.errors = [_("There is not enough of this in stock.")]
    elif isinstance(error, UnknownSku | service.Unbuyable):
        form.wanted.errors = [tell(error)]
    else:
        form.form_errors.append(tell(error))


def _offer(form: OrderForm) -> None:
    form.country.choices = country_choices()
    methods = [(zone, method) for zone in list_zones(db.session()) for method in zone.methods if method.is_active]
    form.shipping_method.choices = [
        (method.code, f"{method_words(zone.name)}: {method_words(method.name)}") for zone, method in methods
    ]


def _show(form: OrderForm, status: int = 200) -> Response:
    _offer(form)
    crumb = (_("Orders"), url_for("admin.orders"))
    action, save = url_for("admin.create_order"), _("Place the order")
    return show_form(form, title=_("New order"), crumb=crumb, action=action, save=save, status=status)
