"""Showing once more who one is, before how one signs in is changed."""

from flask import flash, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.accounts import profile, proofs
from storefront.accounts.forms import ConfirmForm
from storefront.accounts.models import ProofKind
from storefront.accounts.views.visit import blueprint, home, note_shown, wanted_path
from storefront.core.web import customer, page, see_other, settings, tell
from storefront.core.web.language import current
from storefront.core.web.limits import limiter


@blueprint.get("/account/confirmation")
@customer
def confirm() -> Response:
    """The password again, a passkey, or a link by mail."""
    return _show(ConfirmForm(formdata=None))


@blueprint.post("/account/confirmation")
@customer
@limiter.limit("10 per 10 minutes", key_func=lambda: f"confirm:{current_user.id}")
def show_again() -> Response:
    """Take the password, and go on to where the way led."""
    form = ConfirmForm()
    if not form.validate():
        return _show(form, 422)
    try:
        profile.check_password(current_user.id, form.password.data or "")
    except profile.WrongPassword as error:
        form.password.errors = [tell(error)]
        return _show(form, 403)
    note_shown()
    return see_other(wanted_path() or home())


@blueprint.post("/account/confirmation/mails")
@customer
@limiter.limit("10 per hour", key_func=lambda: f"confirm:{current_user.id}")
def mail_confirmation() -> Response:
    """Mail a link that signs in anew, for whoever has no password at hand."""
    email = current_user.email
    proofs.ask(ProofKind.SIGN_IN, email, settings().secret_key, locale=current())
    return page("accounts/mailed.html", email=email)


def ask_again() -> Response:
    """To the page that asks, and then back to the settings; what was just typed is not kept."""
    flash(_("Please show once more that it is you."), "warn")
    return see_other(url_for("accounts.confirm", next=url_for("accounts.own_settings", _anchor="passkeys")))


def _show(form: ConfirmForm, status: int = 200) -> Response:
    return page("accounts/confirm.html", status=status, form=form, next=wanted_path())
