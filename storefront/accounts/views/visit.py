"""Entering and where to go then; every view of accounts hangs on this blueprint."""

import time
from contextlib import suppress

from flask import Blueprint, flash, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user
from werkzeug.wrappers import Response

from storefront.accounts import sessions
from storefront.accounts.models import User
from storefront.cart.service import merge
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import local_path, see_other
from storefront.core.web.access import FACTOR
from storefront.core.web.visit import cart_token, remember_cart, remember_session, session_key, wished
from storefront.orders.service import claim
from storefront.wishlist import service as wishlist

blueprint = Blueprint("accounts", __name__)
# In the session: when its owner has shown who they are, and how long that counts before a key to the account changes.
SHOWN, FRESH_SECONDS = "shown_at", 15 * 60
# What a browser's name for itself tells people, the special before the general.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
}
BROWSERS |= {"CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {"iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "Mac"}
SYSTEMS |= {"Linux": "Linux"}


def enter(user_id: int) -> Response:
    """Begin a new session, so that one fixed beforehand is worth nothing; take along cart and orders of the guest."""
    token, wanted, wish = cart_token(), wanted_path(), wished()
    key = sessions.begin(user_id, device_words(request.user_agent.string), session_key())
    user = db.session().get_one(User, user_id)
    email = user.email if user.verified_at else ""
    factor_at = session.get(FACTOR) if current_user.is_authenticated and current_user.id == user_id else None
    session.clear()
    login_user(user)
    session.permanent = True
    if factor_at is not None:  # Who changes their password has shown who they are.
        session[FACTOR] = factor_at
    remember_session(key)
    note_shown()
    remember_cart(merge(token, user_id))
    if email:
        claim(user_id, email)
    if wish:
        _keep_wish(user_id, wish)
    return see_other(wanted or home())


def _keep_wish(user_id: int, variant_id: int) -> None:
    """What a guest wanted on the wishlist; it may be gone from the shop by now."""
    with suppress(ShopError):
        wishlist.add(user_id, variant_id)
        flash(_("It is on your wishlist."), "good")


def note_shown() -> None:
    """Whoever sits at this browser has just shown that they are who is signed in."""
    session[SHOWN] = int(time.time())


def is_fresh() -> bool:
    """Whether that was a moment ago; a browser that was left open is not enough to change how one signs in."""
    return time.time() - int(session.get(SHOWN, 0)) < FRESH_SECONDS


def wanted_path() -> str:
    """Where the visitor was on the way to, "" when they came for the door itself."""
    return local_path(request.args.get("next") or request.form.get("next"), "")


def home() -> str:
    """Where somebody who is signed in begins."""
    is_staff = current_user.is_authenticated and current_user.is_staff
    return url_for("admin.home") if is_staff else url_for("accounts.show")


def device_words(agent: str) -> str:
    """A browser as its owner would call it, such as "Firefox, Android"."""
    found = (next((name for sign, name in names.items() if sign in agent), "") for names in (BROWSERS, SYSTEMS))
    return ", ".join(name for name in found if name)
