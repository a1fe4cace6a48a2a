"""Reads of stock."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from storefront.catalog.models import Product, ProductStatus, Variant
from storefront.stock.models import StockEntry, StockItem, StockRequest


def map_available(session: Session, variant_ids: Iterable[int]) -> dict[int, int]:
    """How many pieces of each variant can be sold; a variant without a stock row has none."""
    wanted = list(variant_ids)
    query = select(StockItem.variant_id, StockItem.available).where(StockItem.variant_id.in_(wanted))
    found = {row.variant_id: row.available for row in session.execute(query)}
    return {variant_id: found.get(variant_id, 0) for variant_id in wanted}


def is_product_in_stock() -> ColumnElement[bool]:
    """The SQL condition that some active variant of the product in the outer query can be bought now."""
    return exists(
        select(1)
        .select_from(Variant)
        .join(StockItem, StockItem.variant_id == Variant.id)
        .where(Variant.product_id == Product.id, Variant.is_active, StockItem.available > 0)
        .correlate(Product)
    )


def list_entries(session: Session, variant_id: int, limit: int = 100) -> list[StockEntry]:
    """The newest ledger lines of a variant."""
    query = select(StockEntry).where(StockEntry.variant_id == variant_id)
    return list(session.scalars(query.order_by(StockEntry.id.desc()).limit(limit)))


def list_changed_ids(session: Session, since: datetime) -> list[int]:
    """The variants whose stock changed at or after that time."""
    return list(session.scalars(select(StockItem.variant_id).where(StockItem.changed_at >= since)))


def find_item(session: Session, variant_id: int) -> StockItem | None:
    """The stock row of a variant."""
    item: Any = session.get(StockItem, variant_id)
    return item if isinstance(item, StockItem) else None


def count_waiting(session: Session, variant_id: int) -> int:
    """How many people wait for the variant to be back."""
    query = select(func.count()).select_from(StockRequest).where(StockRequest.open_variant_id == variant_id)
    return session.scalar(query) or 0


def count_open(session: Session, email: str) -> int:
    """How many variants that (lower-case) address waits for."""
    query = select(func.count()).select_from(StockRequest)
    return session.scalar(query.where(StockRequest.email == email, StockRequest.open_variant_id.is_not(None))) or 0


def count_unsent(session: Session, email: str) -> int:
    """How many mails that (lower-case) address may still get."""
    query = select(func.count()).select_from(StockRequest)
    return session.scalar(query.where(StockRequest.email == email, StockRequest.sent_at.is_(None))) or 0


def find_request(session: Session, token: str) -> StockRequest | None:
    """The request of that token."""
    return session.scalar(select(StockRequest).where(StockRequest.token == token))


def list_restocked_ids(session: Session) -> list[int]:
    """The variants that somebody waits for and that can be bought now; the longest wait comes first."""
    query = (
        select(StockRequest.open_variant_id)
        .join(Variant, Variant.id == StockRequest.open_variant_id)
        .join(Product, Product.id == Variant.product_id)
        .join(StockItem, StockItem.variant_id == Variant.id)
        .where(StockItem.available > 0, Variant.is_active, Product.status == ProductStatus.ACTIVE)
        .group_by(StockRequest.open_variant_id)
        .order_by(func.min(StockRequest.created_at))
    )
    return [variant_id for variant_id in session.scalars(query) if variant_id is not None]


def list_waiting_ids(session: Session, variant_id: int, limit: int) -> list[int]:
    """The open requests for a variant, the oldest first."""
    query = select(StockRequest.id).where(StockRequest.open_variant_id == variant_id)
    return list(session.scalars(query.order_by(StockRequest.created_at, StockRequest.id).limit(limit)))
