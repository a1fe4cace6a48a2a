"""Ordering the same again: what can still be had goes into the cart, what cannot or costs something else is told."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from storefront.cart import service as carts
from storefront.catalog.models import Variant
from storefront.core.db import db
from storefront.orders.models import Order
from storefront.stock.queries import map_available


class Changed(NamedTuple):
    """A line that is not as it was: `before` and `now` are pieces, or prices in minor units."""

    name: str
    before: int
    now: int


class Again(NamedTuple):
    """What became of each line; `token` is the cart's to go on with."""

    token: str | None
    pieces: int
    gone: list[str]
    sold_out: list[str]
    fewer: list[Changed]
    repriced: list[Changed]


def order_again(order: Order, cart_token: str | None, user_id: int | None = None) -> Again:
    """Put an order's lines into the cart, as far as they are for sale and in stock; opens a transaction."""
    session = db.session()
    variants = _variants(session, [line.variant_id for line in order.lines if line.variant_id is not None])
    left = map_available(session, variants)
    again = Again(cart_token, 0, [], [], [], [])
    wanted: list[tuple[int, int]] = []
    for line in order.lines:
        variant = variants.get(line.variant_id or 0)
        name = f"{line.name} – {line.variant_name}" if line.variant_name else line.name
        if variant is None or not variant.can_be_bought:
            again.gone.append(name)
            continue
        pieces = min(line.quantity, left[variant.id])
        left[variant.id] -= pieces
        if not pieces:
            again.sold_out.append(name)
            continue
        wanted.append((variant.id, pieces))
        if pieces < line.quantity:
            again.fewer.append(Changed(name, line.quantity, pieces))
        if variant.price_minor != line.unit_price_minor:
            again.repriced.append(Changed(name, line.unit_price_minor, variant.price_minor))
    session.rollback()
    token = carts.put_back(cart_token, wanted, user_id) if wanted else cart_token
    return again._replace(token=token, pieces=sum(pieces for _variant_id, pieces in wanted))


def _variants(session: Session, variant_ids: list[int]) -> dict[int, Variant]:
    query = select(Variant).options(joinedload(Variant.product)).where(Variant.id.in_(variant_ids))
    return {variant.id: variant for variant in session.scalars(query)}
