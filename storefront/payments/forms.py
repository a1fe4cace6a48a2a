"""The one form of a payer whom the shield has stopped."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, Regexp

from storefront.core.web.forms import Form, TextField


class ProofForm(Form):
    """The code that was mailed."""

    code = TextField(
        _l("Code from our mail"),
        [
            DataRequired(_l("Enter the six digits of our mail.")),
            Regexp(r"^[\d\s]{6,12}$", message=_l("Enter the six digits of our mail.")),
        ],
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 12, "autofocus": True},
    )
