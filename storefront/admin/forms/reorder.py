"""The form of a supplier."""

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from storefront.core.web.forms import Form, TextField
from storefront.insight.reorder.models import Supplier
from storefront.insight.reorder.service import SupplierData

MAX_DAYS = 730
MAX_PIECES = 100_000
DIGITS = {"inputmode": "numeric", "autocomplete": "off"}
DAYS = NumberRange(0, MAX_DAYS, _l("Enter whole days, at most 730."))
PIECES = NumberRange(1, MAX_PIECES, _l("Enter whole pieces, from 1 to 100,000."))


class SupplierForm(Form):
    """A supplier and the terms that hold for its goods; what is left empty is not known."""

    name = TextField(_l("Name"), [InputRequired(_l("Enter the supplier's name.")), Length(max=120)])
    lead_days = IntegerField(
        _l("Lead time"),
        [Optional(), DAYS],
        description=_l("Days from ordering until the goods can be sold. Without it nobody can say by when to order."),
        render_kw=DIGITS,
    )
    review_days = IntegerField(
        _l("Days between orders"),
        [
            InputRequired(_l("Enter how often you order.")),
            NumberRange(1, MAX_DAYS, _l("Enter whole days, at most 730.")),
        ],
        default=7,
        description=_l("How often you order there; an order has to last until the next one arrives."),
        render_kw=DIGITS,
    )
    pack_size = IntegerField(
        _l("Pieces a pack"),
        [Optional(), PIECES],
        description=_l("For goods that come in packs. Empty means singly."),
        render_kw=DIGITS,
    )
    minimum = IntegerField(
        _l("Least pieces"),
        [Optional(), PIECES],
        description=_l("Of each variant. Empty means that there is no minimum."),
        render_kw=DIGITS,
    )

    def supplier_data(self) -> SupplierData:
        """What was entered."""
        return SupplierData(
            name=self.name.data or "",
            lead_days=self.lead_days.data,
            review_days=self.review_days.data or 7,
            pack_size=self.pack_size.data,
            minimum=self.minimum.data,
        )


def supplier_values(found: Supplier) -> dict[str, str | int | None]:
    """A supplier as the form shows it."""
    return {name: getattr(found, name) for name in ("name", "lead_days", "review_days", "pack_size", "minimum")}
