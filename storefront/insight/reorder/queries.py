"""Reads of reorder advice, suppliers and purchase orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import ceil
from statistics import fmean
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from storefront.catalog.models import Product, ProductStatus, Variant
from storefront.core.errors import N_, NotFound
from storefront.core.paging import Page, fetch_page
from storefront.insight.forecast.models import ForecastRun, VariantForecast
from storefront.insight.forecast.queries import find_run
from storefront.insight.reorder.advice import USUAL_REVIEW_DAYS, Advice, Terms, advise
from storefront.insight.reorder.models import AWAITED, BuyingTerms, PurchaseLine, PurchaseOrder, Supplier
from storefront.stock.models import StockItem

SOON = timedelta(days=7)
SERVICES = (90, 95, 98)
USUAL_SERVICE = 95
PAGE_SIZE = 25
NO_SUPPLIER = 0


class UnknownSupplier(NotFound):
    """There is no such supplier."""

    message = N_("This supplier is not known.")


class UnknownPurchase(NotFound):
    """There is no such purchase order."""

    message = N_("This purchase order is not known.")


class Show(StrEnum):
    """Which part of the list."""

    NOW = "now"
    SOON = "soon"
    MISSING = "missing"
    ALL = "all"


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to: `supplier_id` 0 is "no supplier yet"; `text` is part of a name or SKU."""

    show: Show = Show.NOW
    supplier_id: int | None = None
    text: str = ""
    service: int = USUAL_SERVICE


class Row(NamedTuple):
    """A variant with its advice; `mean` is a week's demand until the next order has come.

    `terms` are those that hold, `own` what was entered for the variant itself.
    """

    variant_id: int
    product_id: int
    sku: str
    name: str
    available: int
    on_order: int
    mean: float
    supplier_id: int | None
    supplier: str
    own: tuple[int | None, int | None, int | None]
    terms: Terms
    advice: Advice


def list_advice(session: Session, wanted: Wanted, today: date) -> list[Row]:
    """Every variant on the shelves that sells, the most urgent first."""
    run = find_run(session)
    rows = [_row(found, run, wanted.service / 100, today) for found in session.execute(_query(wanted))]
    return sorted((row for row in rows if _fits(row, wanted.show, today)), key=_urgency)


# What a row of the list is made from, in the order in which `_row` takes it apart; what is awaited comes last.
COLUMNS = (
    Variant.id,
    Variant.sku,
    Variant.name,
    Product.id,
    Product.name,
    Product.category_id,
    StockItem.available,
    VariantForecast.mean,
    VariantForecast.deviation,
    BuyingTerms.supplier_id,
    BuyingTerms.lead_days,
    BuyingTerms.pack_size,
    BuyingTerms.minimum,
    Supplier.name,
    Supplier.lead_days,
    Supplier.review_days,
    Supplier.pack_size,
    Supplier.minimum,
)


def _query(wanted: Wanted) -> Any:
    awaited = _awaited()
    query: Any = (
        select(*COLUMNS, awaited.c.pieces)
        .join(Product, Product.id == Variant.product_id)
        .join(VariantForecast, VariantForecast.variant_id == Variant.id)
        .outerjoin(StockItem, StockItem.variant_id == Variant.id)
        .outerjoin(BuyingTerms, BuyingTerms.variant_id == Variant.id)
        .outerjoin(Supplier, Supplier.id == BuyingTerms.supplier_id)
        .outerjoin(awaited, awaited.c.variant_id == Variant.id)
        .where(Variant.is_active, Product.status == ProductStatus.ACTIVE)
    )
    if wanted.supplier_id is not None:
        query = query.where(BuyingTerms.supplier_id == (wanted.supplier_id or None))
    for word in wanted.text.lower().split()[:5]:
        query = query.where(
            func.lower(Product.name + " " + Variant.name + " " + Variant.sku).contains(word, autoescape=True)
        )
    return query


def _awaited() -> Any:
    """Pieces by variant that purchase orders will still bring."""
    return (
        select(PurchaseLine.variant_id, func.sum(PurchaseLine.quantity - PurchaseLine.received).label("pieces"))
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseLine.purchase_id)
        .where(PurchaseOrder.status.in_(AWAITED))
        .group_by(PurchaseLine.variant_id)
        .subquery()
    )


def _row(found: Sequence[Any], run: ForecastRun | None, service: float, today: date) -> Row:
    (variant_id, sku, name, product_id, product, category_id, available, mean, deviation, *rest) = found
    supplier_id, lead, pack, minimum, supplier, their_lead, review, their_pack, their_minimum, on_order = rest
    terms = Terms(
        lead if lead is not None else their_lead,
        review or USUAL_REVIEW_DAYS,
        pack or their_pack or 1,
        minimum or their_minimum or 1,
    )
    available, on_order = available or 0, int(on_order or 0)
    if run and run.seasons:
        factor = _season(run, category_id, terms, today)
        mean, deviation = mean * factor, deviation * factor
    return Row(
        variant_id,
        product_id,
        sku,
        f"{product} – {name}" if name else product,
        available,
        on_order,
        mean,
        supplier_id,
        supplier or "",
        (lead, pack, minimum),
        terms,
        advise(today, available, on_order, mean, deviation, terms, service),
    )


def _season(run: ForecastRun, category_id: int, terms: Terms, today: date) -> float:
    """The mean factor of the weeks until what is ordered next has arrived and been followed by another order."""
    begin = min(max((today - run.first_week).days // 7, 0), run.horizon - 1)
    weeks = ceil(((terms.lead_days or 0) + terms.review_days) / 7)
    return fmean(run.season(category_id)[begin : begin + max(weeks, 1)])


def _fits(row: Row, show: Show, today: date) -> bool:
    advice = row.advice
    if show is Show.MISSING:
        return row.terms.lead_days is None and advice.stock_out is not None
    if show is Show.ALL:
        return True
    until = today if show is Show.NOW else today + SOON
    return advice.order_by is not None and advice.order_by <= until


def _urgency(row: Row) -> tuple[date, date, float, str]:
    """By when it must be ordered, then by when it ends; of equals what sells most."""
    advice = row.advice
    ends = advice.stock_out or date.max
    return advice.order_by or ends, ends, -row.mean, row.sku


def list_suppliers(session: Session) -> list[Supplier]:
    """All of them by name."""
    return list(session.scalars(select(Supplier).order_by(Supplier.name)))


def get_supplier(session: Session, supplier_id: int) -> Supplier:
    """A supplier; raises UnknownSupplier."""
    found = session.get(Supplier, supplier_id)
    if found is None:
        raise UnknownSupplier
    return found


def list_purchases(session: Session, page: int) -> Page[PurchaseOrder]:
    """Purchase orders, the newest first."""
    query = select(PurchaseOrder).options(joinedload(PurchaseOrder.supplier), selectinload(PurchaseOrder.lines))
    return fetch_page(session, query.order_by(PurchaseOrder.id.desc()), page, PAGE_SIZE)


def get_purchase(session: Session, purchase_id: int) -> PurchaseOrder:
    """A purchase order with everything of it; raises UnknownPurchase."""
    found = session.get(
        PurchaseOrder,
        purchase_id,
        options=[
            joinedload(PurchaseOrder.supplier),
            selectinload(PurchaseOrder.lines),
            selectinload(PurchaseOrder.receipts),
        ],
    )
    if found is None:
        raise UnknownPurchase
    return found
