"""Goods from elsewhere: products, variants and their opening stock, written in bulk; what is there already is kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storefront.catalog.models import Category, Product, ProductStatus, Variant
from storefront.catalog.service import search_text
from storefront.core.text import slugify
from storefront.importing.bulk import ids_by, insert_rows
from storefront.stock.models import EntryKind, StockEntry, StockItem


@dataclass(frozen=True)
class NewVariant:
    """A variant with the pieces there are of it when it comes into the shop."""

    sku: str
    name: str
    price_minor: int
    stock: int


@dataclass(frozen=True)
class NewProduct:
    """A product with at least one variant; `category` is a slug."""

    code: str
    name: str
    category: str
    description: str
    variants: tuple[NewVariant, ...]


@dataclass(frozen=True)
class Booking:
    """Who brings the goods in, why, and when."""

    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Goods:
    """What is in the shop now: variant ids by SKU, product ids by code; and how many of each are new."""

    variant_ids: Mapping[str, int]
    product_ids: Mapping[str, int]
    new_variants: int
    new_products: int


def add_goods(
    session: Session, products: Sequence[NewProduct], categories: Mapping[str, str], booking: Booking
) -> Goods:
    """Write what is missing of `products`; joins the session's transaction, idempotent on codes and SKUs.

    `categories` gives the names of new categories by slug. A product or variant that exists is left as it is.
    """
    category_ids = _add_categories(session, products, categories)
    known = ids_by(session, Product.id, Product.code, (product.code for product in products))
    slugs = set(session.scalars(select(Product.slug)))
    fresh = [product for product in products if product.code not in known]
    rows = [_product_row(product, category_ids, categories, slugs, booking.at) for product in fresh]
    insert_rows(session, Product, rows)
    product_ids = known | ids_by(session, Product.id, Product.code, (product.code for product in fresh))
    new_variants = _add_variants(session, products, product_ids, booking)
    _refresh(session, [known[product.code] for product in products if product.code in known and new_variants])
    variant_ids = ids_by(session, Variant.id, Variant.sku, (v.sku for product in products for v in product.variants))
    return Goods(variant_ids, product_ids, new_variants, len(fresh))


def _add_categories(session: Session, products: Iterable[NewProduct], names: Mapping[str, str]) -> dict[str, int]:
    used = {product.category for product in products}
    wanted = [slug for slug in names if slug in used]
    known = ids_by(session, Category.id, Category.slug, wanted)
    start = session.scalar(select(func.max(Category.position))) or 0
    rows = [{"slug": slug, "name": names[slug]} for slug in wanted if slug not in known]
    insert_rows(session, Category, ({**row, "position": start + 1 + i} for i, row in enumerate(rows)))
    return ids_by(session, Category.id, Category.slug, wanted)


def _product_row(
    product: NewProduct, category_ids: Mapping[str, int], names: Mapping[str, str], slugs: set[str], at: datetime
) -> dict[str, object]:
    slug = slugify(product.name)
    slug = slug if slug not in slugs else f"{slug}-{slugify(product.code)}"
    slugs.add(slug)
    return {
        "code": product.code,
        "slug": slug,
        "name": product.name,
        "description": product.description,
        "category_id": category_ids[product.category],
        "status": ProductStatus.ACTIVE,
        "price_minor": min(variant.price_minor for variant in product.variants),
        "search_text": search_text(product.name, [v.sku for v in product.variants], names[product.category]),
        "created_at": at,
        "updated_at": at,
    }


def _add_variants(
    session: Session, products: Iterable[NewProduct], product_ids: Mapping[str, int], booking: Booking
) -> int:
    placed = [(product, position, variant) for product in products for position, variant in enumerate(product.variants)]
    known = ids_by(session, Variant.id, Variant.sku, (variant.sku for _, _, variant in placed))
    fresh = [(product, position, variant) for product, position, variant in placed if variant.sku not in known]
    rows = (
        {
            "product_id": product_ids[product.code],
            "sku": variant.sku,
            "name": variant.name,
            "price_minor": variant.price_minor,
            "position": position,
        }
        for product, position, variant in fresh
    )
    insert_rows(session, Variant, rows)
    _add_stock(session, [variant for _, _, variant in fresh], booking)
    return len(fresh)


def _add_stock(session: Session, variants: Sequence[NewVariant], booking: Booking) -> None:
    """A stock row for each new variant and a receipt for what there is: `available` is the sum of the entries."""
    ids = ids_by(session, Variant.id, Variant.sku, (variant.sku for variant in variants))
    counted = [(ids[variant.sku], variant.stock) for variant in variants]
    items = ({"variant_id": key, "available": stock, "on_hand": stock, "version": 1} for key, stock in counted)
    insert_rows(session, StockItem, items)
    entries = (
        {
            "variant_id": key,
            "quantity": stock,
            "kind": EntryKind.RECEIPT,
            "actor": booking.actor,
            "reason": booking.reason,
            "created_at": booking.at,
        }
        for key, stock in counted
        if stock
    )
    insert_rows(session, StockEntry, entries)


def _refresh(session: Session, product_ids: Sequence[int]) -> None:
    """Summaries of products that were there before and may have a variant more now."""
    for product_id in product_ids:
        product = session.get_one(Product, product_id)
        session.refresh(product)
        skus = [variant.sku for variant in product.variants]
        summary = {
            "price_minor": min((v.price_minor for v in product.active_variants), default=0),
            "search_text": search_text(product.name, skus, product.category.name),
        }
        # A plain UPDATE leaves `version` alone: an import must not make a merchant's edit fail.
        session.execute(update(Product).where(Product.id == product_id).values(summary))
