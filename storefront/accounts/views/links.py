"""Links in mails. Looking changes nothing, because programs look at links that people are sent; the button does."""

from typing import Any

from flask import flash, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.accounts import entry, profile, proofs, staff
from storefront.accounts.forms import JoinForm, ResetForm
from storefront.accounts.models import ProofKind
from storefront.accounts.queries import find_user
from storefront.accounts.views.visit import blueprint, enter
from storefront.core.db import db
from storefront.core.errors import InvalidInput, ShopError
from storefront.core.web import page, public, see_other, tell
from storefront.core.web.forms import Form
from storefront.core.web.limits import limiter


@blueprint.get("/account/links/<token>")
@public
@limiter.limit("60 per 10 minutes")
def link(token: str) -> Response:
    """What the link is for, with the button that does it."""
    try:
        return _show(token, ResetForm(formdata=None))
    except proofs.ProofGone as error:
        return _gone(error)


@blueprint.post("/account/links/<token>")
@public
@limiter.limit("60 per 10 minutes")
def follow(token: str) -> Response:
    """Do what the link is for, and sign in."""
    try:
        kind = proofs.find(db.session(), token).kind
        db.session.rollback()
        if kind is ProofKind.RESET:
            return _reset(token)
        if kind is ProofKind.INVITE:
            return _join(token)
        do = {
            ProofKind.REGISTER: entry.register,
            ProofKind.SIGN_IN: entry.sign_in_by_mail,
            ProofKind.CHANGE_EMAIL: profile.change_email,
        }[kind]
        user_id = do(token)
    except ShopError as error:
        return _gone(error)
    if kind is ProofKind.REGISTER:
        flash(_("Welcome! Your account is open."), "good")
    elif kind is ProofKind.CHANGE_EMAIL:
        flash(_("From now on you sign in with your new address."), "good")
    return enter(user_id)


def _reset(token: str) -> Response:
    form = ResetForm()
    if not form.validate():
        return _show(token, form, 422)
    try:
        user_id = entry.reset_password(token, form.password.data or "")
    except InvalidInput as error:
        form.password.errors = [tell(error)]
        return _show(token, form, 422)
    flash(_("Your new password is set. Every other browser is signed out."), "good")
    return enter(user_id)


def _join(token: str) -> Response:
    """Become one of the staff; whoever has an account already keeps their name and password."""
    form, is_known = JoinForm(), _is_known(token)
    if not is_known and not form.validate():
        return _show(token, form, 422)
    try:
        user_id = staff.accept(token, form.name.data or "", form.password.data or "")
    except InvalidInput as error:
        form.password.errors = [tell(error)]
        return _show(token, form, 422)
    flash(_("Welcome! You work here now."), "good")
    return enter(user_id)


def _is_known(token: str) -> bool:
    session = db.session()
    return find_user(session, proofs.find(session, token).email) is not None


def _show(token: str, form: Form, status: int = 200) -> Response:
    proof = proofs.find(db.session(), token)
    shown: dict[str, Any] = {"token": token, "kind": proof.kind.value, "email": proof.email, "form": form}
    if proof.kind is ProofKind.INVITE:
        shown["is_known"] = _is_known(token)
        if status == 200:
            shown["form"] = JoinForm(formdata=None)
    return page("accounts/link.html", status=status, **shown)


def _gone(error: ShopError) -> Response:
    flash(tell(error), "warn")
    return see_other(url_for("accounts.sign_in"))
