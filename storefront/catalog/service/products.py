"""Writers of products and their variants. Each public step opens one transaction unless it says that it joins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from storefront.catalog.models import Category, Product, ProductStatus, Variant
from storefront.catalog.queries import (
    UnknownCategory,
    get_product_by_id,
    get_variant,
)
from storefront.core import clock
from storefront.core.db import joined, table_of, transaction
from storefront.core.errors import N_, Conflict, InvalidInput
from storefront.core.text import fold, slugify
from storefront.tax.rules import TaxClass

PRODUCTS = table_of(Product)
# A plain UPDATE leaves `version` alone: a sale must not make a merchant's edit fail.
COUNT_SOLD = (
    update(PRODUCTS).where(PRODUCTS.c.id == bindparam("product")).values(sold=PRODUCTS.c.sold + bindparam("pieces"))
)


class TakenCode(Conflict):
    """Another product or variant has that code or SKU."""

    message = N_("%(value)s is used by another product. Choose another one.")


class EditConflict(Conflict):
    """Somebody else changed the product meanwhile."""

    message = N_("Somebody else has just changed this product. Look at it again before you save.")


class NoVariant(InvalidInput):
    """A product needs a variant to be sold."""

    message = N_("A product needs at least one variant.")


@dataclass(frozen=True, kw_only=True)
class VariantData:
    """A variant as a merchant enters it; price in minor units of the shop's currency."""

    sku: str
    price_minor: int
    name: str = ""
    is_active: bool = True
    weight_grams: int = 0
    id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProductData:
    """A product as a merchant enters it."""

    code: str
    name: str
    category_id: int
    variants: Sequence[VariantData]
    description: str = ""
    tax_class: TaxClass = TaxClass.STANDARD


def create_product(data: ProductData) -> int:
    """Add a product with its variants and return its id; raises TakenCode, NoVariant, UnknownCategory."""
    with transaction() as session:
        category = _check(session, data)
        slug = _free_slug(session, data.name, data.code)
        product = Product(code=data.code, name=data.name, slug=slug, description=data.description, category=category)
        product.tax_class = data.tax_class
        session.add(product)
        _write_variants(product, data.variants)
        _refresh_summary(product)
        _flush(session, data.code)
        return product.id


def change_product(product_id: int, data: ProductData, version: int) -> None:
    """Write what the merchant entered over version `version`; raises EditConflict when that is no longer the newest.

    Variants that are not among `data.variants` are taken off the shelves, not deleted: orders point at them.
    """
    try:
        with transaction() as session:
            product = get_product_by_id(session, product_id)
            if product.version != version:
                raise EditConflict(id=product_id)
            product.category = _check(session, data)
            product.code, product.name, product.description = data.code, data.name, data.description
            product.tax_class = data.tax_class
            _write_variants(product, data.variants)
            _refresh_summary(product)
            _flush(session, data.code)
    except StaleDataError:
        raise EditConflict(id=product_id) from None


def set_price(variant_id: int, price_minor: int) -> None:
    """Change one price in minor units; opens a transaction."""
    with transaction() as session:
        _lock(session, select(Variant.product_id).where(Variant.id == variant_id).scalar_subquery())
        variant = get_variant(session, variant_id)
        variant.price_minor = price_minor
        _refresh_summary(variant.product)


def archive_product(product_id: int) -> None:
    """Take a product off the shelves; its history stays. Idempotent."""
    _set_status(product_id, ProductStatus.ARCHIVED)


def restore_product(product_id: int) -> None:
    """Put an archived product back on the shelves. Idempotent."""
    _set_status(product_id, ProductStatus.ACTIVE)


def count_sold(quantities: dict[int, int]) -> None:
    """Add sold pieces per product id to what the best sellers are sorted by; joins the caller's transaction."""
    connection = joined().connection()
    for product_id, quantity in sorted(quantities.items()):
        connection.execute(COUNT_SOLD, {"product": product_id, "pieces": quantity})


def _check(session: Session, data: ProductData) -> Category:
    if not data.variants:
        raise NoVariant(field="variants")
    # Held until the product is written, so that it is neither deleted nor renamed unseen meanwhile.
    category = session.get(Category, data.category_id, with_for_update={"read": True})
    if category is None:
        raise UnknownCategory(id=data.category_id)
    return category


def _lock(session: Session, product_id: Any) -> None:
    """Changes that rest on no version a person saw wait for each other instead of failing."""
    session.execute(select(Product.id).where(Product.id == product_id).with_for_update())


def _write_variants(product: Product, wanted: Sequence[VariantData]) -> None:
    known = {variant.id: variant for variant in product.variants}
    kept = set()
    for position, data in enumerate(wanted):
        variant = known.get(data.id) if data.id is not None else None
        if variant is None:
            variant = Variant()
            product.variants.append(variant)
        else:
            kept.add(variant.id)
        variant.sku, variant.name, variant.price_minor = data.sku, data.name, data.price_minor
        variant.is_active, variant.position, variant.weight_grams = data.is_active, position, data.weight_grams
    for variant_id in known.keys() - kept:
        known[variant_id].is_active = False


def _refresh_summary(product: Product) -> None:
    """Asks the database nothing, so that what is taken shows in the caller's own flush and not before."""
    prices = [variant.price_minor for variant in product.variants if variant.is_active]
    product.price_minor = min(prices, default=0)
    product.search_text = search_text(product.name, [v.sku for v in product.variants], product.category.name)
    product.updated_at = clock.now()


def search_text(name: str, skus: Sequence[str], category_name: str) -> str:
    """What search looks into, folded."""
    return fold(" ".join([name, category_name, *skus]))


def _free_slug(session: Session, name: str, code: str) -> str:
    slug = slugify(name)
    taken = session.scalar(select(Product.id).where(Product.slug == slug))
    return slug if taken is None else f"{slugify(name, 119)}-{slugify(code, 40)}"


def _set_status(product_id: int, status: ProductStatus) -> None:
    with transaction() as session:
        _lock(session, product_id)
        product = get_product_by_id(session, product_id)
        product.status, product.updated_at = status, clock.now()


def _flush(session: Session, value: str) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise TakenCode(value=value, field="code") from None
