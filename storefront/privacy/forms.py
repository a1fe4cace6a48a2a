"""Forms about one's own data."""

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import DataRequired

from storefront.core.web.forms import Form


class ConfirmForm(Form):
    """The password, so that a browser left open is not enough."""

    password = PasswordField(
        _l("Your password now"),
        [DataRequired(_l("Enter your password."))],
        render_kw={"autocomplete": "current-password"},
    )
