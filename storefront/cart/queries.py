"""Reads of carts."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from storefront.cart.models import Cart, CartLine
from storefront.catalog.models import Product, Variant


def find_cart(session: Session, token: str | None) -> Cart | None:
    """The cart of that token with everything its page shows."""
    if not token:
        return None
    shown = selectinload(Cart.lines).joinedload(CartLine.variant).joinedload(Variant.product)
    query = select(Cart).options(
        shown.selectinload(Product.images),
        selectinload(Cart.lines)
        .joinedload(CartLine.variant)
        .joinedload(Variant.product)
        .selectinload(Product.variants),
    )
    return session.scalar(query.where(Cart.token == token))


def find_users_cart(session: Session, user_id: int) -> Cart | None:
    """The cart a signed-in user left."""
    return session.scalar(select(Cart).where(Cart.user_id == user_id))


def count_units(session: Session, token: str | None) -> int:
    """How many pieces are in the cart."""
    if not token:
        return 0
    query = select(func.coalesce(func.sum(CartLine.quantity), 0)).join(Cart).where(Cart.token == token)
    return int(session.scalar(query) or 0)


def items_minor(cart: Cart) -> int:
    """What the lines cost together, in minor units of the shop's currency."""
    return sum(line.total_minor for line in cart.lines)
