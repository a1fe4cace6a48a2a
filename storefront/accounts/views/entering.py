"""The door: register, sign in, a link by mail instead of a password, sign out."""

from flask import flash, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from storefront.accounts import entry, proofs, service, sessions
from storefront.accounts.forms import ForgottenForm, RegisterForm, SignInForm
from storefront.accounts.models import ProofKind
from storefront.accounts.queries import find_session_id, find_user_id
from storefront.accounts.views.visit import blueprint, enter, home, wanted_path
from storefront.core import audit
from storefront.core.db import db
from storefront.core.errors import InvalidInput
from storefront.core.web import customer, factorless, page, public, see_other, settings, tell
from storefront.core.web.language import current
from storefront.core.web.limits import form_value, limiter
from storefront.core.web.visit import session_key


@blueprint.get("/account/sign-in")
@public
def sign_in() -> Response:
    """The sign-in form; who is signed in already goes on."""
    if current_user.is_authenticated:
        return see_other(wanted_path() or home())
    return page("accounts/sign_in.html", form=SignInForm(), next=wanted_path())


@blueprint.post("/account/sign-in")
@public
@limiter.limit("20 per 10 minutes")
@limiter.limit("10 per 10 minutes", key_func=lambda: form_value("email"))
def open_session() -> Response:
    """Sign in, and go on to where the visitor wanted to be."""
    form = SignInForm()
    if not form.validate():
        return page("accounts/sign_in.html", status=422, form=form, next=wanted_path())
    try:
        user = service.authenticate(db.session(), form.email.data or "", form.password.data or "")
    except service.WrongCredentials as error:
        _note_failure(form.email.data or "")
        form.form_errors.append(tell(error))
        return page("accounts/sign_in.html", status=403, form=form, next=wanted_path())
    user_id = user.id
    db.session.rollback()
    return enter(user_id)


@blueprint.get("/account/register")
@public
def register() -> Response:
    """The registration form."""
    return page("accounts/register.html", form=RegisterForm(), next=wanted_path())


@blueprint.post("/account/register")
@public
@limiter.limit("20 per hour")
@limiter.limit("10 per hour", key_func=lambda: form_value("email"))
def create() -> Response:
    """Mail the link that opens the account. The answer is the same for an address that has one already."""
    form = RegisterForm()
    if not form.validate():
        return page("accounts/register.html", status=422, form=form, next=wanted_path())
    email, password, name = form.email.data or "", form.password.data or "", form.name.data or ""
    try:
        entry.ask_to_register(email, password, name, settings().secret_key, current())
    except InvalidInput as error:
        form.password.errors = [tell(error)]
        return page("accounts/register.html", status=422, form=form, next=wanted_path())
    return page("accounts/mailed.html", email=email)


@blueprint.get("/account/forgotten")
@public
def forgotten() -> Response:
    """A form for a link by mail: to sign in, or to choose a new password."""
    return page("accounts/forgotten.html", form=ForgottenForm())


@blueprint.post("/account/forgotten")
@public
@limiter.limit("20 per hour")
@limiter.limit("10 per hour", key_func=lambda: form_value("email"))
def mail_link() -> Response:
    """Mail the link, if anybody has that address; the answer does not say whether."""
    return _mail(ProofKind.RESET)


@blueprint.post("/account/sign-in/mails")
@public
@limiter.limit("20 per hour")
@limiter.limit("10 per hour", key_func=lambda: form_value("email"))
def mail_sign_in() -> Response:
    """The same with a link that signs in."""
    return _mail(ProofKind.SIGN_IN)


@blueprint.post("/account/sign-out")
@customer
@factorless
def close_session() -> Response:
    """Sign out: everything this browser knew is forgotten, and its key is worth nothing any more."""
    user_id, session_id = current_user.id, find_session_id(db.session(), session_key())
    db.session.rollback()
    if session_id is not None:
        sessions.end(user_id, session_id)
    logout_user()
    session.clear()
    flash(_("You are signed out."), "good")
    response = see_other(url_for("catalog.home"))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _note_failure(email: str) -> None:
    """The same work whether or not anybody has that address, which itself is not kept."""
    user_id = find_user_id(db.session(), email)
    subject = "nobody" if user_id is None else f"user {user_id}"
    audit.note_alone("sign_in_failed", subject)


def _mail(kind: ProofKind) -> Response:
    form = ForgottenForm()
    if not form.validate():
        return page("accounts/forgotten.html", status=422, form=form)
    email = form.email.data or ""
    proofs.ask(kind, email, settings().secret_key, locale=current())
    return page("accounts/mailed.html", email=email)
