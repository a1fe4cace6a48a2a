"""The second factor of staff: set up once, and shown at each sign-in and again before money or people are touched."""

from typing import Any

from flask import flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.accounts import factors
from storefront.accounts.forms import FactorForm
from storefront.accounts.passkeys import list_passkeys
from storefront.accounts.views.visit import blueprint, home, wanted_path
from storefront.core import audit
from storefront.core.db import db
from storefront.core.errors import NotFound
from storefront.core.web import customer, factorless, page, see_other, settings, tell
from storefront.core.web.access import is_factor_fresh, note_factor
from storefront.core.web.limits import limiter

# Where the factor is asked for beside another form, its own fields are told from those of that form.
ASIDE = "factor"


@blueprint.get("/account/second-factor")
@customer
@factorless
def factor() -> Response:
    """The form for a code; whoever has no second factor yet sets it up here."""
    return _show(FactorForm(formdata=None))


@blueprint.post("/account/second-factor")
@customer
@factorless
def show_factor() -> Response:
    """Take the code, and go on to where the way led; the first one gives the codes for paper."""
    form = FactorForm()
    if not form.validate():
        return _show(form, 422)
    is_new = current_user.factor_confirmed_at is None
    if is_new and _is_kept_by_passkey():
        return _show(form, 403)
    codes = _take(form)
    if form.errors:
        return _show(form, 403)
    if is_new:
        return page("accounts/recovery_codes.html", codes=codes, next=wanted_path() or home())
    return see_other(wanted_path() or home())


@blueprint.post("/account/recovery-codes")
@customer
@factorless
def renew_codes() -> Response:
    """Ten new codes for paper, for whoever has shown the second factor a moment ago."""
    if not current_user.factor_confirmed_at or not is_factor_fresh(is_careful=True):
        flash(_("Show your second factor first."), "warn")
        return _show(FactorForm(formdata=None), 403)
    codes = factors.renew_codes(current_user.id, settings().secret_key)
    return page("accounts/recovery_codes.html", codes=codes, next=home())


def ask_again() -> Response | None:
    """Ask whoever sends a form for the factor, and keep what they typed on the page; None once the code is right.

    Files cannot be kept: they are chosen again.
    """
    if current_user.factor_confirmed_at is None:
        return see_other(url_for("accounts.factor"))
    if f"{ASIDE}-code" not in request.form:
        return _show(FactorForm(formdata=None, prefix=ASIDE), 403, kept=_typed())
    form = FactorForm(prefix=ASIDE)
    if form.validate():
        _take(form)
    return _show(form, 403, kept=_typed()) if form.errors else None


@limiter.shared_limit("10 per 10 minutes;50 per day", scope="factor", key_func=lambda: f"factor:{current_user.id}")
def _take(form: FactorForm) -> list[str]:
    """Check the code and note that it was right, or put the error into the form; gives the codes of a new factor."""
    user_id, secret_key, code = current_user.id, settings().secret_key, form.code.data or ""
    is_new = current_user.factor_confirmed_at is None
    db.session.rollback()
    codes: list[str] = []
    try:
        if is_new:
            codes = factors.confirm(user_id, code, secret_key)
        else:
            factors.check(user_id, code, secret_key)
    except factors.WrongCode as error:
        form.code.errors = [tell(error)]
        audit.note_alone("factor_failed", f"user {user_id}")
    else:
        note_factor()
    return codes


def _typed() -> list[tuple[str, str]]:
    """The fields of the form that was sent, without what the page adds by itself."""
    own = {"csrf_token", f"{ASIDE}-code"}
    return [(name, value) for name, value in request.form.items(multi=True) if name not in own]


def _show(form: FactorForm, status: int = 200, **more: Any) -> Response:
    """`kept` are the fields of another form that was sent to this address, and goes on once the factor is shown."""
    if not current_user.is_staff:
        raise NotFound()
    has_passkey = bool(list_passkeys(db.session(), current_user.id))
    if current_user.factor_confirmed_at is not None:
        more |= {"codes_left": factors.count_codes(db.session(), current_user.id), "has_passkey": has_passkey}
        return page("accounts/factor.html", status=status, form=form, next=wanted_path(), **more)
    if _is_kept_by_passkey():
        return page("accounts/factor_passkey.html", status=status, next=wanted_path())
    return _show_new(form, status)


def _is_kept_by_passkey() -> bool:
    """Whoever has a passkey has a second factor: a password alone sets up no other one beside it."""
    return bool(list_passkeys(db.session(), current_user.id)) and not is_factor_fresh(is_careful=True)


def _show_new(form: FactorForm, status: int) -> Response:
    email, known = current_user.email, settings()
    salt = factors.begin(current_user.id)
    return page(
        "accounts/factor_new.html",
        status=status,
        form=form,
        next=wanted_path(),
        secret=factors.secret_of(salt, known.secret_key),
        picture=_picture(factors.address_of(salt, known.secret_key, email, known.shop_name)),
    )


def _picture(address: str) -> str:
    """The address as a picture that an app reads, as a data URL."""
    import segno

    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=2, dark="#111", light="#fff"))
