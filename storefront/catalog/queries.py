"""Reads of the catalogue, loaded with what pages show."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from storefront.catalog.models import Category, Product, ProductStatus, Variant
from storefront.core.errors import N_, NotFound
from storefront.core.paging import Page, fetch_page
from storefront.core.text import fold

PAGE_SIZE = 24
MAX_SEARCH_WORDS = 8


class Sort(StrEnum):
    """The orders a list of products can be in."""

    POPULAR = "popular"
    NEW = "new"
    PRICE_UP = "price-up"
    PRICE_DOWN = "price-down"
    NAME = "name"


ORDER_BY: dict[Sort, tuple[Any, ...]] = {
    Sort.POPULAR: (Product.sold.desc(), Product.id),
    Sort.NEW: (Product.created_at.desc(), Product.id.desc()),
    Sort.PRICE_UP: (Product.price_minor, Product.id),
    Sort.PRICE_DOWN: (Product.price_minor.desc(), Product.id),
    Sort.NAME: (Product.name, Product.id),
}


@dataclass(frozen=True, kw_only=True)
class ProductFilter:
    """What a list of products is narrowed to. Prices in minor units, both ends included; `words` as typed."""

    category_id: int | None = None
    words: str = ""
    min_price_minor: int | None = None
    max_price_minor: int | None = None
    status: ProductStatus | None = ProductStatus.ACTIVE
    also: ColumnElement[bool] | None = None


class UnknownProduct(NotFound):
    """No product is to be shown under that name or id."""

    message = N_("This product is not in the shop (any more).")


class UnknownCategory(NotFound):
    """No category has that name."""

    message = N_("This category is not in the shop (any more).")


def list_categories(session: Session) -> list[Category]:
    """All categories in the order of the shop."""
    return list(session.scalars(select(Category).order_by(Category.position, Category.name)))


def list_shelves(session: Session) -> list[Category]:
    """The categories that have something active in them, in the order of the shop."""
    is_filled = exists().where(Product.category_id == Category.id, Product.status == ProductStatus.ACTIVE)
    return list(session.scalars(select(Category).where(is_filled).order_by(Category.position, Category.name)))


def get_category(session: Session, slug: str) -> Category:
    """The category of that slug; raises UnknownCategory."""
    category = session.scalar(select(Category).where(Category.slug == slug))
    if category is None:
        raise UnknownCategory(slug=slug)
    return category


def get_category_by_id(session: Session, category_id: int) -> Category:
    """The category of that id; raises UnknownCategory."""
    category = session.get(Category, category_id)
    if category is None:
        raise UnknownCategory(id=category_id)
    return category


def list_products(
    session: Session, wanted: ProductFilter, sort: Sort = Sort.POPULAR, number: int = 1, size: int = PAGE_SIZE
) -> Page[Product]:
    """One page of products with their variants and pictures, in three statements whatever the size."""
    query = narrow_products(wanted).order_by(*ORDER_BY[sort])
    return fetch_page(
        session, query.options(selectinload(Product.variants), selectinload(Product.images)), number, size
    )


def list_first(session: Session, sort: Sort, limit: int) -> list[Product]:
    """The first active products in that order, with their variants and pictures."""
    query = narrow_products(ProductFilter()).order_by(*ORDER_BY[sort]).limit(limit)
    return list(session.scalars(query.options(selectinload(Product.variants), selectinload(Product.images))))


def price_bounds(session: Session, wanted: ProductFilter) -> tuple[int, int] | None:
    """The lowest and highest price of what the filter lets through, None when that is nothing."""
    narrowed = narrow_products(wanted).subquery()
    low, high = session.execute(select(func.min(narrowed.c.price_minor), func.max(narrowed.c.price_minor))).one()
    return None if low is None else (low, high)


def get_product(session: Session, slug: str) -> Product:
    """The active product of that slug with all a page shows; raises UnknownProduct."""
    product = session.scalar(_whole().where(Product.slug == slug, Product.status == ProductStatus.ACTIVE))
    if product is None:
        raise UnknownProduct(slug=slug)
    return product


def get_product_by_id(session: Session, product_id: int) -> Product:
    """The product, active or not, with all a page shows; raises UnknownProduct."""
    product = session.scalar(_whole().where(Product.id == product_id))
    if product is None:
        raise UnknownProduct(id=product_id)
    return product


def get_variant(session: Session, variant_id: int) -> Variant:
    """The variant with its product; raises UnknownProduct."""
    query = select(Variant).options(joinedload(Variant.product)).where(Variant.id == variant_id)
    variant = session.scalar(query)
    if variant is None:
        raise UnknownProduct(id=variant_id)
    return variant


def list_related(session: Session, product: Product, limit: int = 4) -> list[Product]:
    """Other products of the same category, the best sellers first."""
    query = (
        select(Product)
        .where(Product.category_id == product.category_id, Product.status == ProductStatus.ACTIVE)
        .where(Product.id != product.id)
        .order_by(Product.sold.desc(), Product.id)
        .limit(limit)
        .options(selectinload(Product.variants), selectinload(Product.images))
    )
    return list(session.scalars(query))


def count_unweighed(session: Session) -> int:
    """How many variants on sale have no weight."""
    is_meant = Variant.is_active & (Variant.weight_grams == 0) & (Product.status == ProductStatus.ACTIVE)
    query = select(func.count()).select_from(Variant).join(Product).where(is_meant)
    return session.scalar(query) or 0


def _whole() -> Select[Product]:
    return select(Product).options(
        joinedload(Product.category), selectinload(Product.variants), selectinload(Product.images)
    )


def narrow_products(wanted: ProductFilter) -> Select[Product]:
    """The products that the filter lets through, in no order."""
    query = select(Product)
    if wanted.status is not None:
        query = query.where(Product.status == wanted.status)
    if wanted.category_id is not None:
        query = query.where(Product.category_id == wanted.category_id)
    if wanted.min_price_minor is not None:
        query = query.where(Product.price_minor >= wanted.min_price_minor)
    if wanted.max_price_minor is not None:
        query = query.where(Product.price_minor <= wanted.max_price_minor)
    for word in fold(wanted.words).split()[:MAX_SEARCH_WORDS]:
        query = query.where(Product.search_text.contains(word, autoescape=True))
    return query if wanted.also is None else query.where(wanted.also)
