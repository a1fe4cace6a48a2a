"""Forms of the door."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, PasswordField, SelectField
from wtforms.validators import DataRequired, Email, Length, ValidationError

from storefront.accounts.passwords import MAX_PASSWORD, MIN_PASSWORD, KnownWords, check_words
from storefront.core.web import settings, tell
from storefront.core.web.forms import Form, TextField, lowered

EMAIL_ATTRIBUTES = {"inputmode": "email", "maxlength": 254, "autocapitalize": "none", "spellcheck": "false"}


class SignInForm(Form):
    """Address and password, friendly to password managers."""

    email = EmailField(
        _l("E-mail"),
        [DataRequired(_l("Enter your e-mail address."))],
        filters=(lowered,),
        # Browsers offer the passkeys they know among the names they have kept.
        render_kw={"autocomplete": "username webauthn", **EMAIL_ATTRIBUTES},
    )
    password = PasswordField(
        _l("Password"),
        [DataRequired(_l("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )


def email_field(label: Any, autocomplete: str = "username") -> EmailField:
    """Where somebody types their own address."""
    return EmailField(
        label,
        [
            DataRequired(_l("Enter your e-mail address.")),
            Length(max=254),
            Email(_l("Enter an e-mail address such as name@example.com.")),
        ],
        filters=(lowered,),
        render_kw={"autocomplete": autocomplete, **EMAIL_ATTRIBUTES},
    )


def _is_not_the_shops(form: Form, field: PasswordField) -> None:
    try:
        check_words(field.data or "", settings().shop_name)
    except KnownWords as error:
        raise ValidationError(tell(error)) from None


def new_password_field(label: Any) -> PasswordField:
    """Any password of eight signs or more, typed once, pasted if you like."""
    length = Length(MIN_PASSWORD, MAX_PASSWORD, _l("Use 8 to 256 characters."))
    return PasswordField(
        label,
        [DataRequired(_l("Choose a password.")), length, _is_not_the_shops],
        render_kw={"autocomplete": "new-password", "minlength": MIN_PASSWORD, "maxlength": MAX_PASSWORD},
    )


def current_password_field() -> PasswordField:
    """The password that somebody has now, so that a browser left open is not enough."""
    return PasswordField(
        _l("Your password now"),
        [DataRequired(_l("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )


def name_field() -> TextField:
    """How somebody is called."""
    return TextField(
        _l("Your name"),
        [DataRequired(_l("Enter your name.")), Length(max=120)],
        render_kw={"autocomplete": "name", "maxlength": 120},
    )


class RegisterForm(Form):
    """A new account."""

    name = name_field()
    email = email_field(_l("E-mail"))
    password = new_password_field(_l("Password"))


class FactorForm(Form):
    """A code of the second factor."""

    code = TextField(
        _l("Code"),
        [DataRequired(_l("Enter the code.")), Length(max=20)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "text", "maxlength": 20, "spellcheck": "false"},
    )


class ForgottenForm(Form):
    """Which address a link goes to."""

    email = email_field(_l("E-mail"))


class ResetForm(Form):
    """A new password, behind a mailed link."""

    password = new_password_field(_l("New password"))


class JoinForm(Form):
    """Who joins the staff without having an account yet."""

    name = name_field()
    password = new_password_field(_l("Password"))


class ProfileForm(Form):
    """How somebody is called, and in which language they are written to."""

    name = name_field()
    locale = SelectField(_l("Language of our mails"), render_kw={"autocomplete": "off"})


class PasswordForm(Form):
    """Another password."""

    current = current_password_field()
    password = new_password_field(_l("New password"))


class EmailForm(Form):
    """Another address."""

    email = email_field(_l("New e-mail address"), "email")
    password_now = current_password_field()


class ConfirmForm(Form):
    """The password once more."""

    password = current_password_field()


class PasskeyAnswerForm(Form):
    """What a device has answered, as JSON; the page's script fills it in."""

    answer = HiddenField()


class PasskeyForm(PasskeyAnswerForm):
    """A new passkey with a name to tell it from others."""

    passkey_name = TextField(
        _l("Name of the passkey"),
        [DataRequired(_l("Enter a name, such as that of the device.")), Length(max=80)],
        render_kw={"maxlength": 80, "autocomplete": "off"},
    )
