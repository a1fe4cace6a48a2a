"""The form of who waits for stock."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField
from wtforms.validators import DataRequired, Email, Length

from storefront.core.web.forms import Form, lowered


class StockRequestForm(Form):
    """Where to write to. `data-own-email` lets the page fill in the address of whoever is signed in."""

    email = EmailField(
        _l("E-mail"),
        [
            DataRequired(_l("Enter your e-mail address.")),
            Length(max=254),
            Email(_l("Enter an e-mail address such as name@example.com.")),
        ],
        filters=(lowered,),
        id="stock-request-email",
        render_kw={
            "autocomplete": "email",
            "inputmode": "email",
            "maxlength": 254,
            "autocapitalize": "none",
            "spellcheck": "false",
            "enterkeyhint": "send",
            "data-own-email": True,
        },
    )
