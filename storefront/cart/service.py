"""The only writers of carts. Each public step opens one transaction unless it says that it joins."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session, selectinload

from storefront.accounts.models import User
from storefront.cart.models import MAX_LINES, MAX_QUANTITY, Cart, CartLine
from storefront.catalog.models import Product, ProductStatus, Variant
from storefront.catalog.queries import UnknownProduct, get_variant
from storefront.core import clock
from storefront.core.db import insert_rows, joined, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict, InvalidInput, NotFound
from storefront.stock.models import StockItem
from storefront.tax.rules import TaxClass

KEEP_GUESTS = timedelta(days=60)


CARTS, LINES = table_of(Cart), table_of(CartLine)
LOCK = select(CARTS.c.id).where(CARTS.c.token == bindparam("token")).with_for_update()
DELETE_LINES = delete(LINES).where(LINES.c.cart_id == bindparam("cart_id"))


class TakenLine(NamedTuple):
    """A line of a cart that is being ordered, with what its variant is called and costs now."""

    variant_id: int
    quantity: int
    sku: str
    variant_name: str
    name: str
    unit_price_minor: int
    is_active: bool
    weight_grams: int
    status: ProductStatus
    tax_class: TaxClass

    @property
    def can_be_bought(self) -> bool:
        """Whether it is on the shelves, stock apart."""
        return self.is_active and self.status is ProductStatus.ACTIVE


VARIANTS, PRODUCTS = table_of(Variant), table_of(Product)
# In the order of TakenLine.
OF_VARIANT = (
    VARIANTS.c.sku,
    VARIANTS.c.name,
    PRODUCTS.c.name,
    VARIANTS.c.price_minor,
    VARIANTS.c.is_active,
    VARIANTS.c.weight_grams,
    PRODUCTS.c.status,
    PRODUCTS.c.tax_class,
)
READ_LINES = (
    select(LINES.c.variant_id, LINES.c.quantity, *OF_VARIANT)
    .select_from(LINES.join(VARIANTS).join(PRODUCTS))
    .where(LINES.c.cart_id == bindparam("cart_id"))
    .order_by(LINES.c.id)
)


ITEMS = table_of(StockItem)
SHELF = (
    select(VARIANTS.c.is_active, PRODUCTS.c.status, PRODUCTS.c.slug, PRODUCTS.c.name.label("product_name"))
    .add_columns(ITEMS.c.available)
    .select_from(VARIANTS.join(PRODUCTS).outerjoin(ITEMS, ITEMS.c.variant_id == VARIANTS.c.id))
    .where(VARIANTS.c.id == bindparam("variant_id"))
)


class InvalidLineQuantity(InvalidInput):
    """A line holds 1 to 999 pieces."""

    message = N_("Enter a quantity from 1 to 999.")


class NotForSale(Conflict):
    """The variant is off the shelves."""

    message = N_("This product is not for sale any more.")


class SoldOut(Conflict):
    """There is not one piece left; `name` and `slug` are the product's."""

    message = N_("%(name)s is sold out.")


class UnknownSku(InvalidInput):
    """No variant has that SKU."""

    message = N_("No variant has the SKU %(sku)s.")


class CartFull(Conflict):
    """The cart has as many lines as it can hold."""

    message = N_("Your cart is full: it holds 100 different products.")


class UnknownLine(NotFound):
    """The line is not in this cart (any more)."""

    message = N_("This line is no longer in your cart.")


@retry_deadlocks
def add_line(token: str | None, variant_id: int, quantity: int, user_id: int | None = None) -> str:
    """Put pieces of a variant into the cart of `token`, or into a new one; returns the cart's token.

    Adding what is there already adds up, to at most MAX_QUANTITY. Raises InvalidLineQuantity, UnknownProduct,
    NotForSale, SoldOut, CartFull.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidLineQuantity(field="quantity")
    with transaction() as session:
        _check_shelf(session, variant_id)
        cart = lock_cart(session, token) or _users_cart(session, user_id)
        if cart is None:
            return _begin(session, user_id, variant_id, quantity)
        _put(cart, variant_id, quantity)
        return cart.token


@retry_deadlocks
def change_line(token: str | None, line_id: int, quantity: int) -> None:
    """Set a line to `quantity` pieces; 0 removes it. Raises InvalidLineQuantity, UnknownLine."""
    if not 0 <= quantity <= MAX_QUANTITY:
        raise InvalidLineQuantity(field="quantity")
    with transaction() as session:
        cart = lock_cart(session, token)
        line = next((line for line in cart.lines if line.id == line_id), None) if cart else None
        if cart is None or line is None:
            raise UnknownLine(id=line_id)
        if quantity:
            line.quantity = quantity
        else:
            cart.lines.remove(line)
        cart.updated_at = clock.now()


@retry_deadlocks
def merge(guest_token: str | None, user_id: int) -> str | None:
    """Bring a guest's cart and the user's own together at sign-in, losing no line; returns the token to go on with."""
    with transaction() as session:
        guest = lock_cart(session, guest_token)
        own = _users_cart(session, user_id)
        if guest is None or guest is own or guest.user_id not in (None, user_id):
            return own.token if own else None
        if own is None:
            guest.user_id = user_id
            return guest.token
        for line in guest.lines:
            _put(own, line.variant_id, line.quantity, is_capped=False)
        session.delete(guest)
        return own.token


def take_out(token: str | None) -> list[TakenLine]:
    """Take everything out of a cart to order it, once, however many ask at once; joins the caller's transaction."""
    connection = joined().connection()
    cart_id = connection.scalar(LOCK, {"token": token}) if token else None
    if cart_id is None:
        return []
    lines = [TakenLine._make(row) for row in connection.execute(READ_LINES, {"cart_id": cart_id})]
    connection.execute(DELETE_LINES, {"cart_id": cart_id})
    return lines


