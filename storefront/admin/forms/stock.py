"""The form that books stock: a kind and a number without a sign, so that a phone's digits are enough."""

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # The stubs do not know it yet.
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from storefront.core.web.forms import Form, TextField
from storefront.stock.service import MAX_CHANGE

RECEIVED, MORE, FEWER, WRITTEN_OFF = "received", "more", "fewer", "written_off"


class StockForm(Form):
    """Goods that arrived, a correction after counting, or goods that are broken or lost."""

    kind = RadioField(
        _l("What happened?"),
        [InputRequired(_l("Choose what happened."))],
        choices=[
            SelectChoice(RECEIVED, _l("Goods received")),
            SelectChoice(MORE, _l("Counted more")),
            SelectChoice(FEWER, _l("Counted fewer")),
            SelectChoice(WRITTEN_OFF, _l("Broken or lost")),
        ],
        default=RECEIVED,
    )
    quantity = IntegerField(
        _l("Pieces"),
        [
            InputRequired(_l("Enter how many pieces.")),
            NumberRange(1, MAX_CHANGE, _l("Enter a whole number from 1 to 1,000,000.")),
        ],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    reason = TextField(_l("Reason or delivery note"), [Length(max=200)], render_kw={"maxlength": 200})

    def validate_reason(self, field: TextField) -> None:
        """A correction without a reason explains nothing to whoever reads the ledger later."""
        if self.kind.data == WRITTEN_OFF and not field.data:
            raise ValidationError(_l("Say what happened, for example “broken in the van”."))
        if self.kind.data in {MORE, FEWER} and not field.data:
            raise ValidationError(_l("Say why the stock is corrected, for example “broken” or “stock-take”."))

    @property
    def change(self) -> int:
        """By how much stock changes, with its sign."""
        pieces = self.quantity.data or 0
        return -pieces if self.kind.data == FEWER else pieces
