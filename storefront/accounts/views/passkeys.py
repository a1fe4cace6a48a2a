"""Passkeys: a script of the page talks to the device, and what it answers comes here with an ordinary form."""

from flask import current_app, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.accounts import passkeys
from storefront.accounts.challenges import Party, find_party, get_challenges
from storefront.accounts.forms import PasskeyAnswerForm, PasskeyForm, SignInForm
from storefront.accounts.passkeys import Ceremony
from storefront.accounts.views.account import show_settings
from storefront.accounts.views.confirming import ask_again
from storefront.accounts.views.visit import blueprint, enter, is_fresh, wanted_path
from storefront.core.errors import NotFound, ShopError
from storefront.core.web import customer, page, public, see_other, settings, tell
from storefront.core.web.access import note_factor
from storefront.core.web.limits import limiter
from storefront.core.web.visit import shopper_id


@blueprint.app_template_global()
def passkey_party() -> Party | None:
    """Whom passkeys are made for; None where this shop cannot have them."""
    return find_party(settings().base_url)


@blueprint.post("/account/sign-in/passkeys/options")
@public
@limiter.limit("120 per 10 minutes")
def passkey_sign_in_options() -> Response:
    """What a device is asked to sign; it says nothing of who has a passkey."""
    return _json(passkeys.ask_to_sign_in(_ceremony()))


@blueprint.post("/account/sign-in/passkeys")
@public
@limiter.limit("30 per 10 minutes")
def passkey_sign_in() -> Response:
    """Sign in whose passkey answered."""
    ceremony = _ceremony()
    try:
        signed_in = passkeys.sign_in(ceremony, PasskeyAnswerForm().answer.data or "")
    except ShopError as error:
        shown = SignInForm(formdata=None)
        shown.form_errors.append(tell(error))
        return page("accounts/sign_in.html", status=403, form=shown, next=wanted_path())
    entered = enter(signed_in.user_id)
    if signed_in.is_verified:
        # The device is one thing, and the finger or PIN that opened it another.
        note_factor()
    return entered


@blueprint.post("/account/passkeys/options")
@customer
@limiter.limit("60 per 10 minutes")
def passkey_options() -> Response:
    """What a device needs to make a key; 403 when it is to be shown first that it is really them."""
    if not is_fresh():
        return current_app.response_class(status=403)
    return _json(passkeys.ask_to_add(_ceremony(), current_user.id, settings().shop_name))


@blueprint.post("/account/passkeys")
@customer
@limiter.limit("30 per hour")
def add_passkey() -> Response:
    """Keep a new key."""
    form, ceremony = PasskeyForm(), _ceremony()
    if not is_fresh():
        return ask_again()
    if not form.validate():
        return show_settings(422, passkey_form=form)
    try:
        passkeys.add(ceremony, current_user.id, form.answer.data or "", form.passkey_name.data or "")
    except ShopError as error:
        form.form_errors.append(tell(error))
        return show_settings(409, passkey_form=form)
    return _done(_("Your passkey is added. Use it the next time you sign in."))


@blueprint.post("/account/passkeys/<int:passkey_id>")
@customer
def rename_passkey(passkey_id: int) -> Response:
    """Call it something else."""
    name = request.form.get("passkey_name", "").strip()
    if name:
        passkeys.rename(current_user.id, passkey_id, name)
    return _done(_("The name is saved.")) if name else _done(_("A passkey needs a name."), "warn")


@blueprint.post("/account/passkeys/<int:passkey_id>/removal")
@customer
def remove_passkey(passkey_id: int) -> Response:
    """Forget it."""
    if not is_fresh():
        return ask_again()
    passkeys.remove(current_user.id, passkey_id)
    return _done(_("The passkey is removed. You may delete it from the device as well."))


def _ceremony() -> Ceremony:
    party = passkey_party()
    if party is None:
        raise NotFound()
    return Ceremony(party, get_challenges(), shopper_id())


def _json(text: str) -> Response:
    return current_app.response_class(text, mimetype="application/json", headers={"Cache-Control": "no-store"})


def _done(text: str, tone: str = "good") -> Response:
    flash(text, tone)
    return see_other(url_for("accounts.own_settings", _anchor="passkeys"))
