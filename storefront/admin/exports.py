"""The lists of orders and products as rows of a file: what the filter lets through, without pages, up to MAX_ROWS."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.catalog.models import Category, Product, ProductStatus, Variant
from storefront.catalog.queries import ProductFilter, narrow_products
from storefront.core.money import to_decimal
from storefront.orders.models import Order, OrderLine
from storefront.orders.queries import OrderFilter, narrow_orders
from storefront.stock.models import StockItem

# More is no file for a spreadsheet any more.
MAX_ROWS = 100_000
MONEY = ("items_minor", "discount_minor", "shipping_minor", "tax_minor", "included_tax_minor", "total_minor")
ORDER_HEADER = (
    *("number", "placed_at", "status", "name", "email", "country", "pieces", "currency"),
    *(name.removesuffix("_minor") for name in MONEY),
)
PRODUCT_HEADER = ("code", "product", "category", "sku", "variant", "price", "available", "on_sale")


def order_rows(session: Session, wanted: OrderFilter, zone: ZoneInfo) -> Iterator[list[Any]]:
    """Rows of ORDER_HEADER, as the list has them; times are the shop's, amounts in units of the order's currency."""
    pieces = select(func.sum(OrderLine.quantity)).where(OrderLine.order_id == Order.id).correlate(Order)
    columns = (Order.number, Order.placed_at, Order.status, Order.name, Order.email, Order.country)
    query = narrow_orders(wanted).with_only_columns(
        *columns, pieces.scalar_subquery(), Order.currency, *(getattr(Order, name) for name in MONEY)
    )
    for number, placed_at, status, name, email, country, count, currency, *money in session.execute(
        query.limit(MAX_ROWS)
    ):
        placed = placed_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        amounts = [to_decimal(minor, currency) for minor in money]
        yield [number, placed, str(status), name, email, country, int(count or 0), currency, *amounts]


def product_rows(session: Session, wanted: ProductFilter, currency: str) -> Iterator[list[Any]]:
    """Rows of PRODUCT_HEADER, one per variant, by name; prices in units of the shop's currency."""
    ids = narrow_products(wanted).with_only_columns(Product.id)
    query = (
        select(
            Product.code,
            Product.name,
            Category.name,
            Variant.sku,
            Variant.name,
            Variant.price_minor,
            func.coalesce(StockItem.available, 0),
            Variant.is_active & (Product.status == ProductStatus.ACTIVE),
        )
        .join(Variant, Variant.product_id == Product.id)
        .join(Category, Category.id == Product.category_id)
        .outerjoin(StockItem, StockItem.variant_id == Variant.id)
        .where(Product.id.in_(ids))
        .order_by(Product.name, Product.id, Variant.id)
    )
    for *words, price, available, is_on_sale in session.execute(query.limit(MAX_ROWS)):
        yield [*words, to_decimal(price, currency), available, "yes" if is_on_sale else "no"]
