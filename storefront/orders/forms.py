"""The form that finds a guest's order."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, StringField
from wtforms.validators import DataRequired, Length

from storefront.core.web.forms import Form, lowered


def plain_number(value: object) -> object:
    """A number as it is kept, however it was typed: "ab12 cd34" is AB12-CD34."""
    if not isinstance(value, str):
        return value
    signs = "".join(sign for sign in value.upper() if sign.isalnum())
    return f"{signs[:4]}-{signs[4:]}" if len(signs) == 8 else value.strip()


class FindForm(Form):
    """What somebody knows of an order who has lost its link."""

    number = StringField(
        _l("Order number"),
        [DataRequired(_l("Enter the number, such as AB12-CD34.")), Length(max=20)],
        filters=(plain_number,),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "maxlength": 20, "spellcheck": "false"},
    )
    email = EmailField(
        _l("E-mail"),
        [DataRequired(_l("Enter your e-mail address.")), Length(max=254)],
        filters=(lowered,),
        render_kw={"autocomplete": "email", "inputmode": "email", "maxlength": 254},
    )
