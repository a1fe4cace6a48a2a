"""Reads of wishlists."""

from typing import NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from storefront.accounts.models import User
from storefront.catalog.models import Product, ProductStatus, Variant
from storefront.core.errors import N_, NotFound
from storefront.stock.models import StockItem, StockRequest
from storefront.wishlist.models import Wish


class UnknownWish(NotFound):
    """Whoever asks has no such entry (any more)."""

    message = N_("This is not on your wishlist (any more).")


class Change(NamedTuple):
    """A wish whose variant costs something else than its owner knows."""

    wish_id: int
    before_minor: int
    after_minor: int


def list_wishes(session: Session, user_id: int) -> list[Wish]:
    """Somebody's wishlist with all that its page shows, the newest first."""
    product = joinedload(Wish.variant).joinedload(Variant.product)
    query = select(Wish).where(Wish.user_id == user_id).order_by(Wish.id.desc())
    return list(session.scalars(query.options(product.selectinload(Product.images))))


def list_wished_ids(session: Session, user_id: int) -> list[int]:
    """The variants on somebody's wishlist."""
    return list(session.scalars(select(Wish.variant_id).where(Wish.user_id == user_id)))


def get_wish(session: Session, user_id: int, wish_id: int) -> Wish:
    """One of somebody's own; raises UnknownWish."""
    wish = session.scalar(select(Wish).where(Wish.id == wish_id, Wish.user_id == user_id))
    if wish is None:
        raise UnknownWish()
    return wish


def count_wishes(session: Session, user_id: int) -> int:
    """How many there are."""
    return session.scalar(select(func.count()).select_from(Wish).where(Wish.user_id == user_id)) or 0


def list_users_with_changes(session: Session, limit: int) -> list[int]:
    """Whose wishes cost something else than they know, of what can be bought now."""
    query = _changed(select(Wish.user_id)).group_by(Wish.user_id).order_by(func.min(Wish.id)).limit(limit)
    return list(session.scalars(query))


def list_changes(session: Session, user_id: int) -> list[Change]:
    """Which of somebody's wishes those are."""
    rows = session.execute(
        _changed(select(Wish.id, Wish.told_minor, Variant.price_minor)).where(Wish.user_id == user_id).order_by(Wish.id)
    )
    return [Change._make(row) for row in rows]


def list_sold_out(session: Session, limit: int) -> list[tuple[int, str, str, int]]:
    """(variant, address, locale, user) of wishes that are sold out and whose owner does not wait for them yet."""
    is_waiting = (
        select(StockRequest.id)
        .where(StockRequest.email == User.email, StockRequest.open_variant_id == Wish.variant_id)
        .exists()
    )
    query = (
        _told(select(Wish.variant_id, User.email, User.locale, Wish.user_id))
        .where(or_(StockItem.available.is_(None), StockItem.available <= 0), ~is_waiting)
        .order_by(Wish.id)
        .limit(limit)
    )
    return [(row.variant_id, row.email, row.locale, row.user_id) for row in session.execute(query)]


def _changed(query: Select) -> Select:  # type: ignore[type-arg]
    return _told(query).where(StockItem.available > 0, Variant.price_minor != Wish.told_minor)


def _told(query: Select) -> Select:  # type: ignore[type-arg]
    """Wishes of active users who want to hear of them, of variants on the shelves."""
    return (
        query.select_from(Wish)
        .join(User, User.id == Wish.user_id)
        .join(Variant, Variant.id == Wish.variant_id)
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(StockItem, StockItem.variant_id == Wish.variant_id)
        .where(Wish.is_told, User.is_active, Variant.is_active, Product.status == ProductStatus.ACTIVE)
    )
