"""Paying money back to a customer."""

import secrets
from typing import Any

from flask import flash, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import actor, blueprint
from storefront.admin.forms.refunds import RefundForm, make_refund_form
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import page, see_other, settings, staff, tell
from storefront.orders.models import Order, OrderLine
from storefront.orders.queries import get_order_by_number
from storefront.payments import refunds
from storefront.payments.queries import list_paid_payments, map_refunded_pieces, refunded_shipping_minor


@blueprint.get("/orders/<number>/refunds")
@staff("orders.refund")
def refund(number: str) -> Response:
    """What was paid, how much of it can still go back, and a form for it."""
    found = get_order_by_number(db.session(), number)
    if all(one.refunded_minor == one.captured_minor for one in list_paid_payments(db.session(), found.id)):
        flash(_("There is no money of this order that could go back."), "warn")
        return see_other(url_for("admin.order", number=number))
    return _show(found, _form(found, formdata=None, data={"key": secrets.token_urlsafe(16)}))


@blueprint.post("/orders/<number>/refunds")
@staff("orders.refund")
def pay_back(number: str) -> Response:
    """Ask for the refund; sending the same form again changes nothing."""
    found = get_order_by_number(db.session(), number)
    form = _form(found)
    if not form.validate():
        return _show(found, form, 422)
    try:
        refunds.request(found.id, form.key.data or "", form.wish(), actor(), settings().secret_key)
    except ShopError as error:
        name = str(error.facts.get("field") or "")
        if name in form:
            form[name].errors = [tell(error)]
        else:
            form.form_errors.append(tell(error))
        return _show(get_order_by_number(db.session(), number), form, 409)
    if form.wish().is_credit:
        flash(_("The customer gets it as credit, and a mail that says so."), "good")
    else:
        flash(_("The money is on its way back. The customer gets a mail as soon as the provider has it."), "good")
    return see_other(url_for("admin.order", number=number))


def _form(found: Order, **kwargs: Any) -> RefundForm:
    return make_refund_form(_lines(found), is_guest=found.user_id is None, **kwargs)


def _lines(found: Order) -> list[tuple[OrderLine, int]]:
    """Each line with how many pieces of it were not paid back yet."""
    before = map_refunded_pieces(db.session(), found.id)
    return [(line, line.quantity - before.get(line.id, 0)) for line in found.lines]


def _show(found: Order, form: RefundForm, status: int = 200) -> Response:
    payments = list_paid_payments(db.session(), found.id)
    captured, refunded = sum(one.captured_minor for one in payments), sum(one.refunded_minor for one in payments)
    return page(
        "admin/orders/refunds.html",
        status=status,
        order=found,
        captured_minor=captured,
        refunded_minor=refunded,
        left_minor=captured - refunded,
        shipping_left_minor=found.shipping_paid_minor - refunded_shipping_minor(db.session(), found.id),
        lines=[(line, left) for line, left in _lines(found) if left],
        form=form,
    )
