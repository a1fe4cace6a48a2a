"""Writers of the shelves. Each public step opens one transaction unless it says that it joins."""

from collections.abc import Sequence
from itertools import count

from sqlalchemy import Table, bindparam, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from storefront.catalog.models import Category, Product
from storefront.catalog.queries import (
    get_category_by_id,
    list_categories,
)
from storefront.catalog.service.products import search_text
from storefront.core.db import transaction
from storefront.core.errors import N_, Conflict
from storefront.core.text import fold, slugify


class TakenCategory(Conflict):
    """Another category has that name."""

    message = N_("There is a category called %(name)s already.")


class CategoryNotEmpty(Conflict):
    """Products lie in the category, on the shelves or archived."""

    message = N_("%(name)s still has products in it. Move them to another category first.")


def create_category(name: str, position: int | None = None) -> int:
    """Add a category, behind the others unless `position` says where; returns its id. Raises TakenCategory."""
    with transaction() as session:
        others = _lock_categories(session)
        _check_name(others, name)
        behind = max((other.position for other in others), default=-1) + 1
        slug = _free_category_slug(others, name)
        category = Category(name=name, slug=slug, position=behind if position is None else position)
        session.add(category)
        try:
            session.flush()
        except IntegrityError:
            # Two people made the first category of all: there was no row yet to wait for.
            raise TakenCategory(name=name) from None
        return category.id


def rename_category(category_id: int, name: str) -> None:
    """Change what a category is called; its address stays. Raises TakenCategory, UnknownCategory."""
    with transaction() as session:
        others = [other for other in _lock_categories(session) if other.id != category_id]
        category = get_category_by_id(session, category_id)
        _check_name(others, name)
        category.name = name
        _rewrite_search(session, category)


def move_category(category_id: int, steps: int) -> None:
    """Move a category up (-1) or down (1) in the order of the shop, no further than its end; raises UnknownCategory."""
    with transaction() as session:
        categories = _lock_categories(session)
        category = get_category_by_id(session, category_id)
        place = max(categories.index(category) + steps, 0)
        categories.remove(category)
        categories.insert(place, category)
        for position, each in enumerate(categories):
            each.position = position


def delete_category(category_id: int) -> None:
    """Take an empty category away; raises CategoryNotEmpty, UnknownCategory."""
    with transaction() as session:
        _lock_categories(session)
        category = get_category_by_id(session, category_id)
        if session.scalar(select(exists().where(Product.category_id == category_id))):
            raise CategoryNotEmpty(id=category_id, name=category.name)
        session.delete(category)


def _lock_categories(session: Session) -> list[Category]:
    """All categories in the order of the shop; steps that compare them with each other wait for each other."""
    session.execute(select(Category.id).order_by(Category.id).with_for_update())
    return list_categories(session)


def _check_name(others: Sequence[Category], name: str) -> None:
    if fold(name) in {fold(other.name) for other in others}:
        raise TakenCategory(name=name)


def _free_category_slug(others: Sequence[Category], name: str) -> str:
    """A renamed category keeps its address, so a name can be free whose address is not."""
    taken, slug = {other.slug for other in others}, slugify(name, 80)
    numbered = (f"{slugify(name, 75)}-{number}" for number in count(2))
    return slug if slug not in taken else next(other for other in numbered if other not in taken)


def _rewrite_search(session: Session, category: Category) -> None:
    """Let its products be found by its new name; like `count_sold` this leaves `version` alone."""
    query = select(Product).where(Product.category_id == category.id).order_by(Product.id)
    found = session.scalars(query.options(selectinload(Product.variants)))
    texts = [
        {"key": product.id, "text": search_text(product.name, [v.sku for v in product.variants], category.name)}
        for product in found
    ]
    table: Table = Product.metadata.tables["product"]
    # A product that was moved elsewhere while we waited for it keeps what was written there.
    here = update(table).where(table.c.id == bindparam("key"), table.c.category_id == category.id)
    if texts:
        session.connection().execute(here.values(search_text=bindparam("text")), texts)
