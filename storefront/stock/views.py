"""Asking to hear when something is back, and asking to hear no more."""

from functools import partial

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.catalog.models import Variant
from storefront.catalog.queries import UnknownProduct, get_variant
from storefront.core.db import db
from storefront.core.web import page, public, see_other, tokenless, wants_fragment
from storefront.core.web.language import current
from storefront.core.web.limits import form_value, limiter
from storefront.core.web.visit import user_id
from storefront.stock import waiting
from storefront.stock.forms import StockRequestForm
from storefront.stock.queries import count_unsent, find_request
from storefront.wishlist import service as wishlist

blueprint = Blueprint("stock", __name__)
LARGEST_ID = 2**31 - 1


@blueprint.post("/stock-requests")
@public
@tokenless
@limiter.limit("30 per hour")
@limiter.limit("10 per hour", key_func=lambda: form_value("email"))
def ask() -> Response:
    """Note who wants to hear of it; the form stands on pages that are the same for everybody."""
    variant, form = _variant(), StockRequestForm()
    if not form.validate():
        return _show(variant, form, 422)
    product = partial(url_for, "catalog.product", slug=variant.product.slug, v=variant.sku)
    try:
        waiting.ask(variant.id, form.email.data or "", current(), user_id())
    except waiting.InStock:
        return _go(product())
    if wants_fragment():
        return _show(_variant(), form, is_asked=True)
    return see_other(product(asked=1, _anchor="stock-request"))


@blueprint.get("/stock-requests/<token>")
@public
def show(token: str) -> Response:
    """Where the mail's link leads to; a link that is known no more has nothing to stop, and looks the same."""
    found = find_request(db.session(), token)
    email = found.email if found and count_unsent(db.session(), found.email) else None
    if email:
        text = _("We were asked to write to %(email)s when other things are back in stock.", email=email)
    else:
        text = _(
            "Nobody waits for an e-mail from us under this link. "
            "We will not write to you about stock unless you ask for it again."
        )
    action = url_for("stock.stop", token=token)
    return page("pages/stop_mails.html", title=_("E-mails about stock"), text=text, is_over=not email, action=action)


@blueprint.post("/stock-requests/<token>/removal")
@public
def stop(token: str) -> Response:
    """Write to that address no more; the wishlist behind it does not ask anew either."""
    found = find_request(db.session(), token)
    email = found.email if found else ""
    db.session.rollback()
    waiting.stop(token)
    wishlist.stop_for(email)
    return see_other(url_for("stock.show", token=token))


def _show(variant: Variant, form: StockRequestForm, status: int = 200, *, is_asked: bool = False) -> Response:
    shown = {"variant": variant, "product": variant.product, "ask_form": form, "is_asked": is_asked}
    return page("stock/ask.html", fragment="ask", status=status, **shown)


def _go(target: str) -> Response:
    """The page that has a button to buy it: htmx leaves for it as well."""
    if not wants_fragment():
        return see_other(target)
    return Response(status=204, headers={"HX-Redirect": target})


def _variant() -> Variant:
    """The variant that the form is about, when it is on the shelves."""
    variant_id = request.form.get("variant_id", 0, type=int)
    if not 0 < variant_id <= LARGEST_ID:
        raise UnknownProduct(id=variant_id)
    variant = get_variant(db.session(), variant_id)
    if not variant.can_be_bought:
        raise UnknownProduct(id=variant_id)
    return variant
