"""The form by which a customer asks to send goods back: one number for each line that can still be asked for."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # The stubs do not know it yet.
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from storefront.core.web.forms import Form, trimmed
from storefront.orders.models import OrderLine
from storefront.orders.return_words import REASONS


class AskForm(Form):
    """Why, in one of five ways and in words."""

    reason = RadioField(
        _l("Why do you send it back?"),
        [InputRequired(_l("Choose a reason."))],
        choices=[SelectChoice(str(reason), words) for reason, words in REASONS.items()],
    )
    note = TextAreaField(
        _l("Anything we should know"), [Optional(), Length(max=500)], filters=(trimmed,), render_kw={"maxlength": 500}
    )

    def pieces(self) -> dict[int, int]:
        """How many of each line, by the line's id."""
        return {int(field.name[5:]): field.data or 0 for field in self if field.name.startswith("line-")}


def make_ask_form(lines: Iterable[tuple[OrderLine, int]], **kwargs: Any) -> AskForm:
    """The form for an order whose `lines` can still be asked for in so many pieces."""
    fields = {
        f"line-{line.id}": IntegerField(
            line.name,
            [Optional(), NumberRange(0, left)],
            render_kw={"inputmode": "numeric", "autocomplete": "off", "min": 0, "max": left},
        )
        for line, left in lines
    }
    form: AskForm = type("AskFormOfLines", (AskForm,), fields)(**kwargs)
    return form
