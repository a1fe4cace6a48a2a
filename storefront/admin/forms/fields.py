"""Fields that several forms of the desk share."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Field
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # The stubs do not know it yet.
from wtforms.widgets import TextInput

from storefront.core.money import InvalidAmount, parse_minor, to_decimal
from storefront.core.web import settings, tell


def options(words: Mapping[Any, Any]) -> list[SelectChoice]:
    """The choices of a field, from values to what they are called."""
    return [SelectChoice(str(value), label) for value, label in words.items()]


class MoneyField(Field):
    """An amount in the shop's currency as people type it; `data` is minor units, None while nothing was entered."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(to_decimal(self.data, settings().currency))

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read what was typed; ValueError when it is no amount."""
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            self.data = parse_minor(text, settings().currency)
        except InvalidAmount as error:
            raise ValueError(tell(error)) from None
