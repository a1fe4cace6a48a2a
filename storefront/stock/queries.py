"""Reads of stock."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from storefront.catalog.models import Product, Variant
from storefront.stock.models import StockEntry, StockItem


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
