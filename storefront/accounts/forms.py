"""Forms of the door."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField
from wtforms.validators import DataRequired, Email, Length

from storefront.accounts.service import MAX_PASSWORD, MIN_PASSWORD
from storefront.core.web.forms import Form, TextField, lowered

EMAIL_ATTRIBUTES = {"inputmode": "email", "maxlength": 254, "autocapitalize": "none", "spellcheck": "false"}


class SignInForm(Form):
    """Address and password, friendly to password managers."""

    email = EmailField(
        _l("E-mail"),
        [DataRequired(_l("Enter your e-mail address."))],
        filters=(lowered,),
        render_kw={"autocomplete": "username", **EMAIL_ATTRIBUTES},
    )
    password = PasswordField(
        _l("Password"),
        [DataRequired(_l("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )


class RegisterForm(Form):
    """A new account: any password of eight signs or more, typed once, pasted if you like."""

    name = TextField(
        _l("Your name"),
        [DataRequired(_l("Enter your name.")), Length(max=120)],
        render_kw={"autocomplete": "name", "maxlength": 120},
    )
    email = EmailField(
        _l("E-mail"),
        [
            DataRequired(_l("Enter your e-mail address.")),
            Length(max=254),
            Email(_l("Enter an e-mail address such as name@example.com.")),
        ],
        filters=(lowered,),
        render_kw={"autocomplete": "username", **EMAIL_ATTRIBUTES},
    )
    password = PasswordField(
        _l("Password"),
        [DataRequired(_l("Choose a password.")), Length(MIN_PASSWORD, MAX_PASSWORD, _l("Use 8 to 256 characters."))],
        render_kw={"autocomplete": "new-password", "minlength": MIN_PASSWORD, "maxlength": MAX_PASSWORD},
    )
