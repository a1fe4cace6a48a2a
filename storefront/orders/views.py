"""The order's page, reached by its unguessable link; a link that does not fit is a 404."""

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.checkout.again import order_again
from storefront.checkout.again_words import again_words
from storefront.checkout.service import cancel_order
from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.core.errors import Conflict, ShopError, Unavailable
from storefront.core.web import page, public, see_other, settings, tell
from storefront.core.web.limits import form_value, limiter
from storefront.core.web.visit import cart_token, remember_cart, user_id
from storefront.orders import return_requests, return_words
from storefront.orders.asking import AskForm, make_ask_form
from storefront.orders.forms import FindForm, plain_number
from storefront.orders.models import Order, OrderLine, OrderStatus, ReturnReason
from storefront.orders.queries import find_token, get_order
from storefront.orders.return_requests import list_requests_of, map_askable
from storefront.orders.words import order_totals
from storefront.payments.door import Payer, to_provider
from storefront.payments.gateway import RefundStatus
from storefront.payments.gateways import get_gateway
from storefront.payments.models import FINAL, Payment, Refund
from storefront.payments.offline import due_payment
from storefront.payments.queries import list_attempts, list_paid_payments, list_refunds
from storefront.payments.words import gateway_words
from storefront.promotions.queries import find_sale
from storefront.shipping.words import method_words

blueprint = Blueprint("orders", __name__)


@blueprint.get("/orders/find")
@public
def find() -> Response:
    """A form for whoever has lost the link of their order."""
    return page("orders/find.html", form=FindForm(formdata=None))


@blueprint.post("/orders/find")
@public
@limiter.limit("20 per 10 minutes")
@limiter.limit("10 per 10 minutes", key_func=lambda: form_value("email"))
@limiter.limit("10 per 10 minutes", key_func=lambda: f"number:{plain_number(request.form.get('number', ''))}")
def look_up() -> Response:
    """Lead to the order of that number and address; which of the two is wrong is not said."""
    form = FindForm()
    if not form.validate():
        return page("orders/find.html", status=422, form=form)
    token = find_token(db.session(), form.number.data or "", form.email.data or "")
    if token is None:
        form.form_errors.append(_("We found no order with this number and this address. Check both with our mail."))
        return page("orders/find.html", status=404, form=form)
    return see_other(url_for("orders.show", token=token))


@blueprint.get("/orders/<token>")
@public
def show(token: str) -> Response:
    """The order with its state; htmx asks for the block `status` until `order.is_final`."""
    order = get_order(db.session(), token)
    return page(
        "orders/show.html",
        fragment="status",
        order=order,
        sale=find_sale(db.session(), order.id) if order.is_mailed else None,
        shipping_label=method_words(order.shipping_name),
        request_words=return_words,
        is_own=user_id() is not None and order.user_id == user_id(),
        **_money_of(order),
        **_returns_of(order),
    )


def _money_of(order: Order) -> dict[str, Any]:
    """What was paid for an order, is due, and went back."""
    session = db.session()
    attempts, refunds = list_attempts(session, order.id), _list_shown_refunds(order)
    return {
        "payment": attempts[-1] if attempts else None,
        "due": due_payment(session, order),
        "bank_details": settings().bank_details,
        "refunds": refunds,
        "shown_totals": order_totals(order, back_minor=sum(one.amount_minor for one in refunds)),
        "is_confirming": _is_confirming(order, attempts),
    }


def _returns_of(order: Order) -> dict[str, Any]:
    session = db.session()
    return {
        "requests": list_requests_of(session, order.id),
        "can_ask": any(map_askable(session, order).values()),
    }


def _list_shown_refunds(order: Order) -> list[Refund]:
    """What went back or is on its way; what failed concerns staff alone."""
    return [one for one in list_refunds(db.session(), order.id) if one.status is not RefundStatus.FAILED]


@blueprint.get("/orders/<token>/receipt")
@public
def receipt(token: str) -> Response:
    """What was bought, taxed, paid and paid back, to print; there is one as soon as something was paid."""
    order = get_order(db.session(), token)
    paid = list_paid_payments(db.session(), order.id)
    if not paid:
        return see_other(url_for("orders.show", token=token))
    return page(
        "orders/receipt.html",
        order=order,
        paid=paid,
        refunds=_list_shown_refunds(order),
        gateway_words=gateway_words,
        shown_totals=order_totals(order),
        shipping_label=method_words(order.shipping_name),
    )


