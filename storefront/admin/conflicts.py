"""Two people changed one product: what the second one typed, against what the first one saved."""

from collections.abc import Iterator
from typing import NamedTuple

from flask_babel import gettext as _

from storefront.admin.forms.products import ProductForm, VariantForm
from storefront.admin.forms.setup import CLASSES
from storefront.catalog.models import Category, Product, Variant
from storefront.core.money import format_minor
from storefront.core.web import settings
from storefront.core.web.language import current
from storefront.tax.rules import TaxClass


class Difference(NamedTuple):
    """One thing that differs: what it is called, what was typed here, what is saved."""

    label: str
    typed: str
    saved: str


def compare(form: ProductForm, product: Product, categories: list[Category]) -> list[Difference]:
    """Everything in which the form differs from the product as it is now."""
    found = [*_own(form, product, categories), *_rows(form, product)]
    return [difference for difference in found if difference.typed != difference.saved]


def adopt(form: ProductForm, product: Product) -> None:
    """Let the form be saved over the present product; variants somebody else added get rows, so that they stay."""
    form.version.data, form.version.raw_data = product.version, None
    known = {row.known_id for row in form.rows}
    for variant in product.variants:
        if variant.id not in known:
            form.add_row(variant)


def _own(form: ProductForm, product: Product, categories: list[Category]) -> Iterator[Difference]:
    names = {category.id: category.name for category in categories}
    typed_category = names.get(form.category_id.data, "")
    yield Difference(_("Name"), form.name.data or "", product.name)
    yield Difference(_("Code"), form.code.data or "", product.code)
    yield Difference(_("Category"), typed_category, names.get(product.category_id, ""))
    yield Difference(_("Taxed at"), _tax(str(form.tax_class.data)), _tax(product.tax_class.value))
    # Browsers send line breaks as CR LF, whatever was stored.
    typed_text = (form.description.data or "").replace("\r\n", "\n")
    yield Difference(_("Description"), typed_text, product.description.replace("\r\n", "\n"))


def _rows(form: ProductForm, product: Product) -> Iterator[Difference]:
    typed = {row.known_id: row for row in form.rows if row.known_id is not None}
    for variant in product.variants:
        row = typed.get(variant.id)
        label = _("Variant %(sku)s", sku=variant.sku)
        yield Difference(label, _typed_words(row) if row else _("not there yet"), _saved_words(variant))


def _typed_words(row: VariantForm) -> str:
    state = bool(row.is_active.data)
    return _words(row.sku.data or "", row.name.data or "", row.price.data or 0, row.weight.data or 0, state)


def _saved_words(variant: Variant) -> str:
    return _words(variant.sku, variant.name, variant.price_minor, variant.weight_grams, variant.is_active)


def _tax(tax_class: str) -> str:
    return str(CLASSES.get(TaxClass(tax_class), tax_class))


def _words(sku: str, name: str, price_minor: int, weight_grams: int, is_active: bool) -> str:
    price = format_minor(price_minor, settings().currency, current())
    state = _("on sale") if is_active else _("off sale")
    weight = _("%(grams)s g", grams=weight_grams) if weight_grams else ""
    return ", ".join(part for part in (sku, name, price, weight, state) if part)
