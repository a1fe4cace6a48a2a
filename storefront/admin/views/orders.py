"""Orders: list and search, detail, notes, address, sending, cancelling, packing slip."""

from functools import partial
from typing import Any

from flask import flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.admin import exports, lists, words
from storefront.admin.desk import actor, blueprint
from storefront.admin.forms.orders import WRITTEN_OFF, AddressForm, CancelForm, NoteForm, PaymentForm, address_values
from storefront.admin.queries import map_names
from storefront.admin.timeline import all_moments, order_moments
from storefront.checkout import service as checkout
from storefront.checkout.forms import country_choices
from storefront.checkout.sending import send_order
from storefront.core.db import db
from storefront.core.errors import Conflict, Forbidden, ShopError, Unavailable
from storefront.core.web import page, see_other, settings, staff, tell
from storefront.core.web.downloads import csv_answer
from storefront.insight.queueing.shown import today
from storefront.orders import service
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import count_by_status, count_late, get_order_by_number, list_orders
from storefront.orders.returns import map_left
from storefront.orders.words import order_totals
from storefront.payments import holding, offline
from storefront.payments.gateway import PaymentStatus
from storefront.payments.gateways import get_gateway
from storefront.payments.queries import list_disputes, list_payments, list_refunds
from storefront.promotions.queries import find_sale
from storefront.shipping.words import method_words


@blueprint.get("/orders")
@staff("orders.view")
def orders() -> Response:
    """The list, narrowed by what stands in the URL."""
    session, chosen = db.session(), lists.read_orders(request.args, today())
    url = partial(url_for, "admin.orders", **chosen.arguments())
    return page(
        "admin/orders/index.html",
        fragment="results",
        found=list_orders(session, chosen.wanted(), chosen.page),
        chosen=chosen,
        counts=count_by_status(session, chosen.words),
        late=count_late(session, chosen.today, chosen.words),
        statuses=words.STATUSES,
        url=url,
        file=url_for("admin.orders_file", **chosen.arguments()),
    )


@blueprint.get("/orders.csv")
@staff("orders.view")
def orders_file() -> Response:
    """The same orders as a file, without pages."""
    chosen = lists.read_orders(request.args, today())
    rows = exports.order_rows(db.session(), chosen.wanted(), settings().time_zone)
    return csv_answer("orders.csv", exports.ORDER_HEADER, rows)


@blueprint.get("/orders/<number>")
@staff("orders.view")
def order(number: str) -> Response:
    """Everything about one order."""
    return _show(get_order_by_number(db.session(), number))


@blueprint.get("/orders/<number>/slip")
@staff("orders.view")
def packing_slip(number: str) -> Response:
    """What goes into the parcel, made for paper."""
    found = get_order_by_number(db.session(), number)
    return page("admin/orders/slip.html", order=found, **_delivery(found))


@blueprint.post("/orders/<number>/fulfilments")
@staff("orders.edit")
def fulfil_order(number: str) -> Response:
    """Note that the parcel is on its way."""
    try:
        send_order(get_order_by_number(db.session(), number).id, get_gateway(), actor())
    except (Conflict, Unavailable) as error:
        return _back(number, tell(error), "warn")
    return _back(number, _("Order %(number)s is marked as sent.", number=number), "good")


@blueprint.post("/orders/<number>/cancellation")
@staff("orders.edit")
def cancel_order(number: str) -> Response:
    """Cancel an unpaid order, or one that is paid and not sent, whose money goes back then."""
    form, found = CancelForm(), get_order_by_number(db.session(), number)
    if not form.validate():
        return _show(found, status=422, cancel_form=form)
    is_written_off = form.goods.data == WRITTEN_OFF
    try:
        _cancel(found, form.reason.data or "", is_written_off)
    except (Conflict, Unavailable) as error:
        return _back(number, tell(error), "warn")
    if is_written_off:
        return _back(number, _("Order %(number)s is cancelled. Its goods are written off.", number=number), "good")
    return _back(number, _("Order %(number)s is cancelled. Its goods are back in stock.", number=number), "good")


@blueprint.post("/orders/<number>/payments")
@staff("orders.refund")
def note_payment(number: str) -> Response:
    """Note that the money of an invoice, or from the courier, has come."""
    form, found = PaymentForm(), get_order_by_number(db.session(), number)
    if not form.validate():
        return _show(found, status=422, payment_form=form)
    try:
        offline.note_paid(found.id, form.reference.data or "", actor())
    except Conflict as error:
        return _back(number, tell(error), "warn")
    return _back(number, _("Order %(number)s is paid.", number=number), "good")


