"""The one form of the checkout."""

from functools import lru_cache

from babel import Locale
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, HiddenField, IntegerField, RadioField, TelField
from wtforms.validators import DataRequired, Email, InputRequired, Length, Optional, Regexp
from wtforms.widgets import HiddenInput

from storefront.core.text import fold
from storefront.core.web import settings
from storefront.core.web.forms import Form, LongSelectField, TextField, lowered, trimmed
from storefront.core.web.language import current
from storefront.orders.draft import Address
from storefront.payments.offline import ONLINE

NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


class AddressFields(Form):
    """Who buys and where it goes. Autofill tokens are the HTML standard's."""

    email = EmailField(
        _l("E-mail"),
        [
            DataRequired(_l("Enter your e-mail address, so that we can send the confirmation.")),
            Length(max=254),
            Email(_l("Enter an e-mail address such as name@example.com.")),
        ],
        filters=(lowered,),
        render_kw={"autocomplete": "email", "inputmode": "email", "maxlength": 254, "enterkeyhint": "next"},
    )
    name = TextField(
        _l("Full name"),
        [DataRequired(_l("Enter the name for the parcel.")), Length(max=120)],
        render_kw={"autocomplete": "shipping name", "maxlength": 120, "enterkeyhint": "next"},
    )
    country = LongSelectField(
        _l("Country"),
        [DataRequired(_l("Choose a country."))],
        default=lambda: settings().country,
        render_kw={"autocomplete": "shipping country"},
    )
    line1 = TextField(
        _l("Address"),
        [DataRequired(_l("Enter street and house number.")), Length(max=160)],
        render_kw={"autocomplete": "shipping address-line1", "maxlength": 160, "enterkeyhint": "next"},
    )
    line2 = TextField(
        _l("Flat, building, company"),
        [Optional(), Length(max=160)],
        render_kw={"autocomplete": "shipping address-line2", "maxlength": 160, "enterkeyhint": "next"},
    )
    city = TextField(
        _l("Town or city"),
        [DataRequired(_l("Enter the town or city.")), Length(max=120)],
        render_kw={"autocomplete": "shipping address-level2", "maxlength": 120, "enterkeyhint": "next"},
    )
    region = TextField(
        _l("County, state or province"),
        [Optional(), Length(max=120)],
        render_kw={"autocomplete": "shipping address-level1", "maxlength": 120, "enterkeyhint": "next"},
    )
    postcode = TextField(
        _l("Postcode"),
        [DataRequired(_l("Enter the postcode.")), Length(max=20)],
        render_kw={"autocomplete": "shipping postal-code", "maxlength": 20, "enterkeyhint": "next"},
    )
    phone = TelField(
        _l("Phone"),
        [Optional(), Length(max=40), Regexp(r"^[+0-9 ()./-]*$", message=_l("Use digits, spaces and a leading +."))],
        filters=(trimmed,),
        render_kw={"autocomplete": "shipping tel", "maxlength": 40, "enterkeyhint": "done"},
    )


class CheckoutForm(AddressFields):
    """The same with how it is sent and paid."""

    shipping_method = RadioField(_l("Delivery"), [InputRequired(_l("Choose how we should send it."))])
    code = TextField(
        _l("Discount code or gift card"),
        [Optional(), Length(max=60)],
        render_kw={"maxlength": 60, "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    payment_method = RadioField(_l("Payment"), [Optional()], default=ONLINE)
    save_address = BooleanField(_l("Keep this address in my address book"))
    terms = BooleanField(_l("I accept the terms of sale."), [InputRequired(_l("Accept the terms to place the order."))])
    key = HiddenField(validators=[DataRequired(), Regexp(r"^[A-Za-z0-9_-]{16,64}$")])
    quoted_minor = IntegerField(validators=[InputRequired()], widget=HiddenInput())

    def address(self) -> Address:
        """Where the order goes, as validated."""
        names = ("email", "name", "line1", "line2", "city", "region", "postcode", "country", "phone")
        return Address(**{name: self[name].data or "" for name in names})


def country_choices() -> list[tuple[str, str]]:
    """(ISO 3166-1 alpha-2, name) in the page's language, sorted by name."""
    return _sorted_countries(current())


@lru_cache(maxsize=8)
def _sorted_countries(locale: str) -> list[tuple[str, str]]:
    territories = Locale.parse(locale).territories.items()
    named = [
        (code, name) for code, name in territories if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    ]
    # GB 18030 has the usual Chinese characters in the order of their pinyin; other letters go without their accents.
    is_chinese = locale.startswith("zh")
    return sorted(named, key=lambda pair: pair[1].encode("gb18030") if is_chinese else fold(pair[1]).encode())
