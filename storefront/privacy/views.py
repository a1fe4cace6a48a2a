"""One's own data: ask for a copy, fetch it once, ask for the end of the account, and confirm it."""

from typing import Any

from flask import Blueprint, flash, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from storefront.accounts.profile import WrongPassword
from storefront.core.db import db
from storefront.core.errors import Conflict, ShopError
from storefront.core.web import customer, page, public, see_other, settings, tell
from storefront.core.web.downloads import download
from storefront.core.web.limits import limiter
from storefront.privacy import erasure, requests
from storefront.privacy.forms import ConfirmForm
from storefront.privacy.models import RequestKind
from storefront.privacy.person import find_person

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/account/privacy")
@customer
def show() -> Response:
    """What can be asked for."""
    return _show()


@blueprint.post("/account/privacy/exports")
@customer
@limiter.limit("10 per 10 minutes")
def ask_for_copy() -> Response:
    """Make a copy of everything, by a job; its link comes by mail."""
    return _ask(RequestKind.EXPORT, _("We are gathering your data. You get a mail with the link."))


@blueprint.get("/account/privacy/exports/<token>")
@customer
def copy(token: str) -> Response:
    """The button that fetches the copy; looking at the link does not use it up."""
    try:
        requests.find(db.session(), RequestKind.EXPORT, token, current_user.id)
    except requests.LinkGone as error:
        return _gone(error)
    return page("privacy/copy.html", token=token)


@blueprint.post("/account/privacy/exports/<token>")
@customer
def fetch_copy(token: str) -> Response:
    """The copy, once."""
    try:
        content = requests.fetch(token, current_user.id)
    except requests.LinkGone as error:
        return _gone(error)
    return download("my-data.zip", content, "application/zip")


@blueprint.post("/account/privacy/erasures")
@customer
@limiter.limit("10 per 10 minutes")
def ask_for_erasure() -> Response:
    """Mail the link that deletes the account, unless something stands in the way."""
    return _ask(RequestKind.ERASURE, _("You get a mail with the link that deletes your account."))


@blueprint.get("/account/privacy/erasures/<token>")
@public
@limiter.limit("60 per 10 minutes")
def erasure_link(token: str) -> Response:
    """What is deleted and what is kept, with the button that does it."""
    try:
        requests.find(db.session(), RequestKind.ERASURE, token)
    except requests.LinkGone as error:
        return _gone(error)
    return page("privacy/erasure.html", token=token)


@blueprint.post("/account/privacy/erasures/<token>")
@public
@limiter.limit("60 per 10 minutes")
def erase(token: str) -> Response:
    """Delete the account and sign out."""
    try:
        erasure.erase_by_link(token)
    except ShopError as error:
        return _gone(error)
    logout_user()
    session.clear()
    response = page("privacy/erased.html")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _ask(kind: RequestKind, text: str) -> Response:
    form = ConfirmForm(prefix=kind)
    if not form.validate():
        return _show(422, **{str(kind): form})
    try:
        if kind is RequestKind.ERASURE:
            erasure.check(db.session(), find_person(db.session(), current_user.email))
        requests.ask(kind, current_user.id, form.password.data or "", settings().secret_key)
    except WrongPassword as error:
        form.password.errors = [tell(error)]
        return _show(422, **{str(kind): form})
    except Conflict as error:
        form.form_errors.append(tell(error))
        return _show(409, **{str(kind): form})
    flash(text, "good")
    return see_other(url_for("privacy.show"))


def _show(status: int = 200, **forms: Any) -> Response:
    shown = {str(kind): ConfirmForm(formdata=None, prefix=kind) for kind in RequestKind} | forms
    return page("privacy/show.html", status=status, forms=shown)


def _gone(error: ShopError) -> Response:
    flash(tell(error), "warn")
    is_known = current_user.is_authenticated
    return see_other(url_for("privacy.show" if is_known else "accounts.sign_in"))
