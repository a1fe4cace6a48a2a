"""The form that takes goods back: one number for each line that can still come back."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # The stubs do not know it yet.
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from storefront.core.web.forms import Form, TextField, trimmed
from storefront.orders.models import OrderLine

RESTOCK, KEEP_OFF = "restock", "keep_off"


class ReturnForm(Form):
    """What is said of a return as a whole; `key` is made with the form and makes it happen once."""

    key = HiddenField(validators=[DataRequired(), Length(max=40)])
    request_id = IntegerField(validators=[Optional()], widget=HiddenInput())
    goods = RadioField(
        _l("What happens to the goods?"),
        [InputRequired(_l("Choose whether they can be sold again."))],
        choices=[
            SelectChoice(RESTOCK, _l("Back on the shelf and on sale")),
            SelectChoice(KEEP_OFF, _l("Not sold again (damaged, used)")),
        ],
    )
    reason = TextField(
        _l("Reason"), [DataRequired(_l("Say why, for whoever looks at this order later.")), Length(max=200)]
    )

    def pieces(self) -> dict[int, int]:
        """How many of each line came back, by the line's id."""
        return {int(field.name[5:]): field.data or 0 for field in self if field.name.startswith("line-")}


class AnswerForm(Form):
    """What is said to a customer who wants to send something back."""

    answer = TextAreaField(_l("Answer to the customer"), [Optional(), Length(max=500)], filters=(trimmed,))


def make_return_form(lines: Iterable[tuple[OrderLine, int]], **kwargs: Any) -> ReturnForm:
    """The form for an order whose `lines` can still come back in so many pieces."""
    fields = {
        f"line-{line.id}": IntegerField(
            line.name,
            [Optional(), NumberRange(0, left)],
            render_kw={"inputmode": "numeric", "autocomplete": "off", "min": 0, "max": left},
        )
        for line, left in lines
    }
    form: ReturnForm = type("ReturnFormOfLines", (ReturnForm,), fields)(**kwargs)
    return form