def read_skus(wanted: Sequence[tuple[str, int]]) -> list[TakenLine]:
    """Lines of (SKU, pieces) that are in no cart, as if they were taken out of one; joins. Raises UnknownSku."""
    query = select(VARIANTS.c.id, *OF_VARIANT).select_from(VARIANTS.join(PRODUCTS))
    rows = joined().execute(query.where(VARIANTS.c.sku.in_([sku for sku, _pieces in wanted])))
    found = {row[1]: tuple(row) for row in rows}
    for sku, _pieces in wanted:
        if sku not in found:
            raise UnknownSku(sku=sku)
    return [TakenLine._make((found[sku][0], pieces, *found[sku][1:])) for sku, pieces in wanted]


@retry_deadlocks
def put_back(token: str | None, lines: Iterable[tuple[int, int]], user_id: int | None = None) -> str | None:
    """Put (variant id, quantity) pairs of an order into a cart again; what is off the shelves stays out."""
    with transaction() as session:
        wanted = [(variant_id, n) for variant_id, n in lines if get_variant(session, variant_id).can_be_bought]
        if not wanted:
            return token
        cart = lock_cart(session, token) or _users_cart(session, user_id) or _new(session, user_id)
        for variant_id, quantity in wanted:
            _put(cart, variant_id, quantity, is_capped=False)
        return cart.token


def forget_old_guests() -> int:
    """Delete guests' carts untouched for 60 days and return how many; opens a transaction."""
    with transaction() as session:
        old = Cart.user_id.is_(None) & (Cart.updated_at < clock.now() - KEEP_GUESTS)
        ids = list(session.scalars(select(Cart.id).where(old).limit(10_000).with_for_update(skip_locked=True)))
        session.execute(delete(CartLine).where(CartLine.cart_id.in_(ids)))
        session.execute(delete(Cart).where(Cart.id.in_(ids)))
        return len(ids)


def lock_cart(session: Session, token: str | None) -> Cart | None:
    """The cart of `token`, locked until the caller's transaction ends, so that it is ordered once."""
    if not token:
        return None
    shown = selectinload(Cart.lines).joinedload(CartLine.variant).joinedload(Variant.product)
    return session.scalar(select(Cart).where(Cart.token == token).options(shown).with_for_update())


def _users_cart(session: Session, user_id: int | None) -> Cart | None:
    if user_id is None:
        return None
    # The user's row is locked first: two tabs that both find no cart would otherwise both begin one.
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    return session.scalar(select(Cart).where(Cart.user_id == user_id).with_for_update())


def _check_shelf(session: Session, variant_id: int) -> None:
    found = session.connection().execute(SHELF, {"variant_id": variant_id}).first()
    if found is None:
        raise UnknownProduct(id=variant_id)
    if not (found.is_active and found.status is ProductStatus.ACTIVE):
        raise NotForSale(id=variant_id)
    if not found.available:
        raise SoldOut(name=found.product_name, slug=found.slug)


def _begin(session: Session, user_id: int | None, variant_id: int, quantity: int) -> str:
    """A new cart with its first line; returns its token."""
    token = secrets.token_urlsafe(32)
    (cart_id,) = insert_rows(session, Cart, [{"token": token, "user_id": user_id, "updated_at": clock.now()}])
    insert_rows(session, CartLine, [{"cart_id": cart_id, "variant_id": variant_id, "quantity": quantity}])
    return token


def _new(session: Session, user_id: int | None) -> Cart:
    cart = Cart(token=secrets.token_urlsafe(32), user_id=user_id)
    session.add(cart)
    session.flush()
    return cart


def _put(cart: Cart, variant_id: int, quantity: int, *, is_capped: bool = True) -> None:
    cart.updated_at = clock.now()
    for line in cart.lines:
        if line.variant_id == variant_id:
            line.quantity = min(line.quantity + quantity, MAX_QUANTITY)
            return
    if is_capped and len(cart.lines) >= MAX_LINES:
        raise CartFull()
    cart.lines.append(CartLine(variant_id=variant_id, quantity=quantity))
