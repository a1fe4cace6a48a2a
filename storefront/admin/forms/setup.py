"""Forms about shipping and tax."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from storefront.admin.forms.fields import MoneyField, options
from storefront.core.web.forms import Form, TextField
from storefront.shipping.models import MethodKind, ShippingMethod
from storefront.shipping.service import MethodData, ZoneData
from storefront.tax.models import TaxRate
from storefront.tax.rules import TaxClass

BANDS = 6
KINDS = {
    MethodKind.FLAT: _l("The same price for every parcel"),
    MethodKind.WEIGHT: _l("By weight"),
    MethodKind.PICKUP: _l("The customer fetches it"),
}
CLASSES = {
    TaxClass.STANDARD: _l("Standard rate"),
    TaxClass.REDUCED: _l("Reduced rate"),
    TaxClass.SECOND_REDUCED: _l("Second reduced rate"),
    TaxClass.ZERO: _l("Zero rate"),
}
PPM_PER_PERCENT = 10_000


class PercentField(Field):
    """A percentage with up to four decimals as people type it; `data` is millionths, None while nothing was typed."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{(Decimal(self.data) / PPM_PER_PERCENT).normalize():f}"

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; ValueError when it is no percentage."""
        text = str(valuelist[0]).replace("%", "").replace(",", ".").strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            ppm = Decimal(text) * PPM_PER_PERCENT
            is_good = ppm == ppm.to_integral_value() and 0 <= ppm <= 100 * PPM_PER_PERCENT
        except InvalidOperation:
            is_good = False
        if not is_good:
            raise ValueError(_("Enter a percentage such as 20 or 8.875."))
        self.data = int(ppm)


class ZoneForm(Form):
    """A zone: its name, and its countries or all the others."""

    name = TextField(
        _l("Name"),
        [DataRequired(_l("Enter a name.")), Length(max=120)],
        description=_l("Only you see it, for example “European Union”."),
    )
    is_rest = BooleanField(_l("Every country that no other zone has"))
    countries = SelectMultipleField(
        _l("Countries"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )

    def offer(self, countries: Iterable[tuple[str, str]]) -> None:
        """Fill the choices."""
        self.countries.choices = list(countries)

    def validate_countries(self, field: Any) -> None:
        """A zone needs a country, unless it is the rest of the world."""
        if not field.data and not self.is_rest.data:
            raise ValidationError(_("Choose at least one country."))

    def zone_data(self) -> ZoneData:
        """The zone as the service takes it."""
        return ZoneData(name=self.name.data or "", countries=self.countries.data or [], is_rest=bool(self.is_rest.data))


class BandForm(Form):
    """One row: up to that weight, for that price."""

    grams = IntegerField(_l("Up to, in grams"), [Optional(), NumberRange(1, 10_000_000)])
    price = MoneyField(_l("Price"), render_kw={"inputmode": "decimal"})

    def validate_price(self, field: Any) -> None:
        """Both or none of a row."""
        if (self.grams.data is None) != (field.data is None):
            raise ValidationError(_("Enter both, or leave both empty."))


class MethodForm(Form):
    """A way to send."""

    name = TextField(
        _l("Name"),
        [DataRequired(_l("Enter a name.")), Length(max=120)],
        description=_l("Customers choose by it, for example “Standard delivery”."),
    )
    kind = RadioField(_l("What it costs"), choices=options(KINDS), default=MethodKind.FLAT)
    price = MoneyField(
        _l("Price"), render_kw={"inputmode": "decimal"}, description=_l("Not needed when the weight decides.")
    )
    bands = FieldList(
        FormField(BandForm),
        _l("Prices by weight"),
        description=_l("Rows that stay empty do not count. A parcel heavier than the last is not sent this way."),
        min_entries=BANDS,
        max_entries=BANDS,
    )
    free_from = MoneyField(
        _l("Free for goods from"), render_kw={"inputmode": "decimal"}, description=_l("Empty: never free.")
    )
    first_day = IntegerField(_l("Working days, from"), [Optional(), NumberRange(0, 365)])
    last_day = IntegerField(_l("Working days, up to"), [Optional(), NumberRange(0, 365)])
    note = TextField(
        _l("Note"),
        [Optional(), Length(max=300)],
        description=_l("Shown below it at checkout: where and when to fetch it, or what is special."),
    )
    is_active = BooleanField(_l("Offered at checkout"), default=True)

    def validate_bands(self, field: Any) -> None:
        """A price by weight needs a weight."""
        rows = [entry.form.grams.data for entry in field if entry.form.grams.data]
        if self.kind.data == MethodKind.WEIGHT and not rows:
            raise ValidationError(_("Enter at least one weight with its price."))
        if len(set(rows)) < len(rows):
            raise ValidationError(_("Each weight can have one price."))

    def validate_price(self, field: Any) -> None:
        """A flat price has to be said, be it 0."""
        if self.kind.data == MethodKind.FLAT and field.data is None and not field.errors:
            raise ValidationError(_("Enter a price, or 0."))

    def validate_last_day(self, field: Any) -> None:
        """The last day is not before the first."""
        if (field.data or 0) < (self.first_day.data or 0):
            raise ValidationError(_("This cannot be less than the first number of days."))

    def method_data(self) -> MethodData:
        """The method as the service takes it."""
        rows = [(entry.form.grams.data, entry.form.price.data) for entry in self.bands]
        return MethodData(
            name=self.name.data or "",
            kind=MethodKind(self.kind.data),
            price_minor=self.price.data or 0,
            free_from_minor=self.free_from.data,
            first_day=self.first_day.data or 0,
            last_day=self.last_day.data or 0,
            note=self.note.data or "",
            is_active=bool(self.is_active.data),
            bands={grams: price for grams, price in rows if grams is not None and price is not None},
        )


class TaxForm(Form):
    """What is taxed how in one country."""

    country = SelectField(_l("Country"), [DataRequired(_l("Choose a country."))])
    name = TextField(
        _l("What the tax is called"),
        [DataRequired(_l("Enter a name.")), Length(max=40)],
        default="VAT",
        description=_l("It stands on receipts, for example VAT, GST or Sales tax."),
    )
    is_included = BooleanField(_l("Prices in the shop include it"), default=True)
    standard = PercentField(
        CLASSES[TaxClass.STANDARD],
        [InputRequired(_l("Enter a percentage such as 20 or 8.875."))],
        render_kw={"inputmode": "decimal"},
        description=_l("In percent. Delivery is taxed at it too."),
    )
    reduced = PercentField(CLASSES[TaxClass.REDUCED], render_kw={"inputmode": "decimal"})
    second_reduced = PercentField(CLASSES[TaxClass.SECOND_REDUCED], render_kw={"inputmode": "decimal"})
    zero = PercentField(
        CLASSES[TaxClass.ZERO],
        render_kw={"inputmode": "decimal"},
        description=_l("Leave a rate empty that the country does not have: goods of that kind are not taxed there."),
    )

    def rates(self) -> dict[TaxClass, int]:
        """Millionths per class, those that were entered."""
        found = {tax_class: self[tax_class.value].data for tax_class in TaxClass}
        return {tax_class: ppm for tax_class, ppm in found.items() if ppm is not None}


def method_values(method: ShippingMethod) -> dict[str, Any]:
    """What a form shows of a method."""
    names = ("name", "first_day", "last_day", "note", "is_active")
    bands = [{"grams": band.up_to_grams, "price": band.price_minor} for band in method.bands]
    return {
        **{name: getattr(method, name) for name in names},
        "kind": method.kind.value,
        "price": method.price_minor,
        "free_from": method.free_from_minor,
        "bands": bands + [{}] * (BANDS - len(bands)),
    }


def tax_values(country: str, rates: list[TaxRate]) -> dict[str, Any]:
    """What a form shows of a country's rates."""
    first = rates[0]
    return {
        "country": country,
        "name": first.name,
        "is_included": first.is_included,
        **{rate.tax_class.value: rate.rate_ppm for rate in rates},
    }
