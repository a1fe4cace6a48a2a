"""Reads of what was sold, by product and by category."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, Subquery, desc, func, or_, select, union_all
from sqlalchemy.orm import Session

from storefront.catalog.models import Category, Product, Variant
from storefront.core.paging import Page
from storefront.insight.days import DAY, month_of, next_month
from storefront.insight.models import UNKNOWN, DailyCategory, DailySales, MonthlySales
from storefront.insight.periods import Span

SUMS = ("units", "cancelled_units", "returned_units", "gross_minor", "discount_minor", "refund_minor", "net_minor")
PAGE_SIZE = 25


class GoodsSort(StrEnum):
    """What the list of products begins with."""

    NET = "net"
    UNITS = "units"
    GROSS = "gross"
    REFUNDS = "refunds"
    RETURNED = "returned"


ORDER_BY = {
    GoodsSort.NET: "net_minor",
    GoodsSort.UNITS: "units",
    GoodsSort.GROSS: "gross_minor",
    GoodsSort.REFUNDS: "refund_minor",
    GoodsSort.RETURNED: "returned_units",
}


@dataclass
class Sold:
    """A product or a category with its sums; `id` 0 is what the catalogue does not know."""

    id: int
    name: str
    sums: dict[str, int]
    before: dict[str, int] = field(default_factory=dict)
    days: dict[date, int] = field(default_factory=dict)


def sold_variants(span: Span) -> Subquery:
    """Rows by variant that add up to what was sold in those days: whole months, and the days at both ends."""
    first_month = span.first if span.first.day == 1 else next_month(span.first)
    after_months = month_of(span.last + DAY)
    if first_month >= after_months:
        return _rows(DailySales, DailySales.day.between(span.first, span.last)).subquery()
    ends = or_(
        (DailySales.day >= span.first) & (DailySales.day < first_month),
        (DailySales.day >= after_months) & (DailySales.day <= span.last),
    )
    whole = _rows(MonthlySales, (MonthlySales.month >= first_month) & (MonthlySales.month < after_months))
    both: CompoundSelect[Any] = union_all(whole, _rows(DailySales, ends))
    return both.subquery()


def list_products(
    session: Session,
    span: Span,
    sort: GoodsSort = GoodsSort.NET,
    number: int = 1,
    size: int = PAGE_SIZE,
    category_id: int | None = None,
) -> Page[Sold]:
    """A page of what was sold, by product; what is sorted by comes largest first."""
    # Adding up is what costs, so how many there are is counted in the same statement; none means a page too far.
    query = _by_product(span, category_id).add_columns(func.count().over().label("total"))
    query = query.order_by(desc(ORDER_BY[sort]), "id").limit(size)
    number = max(number, 1)
    rows = session.execute(query.offset((number - 1) * size)).mappings().all()
    if not rows and number > 1:
        return list_products(session, span, sort, 1, size, category_id)
    return Page([_sold(row) for row in rows], number, size, rows[0]["total"] if rows else 0)


def all_products(session: Session, span: Span, category_id: int | None = None) -> list[Sold]:
    """Everything that was sold, by product, for a file."""
    query = _by_product(span, category_id).order_by(desc("net_minor"), "id")
    return [_sold(row) for row in session.execute(query).mappings()]


def add_history(session: Session, products: Sequence[Sold], span: Span) -> None:
    """Fill in what was sold of these products in the days before, and their net sales by day."""
    found = {product.id: product for product in products}
    for product in products:
        product.before = dict.fromkeys(SUMS, 0)
    product_id = func.coalesce(Variant.product_id, UNKNOWN)
    is_one: ColumnElement[bool] = product_id.in_(found)
    if UNKNOWN not in found:
        # By its own index: only the rows of a few variants are read.
        is_one &= DailySales.variant_id.in_(select(Variant.id).where(Variant.product_id.in_(found)))
    rows = select(DailySales).outerjoin(Variant, Variant.id == DailySales.variant_id).where(is_one)
    earlier = rows.where(DailySales.day.between(span.before.first, span.before.last)).group_by(product_id)
    for row in session.execute(earlier.with_only_columns(product_id.label("id"), *_sums(DailySales))).mappings():
        found[row["id"]].before = _whole(row)
    net = func.sum(DailySales.net_minor)
    now = rows.where(DailySales.day.between(span.first, span.last)).group_by(product_id, DailySales.day)
    for key, day, minor in session.execute(now.with_only_columns(product_id, DailySales.day, net)):
        found[key].days[day] = int(minor)


def list_categories(session: Session, span: Span) -> list[Sold]:
    """What was sold, by category, with what it was in the days before; largest net sales first."""
    now, before = (_by_category(session, each) for each in (span, span.before))
    names = {row.id: row.name for row in session.execute(select(Category.id, Category.name))}
    nothing = dict.fromkeys(SUMS, 0)
    found = [Sold(key, names.get(key, ""), now.get(key, nothing), before.get(key, nothing)) for key in {*now, *before}]
    return sorted(found, key=lambda one: (-one.sums["net_minor"], one.id))


def category_days(session: Session, span: Span) -> dict[int, dict[date, int]]:
    """Net sales by category and day."""
    query = select(DailyCategory.category_id, DailyCategory.day, DailyCategory.net_minor)
    found: dict[int, dict[date, int]] = defaultdict(dict)
    for row in session.execute(query.where(DailyCategory.day.between(span.first, span.last))):
        found[row.category_id][row.day] = row.net_minor
    return found


def _by_product(span: Span, category_id: int | None) -> Any:
    rows = sold_variants(span)
    product_id = func.coalesce(Variant.product_id, UNKNOWN)
    sums = [func.sum(rows.c[name]).label(name) for name in SUMS]
    query = (
        select(product_id.label("id"), func.coalesce(func.max(Product.name), "").label("name"), *sums)
        .select_from(rows)
        .outerjoin(Variant, Variant.id == rows.c.variant_id)
        .outerjoin(Product, Product.id == Variant.product_id)
        .group_by(product_id)
    )
    return query if category_id is None else query.where(Product.category_id == category_id)


def _by_category(session: Session, span: Span) -> dict[int, dict[str, int]]:
    query = select(DailyCategory.category_id, *_sums(DailyCategory))
    query = query.where(DailyCategory.day.between(span.first, span.last)).group_by(DailyCategory.category_id)
    return {row["category_id"]: _whole(row) for row in session.execute(query).mappings()}


def _rows(model: Any, condition: ColumnElement[bool]) -> Select[Any]:
    return select(model.variant_id, *(getattr(model, name) for name in SUMS)).where(condition)


def _sums(model: Any) -> list[ColumnElement[int]]:
    return [func.sum(getattr(model, name)).label(name) for name in SUMS]


def _sold(row: Any) -> Sold:
    return Sold(row["id"], row["name"], _whole(row))


def _whole(row: Any) -> dict[str, int]:
    """Servers answer sums as decimals."""
    return {name: int(row[name]) for name in SUMS}
