"""Reads that only the desk needs: what wants attention, who did what, which codes are taken."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from storefront.accounts.models import User
from storefront.catalog.models import Product, Variant
from storefront.catalog.queries import ProductFilter, list_products
from storefront.core.outbox import OutboxJob, OutboxStatus
from storefront.orders.models import Order, OrderLine, OrderStatus, ReturnLine
from storefront.orders.queries import count_by_status
from storefront.payments.queries import list_ending_holds, list_open_disputes
from storefront.stock.models import StockEntry, StockItem

LOW_STOCK = 5
# So long before a bank lets go of money the desk says so.
HOLD_WARNING = timedelta(days=2)


class Attention(NamedTuple):
    """How much waits for somebody: paid orders to send, those paid later, unpaid ones, and what else wants a look."""

    to_ship: int
    to_ship_unpaid: int
    unpaid: int
    disputes: int
    ending_holds: int
    low_stock: int
    failed_jobs: int


class Taken(NamedTuple):
    """Which of the codes somebody typed belong to other products."""

    codes: frozenset[str]
    skus: frozenset[str]


def count_attention(session: Session) -> Attention:
    """The numbers of the desk's first page; each equals the length of the list it leads to."""
    orders = count_by_status(session)
    low = list_products(session, ProductFilter(also=has_at_most(LOW_STOCK)), size=1).total
    disputes = len(list_open_disputes(session))
    holds = len(list_ending_holds(session, HOLD_WARNING))
    to_send = (orders[OrderStatus.PAID], orders[OrderStatus.ACCEPTED])
    return Attention(*to_send, orders[OrderStatus.PENDING], disputes, holds, low, count_failed(session))


def has_at_most(available: int) -> ColumnElement[bool]:
    """The SQL condition that some active variant of the product in the outer query has so few pieces left, or fewer."""
    left = func.coalesce(StockItem.available, 0)
    return exists(
        select(1)
        .select_from(Variant)
        .outerjoin(StockItem, StockItem.variant_id == Variant.id)
        .where(Variant.product_id == Product.id, Variant.is_active, left <= available)
        .correlate(Product)
    )


def map_items(session: Session, variant_ids: Iterable[int]) -> dict[int, StockItem]:
    """The stock rows of variants; one that has never had any is missing."""
    found = session.scalars(select(StockItem).where(StockItem.variant_id.in_(list(variant_ids))))
    return {item.variant_id: item for item in found}


def count_products(session: Session) -> dict[int, int]:
    """How many products lie in each category, archived ones too; an empty category is missing."""
    counted = select(Product.category_id, func.count()).group_by(Product.category_id)
    return dict(session.execute(counted).all())


def map_names(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """The names behind actors such as "user:7"; other actors are no users and are missing."""
    ids = {int(actor[5:]) for actor in actors if actor.startswith("user:") and actor[5:].isdecimal()}
    found = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {f"user:{user_id}": name for user_id, name in found}


def map_orders(session: Session, entries: Sequence[StockEntry]) -> dict[int, str]:
    """The number of the order behind each ledger entry, by the entry's id; what no order caused is missing."""
    line_ids = {entry.id: entry.order_line_id for entry in entries if entry.order_line_id is not None}
    back = {entry.id: entry.return_line_id for entry in entries if entry.return_line_id is not None}
    returned = select(ReturnLine.id, ReturnLine.order_line_id).where(ReturnLine.id.in_(back.values()))
    lines: dict[int, int] = dict(session.execute(returned).all())
    line_ids |= {entry_id: lines[return_id] for entry_id, return_id in back.items() if return_id in lines}
    query = select(OrderLine.id, Order.number).join(Order, Order.id == OrderLine.order_id)
    numbers: dict[int, str] = dict(session.execute(query.where(OrderLine.id.in_(set(line_ids.values())))).all())
    return {entry_id: numbers[line_id] for entry_id, line_id in line_ids.items() if line_id in numbers}


def find_taken(session: Session, code: str, skus: Iterable[str], product_id: int | None) -> Taken:
    """Which of these belong to a product other than `product_id`, so that a form can say so at the right field."""
    codes = select(Product.code).where(Product.code == code, Product.id != (product_id or 0))
    others = select(Variant.sku).where(Variant.sku.in_(list(skus)), Variant.product_id != (product_id or 0))
    return Taken(frozenset(session.scalars(codes)), frozenset(session.scalars(others)))


def count_failed(session: Session) -> int:
    """How many jobs have failed and are not done: dead, or waiting for their next try."""
    return session.scalar(select(func.count()).select_from(_failed().subquery())) or 0


def list_failed_ids(session: Session) -> list[int]:
    """The ids of all of them, the oldest first."""
    return list(session.scalars(_failed().order_by(OutboxJob.id)))


def _failed() -> Select[int]:
    has_failed = or_(OutboxJob.error.is_not(None), OutboxJob.status == OutboxStatus.DEAD)
    return select(OutboxJob.id).where(has_failed, OutboxJob.status != OutboxStatus.DONE)
