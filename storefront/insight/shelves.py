"""Reads of stock beside its sales: how long it lasts, how much of it is sold, and what lies dead."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Float, Select, case, cast, func, select
from sqlalchemy.orm import Session

from storefront.catalog.models import Product, ProductStatus, Variant
from storefront.core.paging import Page
from storefront.insight.goods import sold_variants
from storefront.insight.models import DailySales
from storefront.insight.periods import Span
from storefront.stock.models import StockItem

PAGE_SIZE = 25


class Shelf(StrEnum):
    """Which part of the stock is looked at."""

    SHORT = "short"
    SLOW = "slow"
    DEAD = "dead"


@dataclass(frozen=True, kw_only=True)
class StockRow:
    """A variant: pieces that can be sold and that lie there, pieces sold in the span (without orders cancelled whole).

    `cover_days` is how long `available` lasts at that pace, None when nothing was sold; `sell_through` is the sold part
    of what there was to sell (sold and available together).
    """

    variant_id: int
    product_id: int
    sku: str
    name: str
    available: int
    on_hand: int
    sold: int
    value_minor: int
    cover_days: float | None
    sell_through: float
    last_sold: date | None = None


@dataclass(frozen=True, kw_only=True)
class StockSums:
    """The whole stock: variants with stock, pieces, their value at today's prices; of it what lies dead."""

    variants: int
    available: int
    value_minor: int
    sold: int
    sold_out: int
    dead: int
    dead_minor: int

    @property
    def sell_through(self) -> float:
        """The sold part of what there was to sell."""
        return self.sold / (self.sold + self.available) if self.sold + self.available > 0 else 0.0


def list_stock(session: Session, span: Span, shelf: Shelf, number: int = 1, size: int = PAGE_SIZE) -> Page[StockRow]:
    """A page of variants: what ends first, what lasts longest, or what is there and was not sold, dearest first."""
    query = _of(shelf, span)
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    number = min(max(number, 1), max(1, -(-total // size)))
    rows = list(session.execute(query.limit(size).offset((number - 1) * size)))
    last = _last_sold(session, [row.id for row in rows], span)
    return Page([_row(row, span, last.get(row.id)) for row in rows], number, size, total)


def all_stock(session: Session, span: Span, shelf: Shelf) -> list[StockRow]:
    """The same without an end, for a file."""
    rows = list(session.execute(_of(shelf, span)))
    return [_row(row, span, None) for row in rows]


def sum_stock(session: Session, span: Span) -> StockSums:
    """The whole stock on sale beside what was sold of it."""
    rows = _stock(span).subquery()
    is_there, is_dead = rows.c.available > 0, (rows.c.available > 0) & (rows.c.sold <= 0)
    value = rows.c.available * rows.c.price_minor
    found = session.execute(
        select(
            func.sum(case((is_there, 1), else_=0)),
            func.sum(rows.c.available),
            func.sum(value),
            func.sum(rows.c.sold),
            func.sum(case(((rows.c.available <= 0) & (rows.c.sold > 0), 1), else_=0)),
            func.sum(case((is_dead, 1), else_=0)),
            func.sum(case((is_dead, value), else_=0)),
        )
    ).one()
    names = ("variants", "available", "value_minor", "sold", "sold_out", "dead", "dead_minor")
    return StockSums(**{name: int(number or 0) for name, number in zip(names, found, strict=True)})


def _of(shelf: Shelf, span: Span) -> Select[Any]:
    rows = _stock(span).subquery()
    cover = cast(rows.c.available, Float) / case((rows.c.sold > 0, rows.c.sold), else_=1)
    query = select(rows)
    if shelf is Shelf.DEAD:
        value = rows.c.available * rows.c.price_minor
        return query.where(rows.c.available > 0, rows.c.sold <= 0).order_by(value.desc(), rows.c.id)
    query = query.where(rows.c.sold > 0)
    if shelf is Shelf.SLOW:
        return query.where(rows.c.available > 0).order_by(cover.desc(), rows.c.id)
    return query.order_by(cover, rows.c.sold.desc(), rows.c.id)


def _stock(span: Span) -> Any:
    """Every variant on sale with its stock and what was sold of it."""
    moves = sold_variants(span)
    pieces = func.sum(moves.c.units - moves.c.cancelled_units).label("pieces")
    sold = select(moves.c.variant_id, pieces).group_by(moves.c.variant_id).subquery()
    columns = (Variant.id, Variant.product_id, Variant.sku, Variant.name.label("variant"), Variant.price_minor)
    return (
        select(
            *columns,
            Product.name.label("product"),
            func.coalesce(StockItem.available, 0).label("available"),
            func.coalesce(StockItem.on_hand, 0).label("on_hand"),
            func.coalesce(sold.c.pieces, 0).label("sold"),
        )
        .join(Product, Product.id == Variant.product_id)
        .outerjoin(StockItem, StockItem.variant_id == Variant.id)
        .outerjoin(sold, sold.c.variant_id == Variant.id)
        .where(Variant.is_active, Product.status == ProductStatus.ACTIVE)
    )


def _last_sold(session: Session, variant_ids: list[int], span: Span) -> dict[int, date]:
    query = select(DailySales.variant_id, func.max(DailySales.day)).where(DailySales.variant_id.in_(variant_ids))
    is_sale = (DailySales.units > 0) & (DailySales.day <= span.last)
    rows = session.execute(query.where(is_sale).group_by(DailySales.variant_id))
    return {row[0]: row[1] for row in rows}


def _row(row: Any, span: Span, last: date | None) -> StockRow:
    sold = int(row.sold)
    there = sold + row.available
    return StockRow(
        variant_id=row.id,
        product_id=row.product_id,
        sku=row.sku,
        name=f"{row.product}, {row.variant}" if row.variant else row.product,
        available=row.available,
        on_hand=row.on_hand,
        sold=sold,
        value_minor=row.available * row.price_minor,
        cover_days=row.available * span.days / sold if sold > 0 else None,
        sell_through=sold / there if there > 0 and sold > 0 else 0.0,
        last_sold=last,
    )