@blueprint.get("/orders/<token>/return")
@public
def come_back(token: str) -> Response:
    """Where the provider sends the shopper: asks for a look at the payment, whether or not its message arrives."""
    order = get_order(db.session(), token)
    attempts = [payment.id for payment in list_attempts(db.session(), order.id) if payment.status not in FINAL]
    if attempts:
        with transaction():
            outbox.stage_again("payments.confirm", dedupe_key=f"return-{attempts[-1]}", payment_id=attempts[-1])
    return see_other(url_for("orders.show", token=token))


@blueprint.post("/orders/<token>/payments")
@public
def pay(token: str) -> Response:
    """Go (back) to the provider's page."""
    order = get_order(db.session(), token)
    return to_provider(Payer(order.id, order.token, order.email))


@blueprint.post("/orders/<token>/cancellation")
@public
def cancel(token: str) -> Response:
    """Cancel an unpaid order and put its goods back into the cart."""
    is_mailed = get_order(db.session(), token).is_mailed
    try:
        remember_cart(cancel_order(token, get_gateway(), settings().base_url, cart_token()))
    except (Conflict, Unavailable) as error:
        flash(tell(error), "warn")
        return see_other(url_for("orders.show", token=token))
    if is_mailed:
        return see_other(url_for("orders.show", token=token))
    flash(_("Your order was cancelled. Everything is back in your cart."), "good")
    return see_other(url_for("cart.show"))


@blueprint.post("/orders/<token>/repeats")
@public
@limiter.limit("60 per hour")
def repeat(token: str) -> Response:
    """Put the same goods into the cart again, and say which cannot be had or cost something else."""
    order = get_order(db.session(), token)
    again = order_again(order, cart_token(), user_id())
    remember_cart(again.token)
    for tone, text in again_words(again, order.currency):
        flash(text, tone)
    return see_other(url_for("cart.show"))


@blueprint.get("/orders/<token>/returns/new")
@public
def new_return(token: str) -> Response:
    """Which lines can be sent back, and how many pieces of each."""
    order = get_order(db.session(), token)
    lines = _askable(order)
    if not lines:
        flash(_("Nothing of this order can be sent back."), "warn")
        return see_other(url_for("orders.show", token=token))
    only = {f"line-{lines[0][0].id}": 1} if len(lines) == 1 and lines[0][1] == 1 else {}
    return _ask(order, make_ask_form(lines, formdata=None, data=only))


@blueprint.post("/orders/<token>/returns")
@public
@limiter.limit("30 per hour")
def ask_return(token: str) -> Response:
    """Note what the customer wants to send back."""
    order = get_order(db.session(), token)
    form = make_ask_form((line, line.quantity) for line in order.lines)
    if not form.validate():
        return _ask(order, form, 422)
    try:
        return_requests.ask(order.id, form.pieces(), ReturnReason(form.reason.data), form.note.data or "")
    except ShopError as error:
        name = f"line-{error.facts.get('line_id')}"
        (form[name].errors if name in form else form.form_errors).append(tell(error))
        return _ask(get_order(db.session(), token), form, 409)
    flash(_("We have your wish. We answer by mail within a few days; please keep the goods until then."), "good")
    return see_other(url_for("orders.show", token=token, _anchor="returns"))


@blueprint.post("/orders/<token>/returns/<int:request_id>/withdrawal")
@public
def withdraw_return(token: str, request_id: int) -> Response:
    """Keep the goods after all."""
    try:
        return_requests.withdraw(get_order(db.session(), token).id, request_id)
    except Conflict as error:
        flash(tell(error), "warn")
    return see_other(url_for("orders.show", token=token, _anchor="returns"))


def _askable(order: Order) -> list[tuple[OrderLine, int]]:
    left = map_askable(db.session(), order)
    return [(line, left[line.id]) for line in order.lines if left[line.id]]


def _ask(order: Order, form: AskForm, status: int = 200) -> Response:
    """Every line that can be asked for, and every one that was and cannot."""
    left = map_askable(db.session(), order)
    lines = [(line, left[line.id]) for line in order.lines if f"line-{line.id}" in form]
    lines = [(line, number) for line, number in lines if number or form[f"line-{line.id}"].data]
    return page("orders/ask_return.html", status=status, order=order, lines=lines, form=form)


def _is_confirming(order: Order, attempts: list[Payment]) -> bool:
    """Whether the shopper has come back from paying and the answer is on its way."""
    if order.status is not OrderStatus.PENDING or not attempts:
        return False
    return outbox.is_staged(db.session(), f"return-{attempts[-1].id}")
