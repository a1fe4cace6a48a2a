"""The form for a gift card."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, HiddenField, RadioField, TextAreaField
from wtforms.validators import DataRequired, Email, InputRequired, Length, Optional, Regexp, ValidationError

from storefront.checkout.cards import OfferedCards
from storefront.core.errors import InvalidInput
from storefront.core.money import parse_minor
from storefront.core.web import tell
from storefront.core.web.filters import money
from storefront.core.web.forms import Form, TextField, lowered, trimmed

OTHER = "other"


class GiftCardForm(Form):
    """How much, for whom, from whom. Only the buyer's own fields are filled in by the browser."""

    amount = RadioField(_l("Amount"), [InputRequired(_l("Choose an amount."))])
    other = TextField(_l("How much"), [Length(max=20)], render_kw={"inputmode": "decimal", "autocomplete": "off"})
    recipient = EmailField(
        _l("Their e-mail"),
        [
            DataRequired(_l("Enter the e-mail address that the card goes to.")),
            Length(max=254),
            Email(_l("Enter an e-mail address such as name@example.com.")),
        ],
        filters=(lowered,),
        render_kw={"autocomplete": "off", "inputmode": "email", "maxlength": 254},
    )
    words = TextAreaField(
        _l("A few words from you"),
        [Optional(), Length(max=500)],
        filters=(trimmed,),
        render_kw={"maxlength": 500, "rows": 3},
    )
    name = TextField(
        _l("Your name"),
        [DataRequired(_l("Enter your name, so that they know who the card is from.")), Length(max=120)],
        render_kw={"autocomplete": "name", "maxlength": 120},
    )
    email = EmailField(
        _l("Your e-mail"),
        [
            DataRequired(_l("Enter your e-mail address, so that we can send the confirmation.")),
            Length(max=254),
            Email(_l("Enter an e-mail address such as name@example.com.")),
        ],
        filters=(lowered,),
        render_kw={"autocomplete": "email", "inputmode": "email", "maxlength": 254},
    )
    terms = BooleanField(_l("I accept the terms of sale."), [InputRequired(_l("Accept the terms to place the order."))])
    key = HiddenField(validators=[DataRequired(), Regexp(r"^[A-Za-z0-9_-]{16,64}$")])

    def offer(self, cards: OfferedCards) -> None:
        """Fill in what is for sale; the middle amount is chosen until another one is."""
        self.cards = cards
        choices = [(str(minor), money(minor, cards.currency)) for minor in cards.amounts]
        self.amount.choices = [*choices, (OTHER, _("Another amount"))] if cards.limits else choices
        if self.amount.data is None and not self.is_submitted():
            self.amount.data = choices[len(choices) // 2][0]

    def validate_other(self, field: Any) -> None:
        """An amount that is typed has to be one; it counts only when it was chosen."""
        if self.amount.data != OTHER:
            return
        try:
            self.other_minor = parse_minor(field.data or "", self.cards.currency)
            self.cards.check(self.other_minor)
        except InvalidInput as error:
            raise ValidationError(tell(error)) from None

    def amount_minor(self) -> int:
        """What was chosen or typed, as validated."""
        return self.other_minor if self.amount.data == OTHER else int(self.amount.data)