@blueprint.post("/orders/<number>/payment-requests")
@staff("orders.edit")
def ask_again(number: str) -> Response:
    """Ask for another payment, because the bank let go of the money before the goods were sent."""
    try:
        holding.ask_again(get_order_by_number(db.session(), number).id, actor())
    except Conflict as error:
        return _back(number, tell(error), "warn")
    return _back(number, _("The customer gets a mail with the link to pay again."), "good")


@blueprint.post("/orders/<number>/notes")
@staff("orders.edit")
def add_note(number: str) -> Response:
    """Keep a remark with the order."""
    form, found = NoteForm(), get_order_by_number(db.session(), number)
    if not form.validate():
        return _show(found, status=422, note_form=form)
    service.add_note(found.id, form.text.data or "", actor())
    return _back(number, _("The note is kept with the order."), "good")


@blueprint.get("/orders/<number>/address")
@staff("orders.edit")
def address(number: str) -> Response:
    """The form that corrects where an order goes."""
    found = get_order_by_number(db.session(), number)
    return _show_address(found, AddressForm(formdata=None, data=address_values(found)))


@blueprint.post("/orders/<number>/address")
@staff("orders.edit")
def change_address(number: str) -> Response:
    """Correct where an order goes."""
    form, found = AddressForm(), get_order_by_number(db.session(), number)
    form.country.choices = country_choices()
    if not form.validate():
        return _show_address(found, form, 422)
    try:
        service.change_address(found.id, form.address(), actor())
    except service.CountryFixed as error:
        form.country.errors = [tell(error)]
        return _show_address(get_order_by_number(db.session(), number), form, 409)
    except ShopError as error:
        return _back(number, tell(error), "warn")
    return _back(number, _("The address is changed."), "good")


def _cancel(found: Order, reason: str, is_written_off: bool) -> None:
    """Cancelling what is paid pays back, and only who may do that may do this."""
    wanted: dict[str, Any] = {"actor": actor(), "reason": reason, "is_written_off": is_written_off}
    if found.status is OrderStatus.ACCEPTED and offline.due_payment(db.session(), found):
        offline.cancel(found.id, **wanted)
    elif found.status is OrderStatus.ACCEPTED:
        holding.cancel(found.id, get_gateway(), **wanted)
    elif found.status is not OrderStatus.PAID:
        checkout.cancel_unpaid(found.id, get_gateway(), settings().base_url, **wanted)
    elif current_user.can("orders.refund"):
        checkout.cancel_paid(found.id, **wanted)
    else:
        raise Forbidden()


def _back(number: str, text: str, tone: str) -> Response:
    flash(text, tone)
    return see_other(url_for("admin.order", number=number))


def _show(found: Order, status: int = 200, **forms: Any) -> Response:
    session = db.session()
    attempts = list_payments(session, found.id)
    is_whole = request.args.get("history") == "all"
    moments = all_moments(session, found) if is_whole else order_moments(found)
    return page(
        "admin/orders/show.html",
        status=status,
        order=found,
        payments=attempts,
        due=offline.due_payment(session, found),
        held=next((one for one in attempts if one.status is PaymentStatus.AUTHORISED), None),
        refunds=list_refunds(session, found.id),
        disputes=list_disputes(session, found.id),
        sale=find_sale(session, found.id) if found.is_mailed else None,
        can_pay_back=any(paid.refunded_minor < paid.captured_minor for paid in attempts),
        can_come_back=any(map_left(session, found).values()),
        names=map_names(session, {moment.actor for moment in moments}),
        moments=moments,
        is_whole=is_whole,
        words=words,
        **{
            "note_form": NoteForm(formdata=None),
            "cancel_form": CancelForm(formdata=None),
            "payment_form": PaymentForm(formdata=None),
            **forms,
        },
        **_delivery(found),
    )


def _show_address(found: Order, form: AddressForm, status: int = 200) -> Response:
    form.country.choices = country_choices()
    return page("admin/orders/address.html", status=status, order=found, form=form, is_changed=status != 200)


def _delivery(found: Order) -> dict[str, Any]:
    """Where it goes in lines, and how."""
    country = dict(country_choices()).get(found.country, found.country)
    place = f"{found.postcode} {found.city}".strip()
    lines = (found.name, found.line1, found.line2, place, found.region, country)
    return {
        "address_lines": [line for line in lines if line],
        "shipping_label": method_words(found.shipping_name),
        "shown_totals": order_totals(found),
    }
