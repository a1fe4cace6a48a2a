"""One's own pages: orders, profile, password, address, and where one is signed in."""

from functools import partial
from typing import Any

from flask import flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.accounts import profile, sessions
from storefront.accounts.addresses import list_addresses
from storefront.accounts.forms import EmailForm, PasskeyForm, PasswordForm, ProfileForm
from storefront.accounts.passkeys import list_passkeys
from storefront.accounts.queries import find_session_id, list_sessions
from storefront.accounts.views.visit import blueprint, device_words, enter, is_fresh
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import customer, page, see_other, settings, tell
from storefront.core.web.language import choices
from storefront.core.web.limits import limiter
from storefront.core.web.visit import session_key
from storefront.orders.models import OrderStatus
from storefront.orders.queries import list_orders_of
from storefront.wishlist.queries import count_wishes

# What people look for among their orders.
STATES = {
    "open": (OrderStatus.PENDING, OrderStatus.ACCEPTED, OrderStatus.PAID, OrderStatus.PARTLY_FULFILLED),
    "sent": (OrderStatus.FULFILLED,),
    "over": (OrderStatus.CANCELLED, OrderStatus.EXPIRED),
}


@blueprint.get("/account")
@customer
def show() -> Response:
    """Where everything of one's own is, and the last orders."""
    session, own_id = db.session(), current_user.id
    return page(
        "accounts/show.html",
        orders=list_orders_of(session, own_id),
        wishes=count_wishes(session, own_id),
        addresses=len(list_addresses(session, own_id)),
    )


@blueprint.get("/account/orders")
@customer
def own_orders() -> Response:
    """One's own orders, the newest first, narrowed by what stands in the address."""
    state, words = request.args.get("state", ""), request.args.get("q", "").strip()[:100]
    state = state if state in STATES else ""
    number = request.args.get("page", 1, type=int)
    return page(
        "accounts/orders.html",
        fragment="results",
        orders=list_orders_of(db.session(), current_user.id, number, states=STATES.get(state, ()), words=words),
        state=state,
        words=words,
        url=partial(url_for, "accounts.own_orders", state=state or None, q=words or None),
    )


@blueprint.get("/account/settings")
@customer
def own_settings() -> Response:
    """Everything that can be changed about an account."""
    return show_settings()


@blueprint.post("/account/profile")
@customer
def change_profile() -> Response:
    """Set name and language."""
    form = _offer(ProfileForm())
    if not form.validate():
        return show_settings(422, profile_form=form)
    profile.change_profile(current_user.id, form.name.data or "", form.locale.data)
    return _done(_("Your profile is saved."))


@blueprint.post("/account/password")
@customer
@limiter.limit("10 per 10 minutes")
def change_password() -> Response:
    """Set another password; every other browser is signed out, this one begins a new session."""
    form, user_id = PasswordForm(), current_user.id
    if not form.validate():
        return show_settings(422, password_form=form)
    try:
        profile.change_password(user_id, form.current.data or "", form.password.data or "")
    except ShopError as error:
        form[str(error.facts["field"])].errors = [tell(error)]
        return show_settings(422, password_form=form)
    enter(user_id)
    return _done(_("Your new password is set. Every other browser is signed out."))


@blueprint.post("/account/email")
@customer
@limiter.limit("10 per 10 minutes")
def change_email() -> Response:
    """Mail the link that makes another address one's own."""
    form = EmailForm()
    if not form.validate():
        return show_settings(422, email_form=form)
    email = form.email.data or ""
    try:
        profile.ask_to_change_email(current_user.id, form.password_now.data or "", email, settings().secret_key)
    except ShopError as error:
        form.password_now.errors = [tell(error)]
        return show_settings(422, email_form=form)
    return _done(_("We have written to %(email)s. Follow the link in that mail.", email=email))


@blueprint.post("/account/sessions/<int:session_id>/end")
@customer
def end_session(session_id: int) -> Response:
    """Sign another browser out."""
    sessions.end(current_user.id, session_id)
    return _done(_("That browser is signed out."))


@blueprint.post("/account/sessions/end")
@customer
def end_sessions() -> Response:
    """Sign every browser out, and begin a new session with this one."""
    user_id = current_user.id
    sessions.end_all(user_id)
    enter(user_id)
    return _done(_("Every other browser is signed out."))


def _offer(form: ProfileForm) -> ProfileForm:
    form.locale.choices = choices()
    return form


def _done(text: str) -> Response:
    flash(text, "good")
    return see_other(url_for("accounts.own_settings"))


def show_settings(status: int = 200, **forms: Any) -> Response:
    """The page of the settings, with the forms that were sent as they were sent."""
    session = db.session()
    known = {"name": current_user.name, "locale": current_user.locale}
    shown = {
        "profile_form": _offer(ProfileForm(formdata=None, data=known)),
        "password_form": PasswordForm(formdata=None),
        "email_form": EmailForm(formdata=None),
        "passkey_form": PasskeyForm(formdata=None, data={"passkey_name": device_words(request.user_agent.string)}),
        **forms,
    }
    own = find_session_id(session, session_key())
    rows = list_sessions(session, current_user.id)
    return page(
        "accounts/settings.html",
        status=status,
        sessions=rows,
        own_session_id=own,
        passkeys=list_passkeys(session, current_user.id),
        is_fresh=is_fresh(),
        **shown,
    )
