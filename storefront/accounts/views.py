"""The door: register, sign in, sign out, and one's own orders."""

from flask import Blueprint, flash, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from storefront.accounts import service
from storefront.accounts.forms import RegisterForm, SignInForm
from storefront.accounts.models import User
from storefront.cart.service import merge
from storefront.core.db import db
from storefront.core.errors import ShopError
from storefront.core.web import customer, local_path, page, public, see_other, tell
from storefront.core.web.language import current
from storefront.core.web.limits import form_value, limiter
from storefront.core.web.visit import cart_token, remember_cart
from storefront.orders.queries import list_orders_of

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/account/sign-in")
@public
def sign_in() -> Response:
    """The sign-in form; who is signed in already goes on."""
    if current_user.is_authenticated:
        return see_other(_next())
    return page("accounts/sign_in.html", form=SignInForm(), next=_wanted())


@blueprint.post("/account/sign-in")
@public
@limiter.limit("20 per 10 minutes")
@limiter.limit("10 per 10 minutes", key_func=lambda: form_value("email"))
def open_session() -> Response:
    """Sign in, and go on to where the visitor wanted to be."""
    form = SignInForm()
    if not form.validate():
        return page("accounts/sign_in.html", status=422, form=form, next=_wanted())
    try:
        user = service.authenticate(db.session(), form.email.data or "", form.password.data or "")
    except service.WrongCredentials as error:
        form.form_errors.append(tell(error))
        return page("accounts/sign_in.html", status=403, form=form, next=_wanted())
    _enter(user)
    return see_other(_next())


@blueprint.get("/account/register")
@public
def register() -> Response:
    """The registration form."""
    return page("accounts/register.html", form=RegisterForm(), next=_wanted())


@blueprint.post("/account/register")
@public
@limiter.limit("20 per hour")
def create() -> Response:
    """Open an account and sign in with it."""
    form = RegisterForm()
    if not form.validate():
        return page("accounts/register.html", status=422, form=form, next=_wanted())
    email, password = form.email.data or "", form.password.data or ""
    try:
        user_id = service.create_user(email, password, form.name.data or "", locale=current())
    except ShopError as error:
        form.email.errors = [tell(error)]
        return page("accounts/register.html", status=409, form=form, next=_wanted())
    _enter(db.session().get_one(User, user_id))
    flash(_("Welcome! Your account is open."), "good")
    return see_other(_next())


@blueprint.post("/account/sign-out")
@customer
def close_session() -> Response:
    """Sign out: everything this browser knew is forgotten."""
    logout_user()
    session.clear()
    flash(_("You are signed out."), "good")
    return see_other(url_for("catalog.home"))


@blueprint.get("/account")
@customer
def show() -> Response:
    """One's own orders, the newest first."""
    number = request.args.get("page", 1, type=int)
    return page("accounts/show.html", orders=list_orders_of(db.session(), current_user.id, number))


def _enter(user: User) -> None:
    """Begin a new session, so that one fixed beforehand is worth nothing, and take the guest's cart along."""
    token = cart_token()
    user_id = user.id
    session.clear()
    login_user(user)
    session.permanent = True
    remember_cart(merge(token, user_id))


def _wanted() -> str:
    """Where the visitor was on the way to, "" when they came for the door itself."""
    return local_path(request.values.get("next"), "")


def _next() -> str:
    is_staff = current_user.is_authenticated and current_user.is_staff
    return _wanted() or (url_for("admin.home") if is_staff else url_for("accounts.show"))
