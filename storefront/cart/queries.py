"""Reads of carts."""

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, selectinload

from storefront.cart.models import Cart, CartLine
from storefront.catalog.models import Product, Variant
from storefront.core.db import table_of

_products = selectinload(Cart.lines).joinedload(CartLine.variant).joinedload(Variant.product)
# Made once: everybody on the way to pay asks them.
WHOLE = (
    select(Cart)
    .where(Cart.token == bindparam("token"))
    .options(_products.selectinload(Product.images), _products.selectinload(Product.variants))
)
CARTS, LINES = table_of(Cart), table_of(CartLine)
WANTED = select(LINES.c.variant_id, LINES.c.quantity).join(CARTS).where(CARTS.c.token == bindparam("token"))


def find_cart(session: Session, token: str | None) -> Cart | None:
    """The cart of that token with everything its page shows."""
    return session.scalar(WHOLE, {"token": token}) if token else None


def map_wanted(session: Session, token: str | None) -> dict[int, int]:
    """How many pieces of which variant (by its id) are in the cart; none when there is no cart."""
    rows = session.connection().execute(WANTED, {"token": token}) if token else ()
    return {row.variant_id: row.quantity for row in rows}


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
