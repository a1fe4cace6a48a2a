"""The wishlist's page, the hearts that stand on pages which are the same for everybody, and the end of its mails."""

from flask import Blueprint, flash, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.catalog.queries import UnknownProduct, get_variant
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import customer, page, public, see_other, settings, tell, tokenless, wants_fragment
from storefront.core.web.limits import limiter
from storefront.core.web.visit import remember_wish
from storefront.stock.queries import map_available
from storefront.wishlist import service
from storefront.wishlist.queries import get_wish, list_wishes

blueprint = Blueprint("wishlist", __name__)
LARGEST_ID = 2**31 - 1
# In the session: what was taken off last, while it is offered to be put back.
REMOVED = "removed_wish"


@blueprint.get("/account/wishlist")
@customer
def show() -> Response:
    """What somebody keeps in mind."""
    wishes = list_wishes(db.session(), current_user.id)
    available = map_available(db.session(), [wish.variant_id for wish in wishes])
    return page("wishlist/show.html", wishes=wishes, available=available, removed=session.pop(REMOVED, None))


@blueprint.post("/wishlist/items")
@public
@tokenless
@limiter.limit("300 per 10 minutes")
def keep() -> Response:
    """Put a variant on the wishlist, or take it off; a guest is asked to sign in first, and it is done then."""
    variant_id, is_wanted = _variant_id(), request.form.get("wanted", "1") != "0"
    if not current_user.is_authenticated:
        return _to_door(variant_id)
    try:
        if is_wanted:
            service.add(current_user.id, variant_id)
        else:
            service.remove(current_user.id, variant_id)
    except ShopError as error:
        flash(tell(error), "danger")
    else:
        flash(_("It is on your wishlist.") if is_wanted else _("It is off your wishlist."), "good")
    if not wants_fragment():
        return see_other(url_for("wishlist.show"))
    return Response(status=204, headers={"HX-Trigger": "cart-changed"})


@blueprint.post("/account/wishlist/<int:wish_id>/mails")
@customer
def tell_me(wish_id: int) -> Response:
    """Hear when it is back or cheaper, or no more."""
    is_told = request.form.get("told") == "1"
    try:
        service.tell(current_user.id, wish_id, is_told=is_told)
    except service.ToldOfTooMany as error:
        flash(tell(error), "danger")
    else:
        flash(_("We will write to you.") if is_told else _("We will not write to you about it."), "good")
    return see_other(url_for("wishlist.show", _anchor=f"wish-{wish_id}"))


@blueprint.post("/account/wishlist/<int:wish_id>/removal")
@customer
def remove(wish_id: int) -> Response:
    """Take it off, and offer to put it back."""
    wish = get_wish(db.session(), current_user.id, wish_id)
    variant_id, name = wish.variant_id, wish.variant.product.name
    service.remove(current_user.id, variant_id)
    session[REMOVED] = [variant_id, name]
    return see_other(url_for("wishlist.show"))


@blueprint.get("/wishlist/mails/<token>")
@public
def mails(token: str) -> Response:
    """Where the mail's link leads to; a link that is none of ours looks the same as one that was used."""
    is_done = request.args.get("done") == "1"
    if is_done:
        text = _("We will not write to you about your wishlist any more. What is on it stays.")
    else:
        text = _("We write when something on your wishlist is back or cheaper.")
    action, title = url_for("wishlist.stop", token=token), _("E-mails about your wishlist")
    return page("pages/stop_mails.html", title=title, text=text, is_over=is_done, action=action)


@blueprint.post("/wishlist/mails/<token>/end")
@public
@limiter.limit("60 per hour")
def stop(token: str) -> Response:
    """Write no more about the wishlist behind that link."""
    user_id = service.user_behind(token, settings().secret_key)
    if user_id is not None:
        service.tell_no_more(user_id)
    return see_other(url_for("wishlist.mails", token=token, done=1))


def _to_door(variant_id: int) -> Response:
    remember_wish(variant_id)
    flash(_("Sign in to keep it on your wishlist. It will be there then."), "warn")
    target = url_for("accounts.sign_in", next=url_for("wishlist.show"))
    return Response(status=204, headers={"HX-Redirect": target}) if wants_fragment() else see_other(target)


def _variant_id() -> int:
    """The variant that the form is about, when it is on the shelves."""
    variant_id = request.form.get("variant_id", 0, type=int)
    if not 0 < variant_id <= LARGEST_ID or not get_variant(db.session(), variant_id).can_be_bought:
        raise UnknownProduct(id=variant_id)
    return variant_id
