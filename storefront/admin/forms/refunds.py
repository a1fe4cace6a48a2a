"""The form that pays money back: pieces of lines, delivery, or any other amount."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, RadioField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from storefront.admin.forms.fields import MoneyField, options
from storefront.core.web.forms import Form, TextField
from storefront.orders.models import OrderLine
from storefront.payments.refunds import RefundWish

BACK, CREDIT = "back", "credit"
OWN_CREDIT = _l("Store credit of the customer's account")
GUEST_CREDIT = _l("A gift card for the customer, by mail")


class RefundForm(Form):
    """What is said of a refund as a whole; `key` is made with the form and makes it happen once."""

    key = HiddenField(validators=[DataRequired(), Length(max=40)])
    shipping = MoneyField(_l("Of the delivery"), render_kw={"inputmode": "decimal", "autocomplete": "off"})
    other = MoneyField(_l("Any other amount"), render_kw={"inputmode": "decimal", "autocomplete": "off"})
    to = RadioField(
        _l("Where it goes"), choices=options({BACK: _l("The way it was paid"), CREDIT: OWN_CREDIT}), default=BACK
    )
    reason = TextField(
        _l("Reason"), [DataRequired(_l("Say why, for whoever looks at this order later.")), Length(max=200)]
    )

    def wish(self) -> RefundWish:
        """What is to go back."""
        pieces = {int(field.name[5:]): field.data for field in self if field.name.startswith("line-") and field.data}
        return RefundWish(
            pieces=pieces,
            shipping_minor=self.shipping.data or 0,
            other_minor=self.other.data or 0,
            reason=self.reason.data or "",
            is_credit=self.to.data == CREDIT,
        )


def make_refund_form(lines: Iterable[tuple[OrderLine, int]], *, is_guest: bool, **kwargs: Any) -> RefundForm:
    """The form for an order of whose `lines` so many pieces can still be paid back."""
    fields = {
        f"line-{line.id}": IntegerField(
            line.name,
            [Optional(), NumberRange(0, left)],
            render_kw={"inputmode": "numeric", "autocomplete": "off", "min": 0, "max": left},
        )
        for line, left in lines
    }
    form: RefundForm = type("RefundFormOfLines", (RefundForm,), fields)(**kwargs)
    form.to.choices = options({BACK: _l("The way it was paid"), CREDIT: GUEST_CREDIT if is_guest else OWN_CREDIT})
    return form
