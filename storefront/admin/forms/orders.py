"""Forms about orders: address, note, cancellation."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    EmailField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # The stubs do not know it yet.
from wtforms.validators import (
    DataRequired,
    Email,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from storefront.core.web.forms import Form, TextField, lowered, trimmed
from storefront.orders.draft import Address
from storefront.orders.models import Order

BACK_ON_SALE, WRITTEN_OFF = "back_on_sale", "written_off"
WANTED = 8
NAMES = ("email", "name", "line1", "line2", "city", "region", "postcode", "country", "phone")


class AddressForm(Form):
    """Where an order goes. The person is a customer, so the browser must not fill in the merchant's own address."""

    name = TextField(_l("Full name"), [DataRequired(_l("Enter the name for the parcel.")), Length(max=120)])
    email = EmailField(
        _l("E-mail"),
        [
            DataRequired(_l("Enter the e-mail address.")),
            Length(max=254),
            Email(_l("Enter an e-mail address such as name@example.com.")),
        ],
        filters=(lowered,),
    )
    phone = TelField(
        _l("Phone"),
        [Optional(), Length(max=40), Regexp(r"^[+0-9 ()./-]*$", message=_l("Use digits, spaces and a leading +."))],
        filters=(trimmed,),
    )
    line1 = TextField(_l("Address"), [DataRequired(_l("Enter street and house number.")), Length(max=160)])
    line2 = TextField(_l("Flat, building, company"), [Optional(), Length(max=160)])
    city = TextField(_l("Town or city"), [DataRequired(_l("Enter the town or city.")), Length(max=120)])
    region = TextField(_l("County, state or province"), [Optional(), Length(max=120)])
    postcode = TextField(_l("Postcode"), [DataRequired(_l("Enter the postcode.")), Length(max=20)])
    country = SelectField(_l("Country"), [DataRequired(_l("Choose a country."))])

    def address(self) -> Address:
        """What was entered."""
        return Address(**{name: self[name].data or "" for name in NAMES})


class WantedForm(Form):
    """One row of an order that staff make; a row without SKU does not count."""

    sku = TextField(_l("SKU"), [Optional(), Length(max=40)], render_kw={"autocapitalize": "characters"})
    quantity = IntegerField(_l("Pieces"), [Optional(), NumberRange(1, 999)], render_kw={"inputmode": "numeric"})


class OrderForm(AddressForm):
    """An order that staff make for somebody; `key` makes it once."""

    key = HiddenField(validators=[DataRequired(), Length(max=40)])
    wanted = FieldList(FormField(WantedForm), _l("What is ordered"), min_entries=WANTED, max_entries=WANTED)
    shipping_method = SelectField(_l("Delivery"), [InputRequired(_l("Choose how we should send it."))])
    days = IntegerField(
        _l("Days to pay"),
        [InputRequired(_l("Enter a number from 1 to 30.")), NumberRange(1, 30, _l("Enter a number from 1 to 30."))],
        default=3,
        description=_l("So long the goods are kept."),
    )

    def validate_wanted(self, field: Any) -> None:
        """Something has to be ordered."""
        if not self.lines():
            raise ValidationError(_("Enter at least one SKU."))

    def lines(self) -> list[tuple[str, int]]:
        """(SKU, pieces) of the rows that were filled in; the same SKU twice is added up."""
        found: dict[str, int] = {}
        for entry in self.wanted:
            sku = entry.form.sku.data or ""
            if sku:
                found[sku] = found.get(sku, 0) + (entry.form.quantity.data or 1)
        return list(found.items())


class NoteForm(Form):
    """A remark of staff about an order."""

    text = TextAreaField(
        _l("Note"),
        [DataRequired(_l("Write something first.")), Length(max=2000)],
        filters=(trimmed,),
        render_kw={"maxlength": 2000, "rows": 3},
    )


class PaymentForm(Form):
    """What is known of money that came."""

    reference = TextField(_l("Reference"), [Optional(), Length(max=120)])


class CancelForm(Form):
    """Why an unpaid order is cancelled, and what becomes of its goods."""

    goods = RadioField(
        _l("What happens to the goods?"),
        [InputRequired(_l("Choose whether they can be sold again."))],
        choices=[
            SelectChoice(BACK_ON_SALE, _l("Back on sale")),
            SelectChoice(WRITTEN_OFF, _l("Write off (broken, lost)")),
        ],
    )
    reason = TextField(
        _l("Reason"), [DataRequired(_l("Say why, for whoever looks at this order later.")), Length(max=200)]
    )


def address_values(order: Order) -> dict[str, str]:
    """What the form shows of an order."""
    return {name: getattr(order, name) for name in NAMES}
