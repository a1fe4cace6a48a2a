"""The cart: a page of its own, the same block in a drawer, and the small personal corner of every page's header."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, flash, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.cart import service
from storefront.cart.queries import count_units, find_cart, items_minor
from storefront.cart.shortage import free_now
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import page, public, see_other, shared_page, tell, tokenless, wants_fragment
from storefront.core.web.visit import cart_token, is_seen_anew, last_order, remember_cart, user_id
from storefront.insight.funnel import FunnelStep, get_tally
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import UnknownOrder, get_order
from storefront.stock.queries import map_available
from storefront.wishlist.queries import list_wished_ids

blueprint = Blueprint("cart", __name__)


@blueprint.get("/cart")
@public
def show() -> Response:
    """The cart; htmx gets its block, for the page and for the drawer."""
    return page("cart/show.html", fragment="cart", **_shown())


@blueprint.get("/cart/badge")
@public
def badge() -> Response:
    """What the header says to this person: their name, how much is in the cart, and what the last step left to say."""
    _count_product()
    name, email = (current_user.name, current_user.email) if current_user.is_authenticated else (None, None)
    wished = list_wished_ids(db.session(), current_user.id) if current_user.is_authenticated else []
    count = count_units(db.session(), cart_token())
    return page("cart/badge.html", count=count, name=name, email=email, wished=wished)


@blueprint.post("/cart/lines")
@public
@tokenless
def add_line() -> Response:
    """Put a variant into the cart; the form stands on pages that are the same for everybody.

    So is the answer that it is sold out: in a rush most are told so, and by a page that is made once a second.
    """
    is_first = cart_token() is None
    try:
        remember_cart(service.add_line(cart_token(), _number("variant_id"), _number("quantity", 1), user_id()))
        if is_first:
            get_tally().note(FunnelStep.CART)
    except service.SoldOut as error:
        if not wants_fragment():
            return shared_page("cart/sold_out.html", status=409, **error.facts)
        flash(tell(error), "warn")
    except ShopError as error:
        flash(tell(error), "danger")
    return _answer()


@blueprint.post("/cart/lines/<int:line_id>")
@public
def change_line(line_id: int) -> Response:
    """Set the quantity of a line; `step` is what a button beside the number adds to it."""
    quantity = _number("quantity") + _number("step", 0)
    try:
        service.change_line(cart_token(), line_id, quantity)
    except ShopError as error:
        flash(tell(error), "danger")
    return _answer()


@blueprint.post("/cart/lines/<int:line_id>/remove")
@public
def remove_line(line_id: int) -> Response:
    """Take a line out, and remember it for as long as it can be put back."""
    cart = find_cart(db.session(), cart_token())
    line = next((line for line in cart.lines if line.id == line_id), None) if cart else None
    if line is not None:
        session["removed"] = [line.variant_id, line.quantity]
        session["removed_name"] = line.variant.product.name
        service.change_line(cart_token(), line_id, 0)
    return _answer()


@blueprint.post("/cart/undo")
@public
def undo() -> Response:
    """Put back the line that was taken out last; a second click finds nothing to put back."""
    variant_id, quantity = session.pop("removed", (None, None))
    try:
        if variant_id is not None:
            remember_cart(service.add_line(cart_token(), variant_id, quantity, user_id()))
    except ShopError as error:
        flash(tell(error), "danger")
    return _answer()


def _count_product() -> None:
    """Every page asks for its badge, and htmx says which page that is; so views are counted behind any cache."""
    path = urlsplit(request.headers.get("HX-Current-URL", "")).path
    if path.startswith("/p/") and is_seen_anew(path):
        get_tally().note(FunnelStep.PRODUCT)


def _answer() -> Response:
    """After a change: the block for htmx, which then asks for a new badge, and the page for everyone else."""
    if not wants_fragment():
        return see_other(url_for("cart.show"))
    response = page("cart/show.html", fragment="cart", **_shown())
    response.headers["HX-Trigger"] = "cart-changed"
    return response


def _shown() -> dict[str, Any]:
    """What the cart's block shows. The offer to put a line back is made once, right after it was taken out."""
    cart = find_cart(db.session(), cart_token())
    lines = cart.lines if cart else []
    available = free_now(map_available(db.session(), [line.variant_id for line in lines]))
    return {
        "lines": lines,
        "items_minor": items_minor(cart) if cart else 0,
        "available": available,
        "short": [line for line in lines if line.variant.can_be_bought and available[line.variant_id] < line.quantity],
        "undo": session.pop("removed_name", None),
        "unpaid": _unpaid(),
    }


def _unpaid() -> Order | None:
    """The order placed last in this browser, while it can still be paid."""
    try:
        order = get_order(db.session(), last_order() or "")
    except UnknownOrder:
        return None
    return order if order.status is OrderStatus.PENDING else None


def _number(name: str, default: int = -1) -> int:
    """A whole number of the form; what is none becomes `default`, which the service refuses where it must."""
    return request.form.get(name, default, type=int)
