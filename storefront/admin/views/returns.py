"""Taking goods back from a customer."""

import secrets
from typing import Any

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import actor, blueprint
from storefront.admin.forms.returns import RESTOCK, ReturnForm, make_return_form
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import page, see_other, staff, tell
from storefront.orders import returns
from storefront.orders.models import Order, OrderLine, ReturnRequest
from storefront.orders.queries import get_order_by_number
from storefront.orders.return_requests import list_requests_of
from storefront.orders.return_words import REASONS


@blueprint.get("/orders/<number>/returns")
@staff("orders.edit")
def return_goods(number: str) -> Response:
    """Which lines can still come back, and how many pieces of each."""
    found = get_order_by_number(db.session(), number)
    lines = [(line, left) for line, left in _lines(found) if left]
    if not lines:
        flash(_("Nothing of this order can come back."), "warn")
        return see_other(url_for("admin.order", number=number))
    known: dict[str, Any] = {"key": secrets.token_urlsafe(16)}
    asked = _asked(found)
    if asked is not None:
        known |= {"request_id": asked.id, "reason": str(REASONS[asked.reason])}
        known |= {f"line-{line.id}": min(left, asked.pieces.get(line.id, 0)) or None for line, left in lines}
    return _show(found, make_return_form(lines, formdata=None, data=known))


@blueprint.post("/orders/<number>/returns")
@staff("orders.edit")
def take_back(number: str) -> Response:
    """Note what came back; sending the same form again changes nothing."""
    found = get_order_by_number(db.session(), number)
    form = make_return_form((line, line.quantity) for line in found.lines)
    if not form.validate():
        return _show(found, form, 422)
    try:
        _take_back(found.id, form)
    except ShopError as error:
        return _refuse(number, form, error)
    flash(_("The return is noted. No money was sent back by this."), "good")
    return see_other(url_for("admin.order", number=number))


def _take_back(order_id: int, form: ReturnForm) -> None:
    returns.take_back(
        order_id,
        form.key.data or "",
        form.pieces(),
        is_restocked=form.goods.data == RESTOCK,
        reason=form.reason.data or "",
        actor=actor(),
        request_id=form.request_id.data,
    )


def _asked(found: Order) -> ReturnRequest | None:
    """The customer's wish that these goods belong to, while it is open."""
    request_id = request.args.get("request", 0, type=int)
    return next((one for one in list_requests_of(db.session(), found.id) if one.id == request_id and one.is_open), None)


def _refuse(number: str, form: ReturnForm, error: ShopError) -> Response:
    """The error by the line it is about, or above the form."""
    name = f"line-{error.facts.get('line_id')}"
    if name in form:
        form[name].errors = [tell(error)]
    else:
        form.form_errors.append(tell(error))
    return _show(get_order_by_number(db.session(), number), form, 409)


def _lines(found: Order) -> list[tuple[OrderLine, int]]:
    """Each line with how many of it can still come back."""
    left = returns.map_left(db.session(), found)
    return [(line, left[line.id]) for line in found.lines]


def _show(found: Order, form: ReturnForm, status: int = 200) -> Response:
    """Every line that can come back, and every one that was asked for and cannot."""
    names = {field.name for field in form if field.data}
    lines = [(line, left) for line, left in _lines(found) if left or f"line-{line.id}" in names]
    return page("admin/orders/returns.html", status=status, order=found, lines=lines, form=form)
