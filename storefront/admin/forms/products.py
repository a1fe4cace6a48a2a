"""Forms about products: the product with its variants, and its prices."""

from collections import Counter
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, HiddenField, IntegerField, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp
from wtforms.widgets import HiddenInput

from storefront.admin.forms.fields import MoneyField, options
from storefront.admin.forms.setup import CLASSES
from storefront.admin.queries import Taken
from storefront.catalog.models import Category, Product, Variant
from storefront.catalog.service import ProductData, VariantData
from storefront.core.text import read_id
from storefront.core.web.forms import Form, TextField, trimmed
from storefront.tax.rules import TaxClass

MAX_VARIANTS = 100
# Somebody else may have added variants while this form was open; they must find a place in it.
ROOM_FOR_OTHERS = 100
CODE = Regexp(r"^\S*$", message=_l("Leave out the spaces."))


class Problem(NamedTuple):
    """One error of a form: the id of its field, what the field is called, what is wrong."""

    field_id: str
    label: str
    text: str


class VariantForm(Form):
    """One row of a product: a variant. `id` is empty in a row that is new."""

    id = HiddenField()
    sku = TextField(
        _l("SKU"),
        [DataRequired(_l("Enter a SKU.")), Length(max=40), CODE],
        render_kw={"maxlength": 40, "autocapitalize": "characters"},
    )
    name = TextField(_l("Variant name"), [Optional(), Length(max=120)], render_kw={"maxlength": 120})
    price = MoneyField(_l("Price"), [InputRequired(_l("Enter a price."))], render_kw={"inputmode": "decimal"})
    weight = IntegerField(
        _l("Weight in grams"), [Optional(), NumberRange(0, 1_000_000)], render_kw={"inputmode": "numeric"}
    )
    is_active = BooleanField(_l("On sale"))

    @property
    def known_id(self) -> int | None:
        """The variant this row stands for, None for a new one."""
        return read_id(str(self.id.data or ""))

    @property
    def is_blank(self) -> bool:
        """Whether it is a new row in which nothing was entered."""
        return self.known_id is None and not (self.sku.data or self.name.data or any(self.price.raw_data or ()))

    def variant_data(self) -> VariantData:
        """The row as the catalogue takes it."""
        values = {"sku": self.sku.data, "name": self.name.data or "", "price_minor": self.price.data}
        weight = self.weight.data or 0
        return VariantData(is_active=bool(self.is_active.data), weight_grams=weight, id=self.known_id, **values)


class ProductForm(Form):
    """A product with a row per variant."""

    version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    name = TextField(_l("Name"), [DataRequired(_l("Enter a name.")), Length(max=160)], render_kw={"maxlength": 160})
    code = TextField(
        _l("Code"),
        [DataRequired(_l("Enter a code.")), Length(max=40), CODE],
        render_kw={"maxlength": 40, "autocapitalize": "characters"},
    )
    category_id = SelectField(_l("Category"), [InputRequired(_l("Choose a category."))], coerce=int)
    tax_class = SelectField(
        _l("Taxed at"),
        choices=options(CLASSES),
        default=TaxClass.STANDARD.value,
    )
    description = TextAreaField(
        _l("Description"), [Optional(), Length(max=5000)], filters=(trimmed,), render_kw={"maxlength": 5000, "rows": 6}
    )
    variants = FieldList(FormField(VariantForm), min_entries=1, max_entries=MAX_VARIANTS + ROOM_FOR_OTHERS)

    def offer(self, categories: list[Category]) -> None:
        """Fill the choices."""
        self.category_id.choices = [(category.id, category.name) for category in categories]

    @property
    def rows(self) -> list[VariantForm]:
        """The variants' rows."""
        return [entry.form for entry in self.variants.entries]

    @property
    def can_grow(self) -> bool:
        """Whether another variant may be added."""
        return len(self.variants.entries) < MAX_VARIANTS

    def add_row(self, variant: Variant | None = None) -> None:
        """Append an empty row, or one that shows `variant`."""
        self.variants.append_entry(variant_values(variant) if variant else {"is_active": True})

    def drop_row(self, index: str) -> None:
        """Take away the new row of that index; a variant that exists is only taken off sale."""
        self.variants.entries = [
            entry
            for entry in self.variants.entries
            if entry.form.known_id is not None or not entry.id.endswith(f"-{index}")
        ]

    def is_valid(self) -> bool:
        """Validate what was entered; blank rows do not count as long as another one is left."""
        filled = [entry for entry in self.variants.entries if not entry.form.is_blank]
        self.variants.entries = filled or self.variants.entries[:1]
        is_valid = bool(self.validate())
        doubled = {sku for sku, count in Counter(row.sku.data for row in self.rows).items() if count > 1}
        for row in self.rows:
            if row.sku.data and row.sku.data in doubled:
                row.sku.errors = [_("Two variants cannot share a SKU.")]
                is_valid = False
        return is_valid

    def mark_taken(self, taken: Taken) -> None:
        """Say at its field which code belongs to another product."""
        if self.code.data in taken.codes:
            self.code.errors = [_("This code is used by another product.")]
        for row in self.rows:
            if row.sku.data in taken.skus:
                row.sku.errors = [_("This SKU is used by another product.")]

    def problems(self) -> list[Problem]:
        """Every error with its field, those of the rows with the number of their row."""
        own = [(field, "") for field in (self.name, self.code, self.category_id, self.tax_class, self.description)]
        rows = [(field, str(number)) for number, row in enumerate(self.rows, 1) for field in row]
        found = [_problem(field, number) for field, number in own + rows if field.errors]
        return found + [Problem("", "", str(error)) for error in self.form_errors]

    def product_data(self) -> ProductData:
        """The product as the catalogue takes it."""
        return ProductData(
            code=self.code.data or "",
            name=self.name.data or "",
            category_id=self.category_id.data,
            description=self.description.data or "",
            tax_class=TaxClass(self.tax_class.data),
            variants=[row.variant_data() for row in self.rows],
        )


class PriceForm(Form):
    """One price among several of the same page."""

    price = MoneyField(_l("Price"), [InputRequired(_l("Enter a price."))], render_kw={"inputmode": "decimal"})


def product_values(product: Product) -> dict[str, Any]:
    """What a form shows of a product."""
    values = {name: getattr(product, name) for name in ("version", "name", "code", "category_id", "description")}
    values["tax_class"] = product.tax_class.value
    return {**values, "variants": [variant_values(variant) for variant in product.variants]}


def variant_values(variant: Variant) -> dict[str, Any]:
    """What a row shows of a variant."""
    values = {"id": str(variant.id), "sku": variant.sku, "name": variant.name, "is_active": variant.is_active}
    return {**values, "price": variant.price_minor, "weight": variant.weight_grams or None}


def _problem(field: Any, number: str) -> Problem:
    label = str(field.label.text)
    shown = _("Variant %(number)s, %(field)s", number=number, field=label) if number else label
    return Problem(field.id, shown, str(field.errors[0]))
