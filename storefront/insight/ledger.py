"""The rows behind a day's figures, from the orders themselves: what was placed, and what was given back."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.insight.days import Books
from storefront.insight.definitions import is_sold
from storefront.orders.models import Order, OrderLine, OrderReturn, OrderStatus, ReturnLine
from storefront.payments.gateway import RefundStatus
from storefront.payments.models import Refund


@dataclass(frozen=True, kw_only=True)
class PlacedOrder:
    """An order that counts on the day."""

    number: str
    placed_at: datetime
    status: OrderStatus
    units: int
    gross_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int


@dataclass(frozen=True, kw_only=True)
class GivenBack:
    """A return or a refund of the day: pieces that came back, and what they were worth or what was paid back."""

    number: str
    at: datetime
    units: int
    amount_minor: int
    is_refund: bool


def list_placed(session: Session, day: date, books: Books) -> list[PlacedOrder]:
    """The orders placed on that day that count, the first one first."""
    begin, end = books.bounds(day)
    is_in = (Order.placed_at >= begin) & (Order.placed_at < end) & is_sold() & (Order.currency == books.currency)
    counted = (
        select(OrderLine.order_id, func.sum(OrderLine.quantity))
        .join(Order, Order.id == OrderLine.order_id)
        .where(is_in)
        .group_by(OrderLine.order_id)
    )
    units: Counter[int] = Counter({order_id: int(pieces) for order_id, pieces in session.execute(counted)})
    return [
        PlacedOrder(
            number=order.number,
            placed_at=order.placed_at,
            status=order.status,
            units=units[order.id],
            gross_minor=order.items_minor,
            discount_minor=order.discount_minor,
            shipping_minor=order.shipping_minor,
            tax_minor=order.tax_minor + order.included_tax_minor,
        )
        for order in session.scalars(select(Order).where(is_in).order_by(Order.placed_at, Order.id))
    ]


def list_given_back(session: Session, day: date, books: Books) -> list[GivenBack]:
    """Returns and refunds of that day, whenever their orders were placed."""
    begin, end = books.bounds(day)
    came_back = (
        select(Order.number, OrderReturn.created_at, func.sum(ReturnLine.quantity), func.sum(ReturnLine.amount_minor))
        .join(OrderReturn, OrderReturn.order_id == Order.id)
        .join(ReturnLine, ReturnLine.return_id == OrderReturn.id)
        .where(OrderReturn.created_at >= begin, OrderReturn.created_at < end, is_sold())
        .group_by(OrderReturn.id, Order.number, OrderReturn.created_at)
    )
    paid_back = (
        select(Order.number, Refund.created_at, Refund.amount_minor)
        .join(Refund, Refund.order_id == Order.id)
        .where(Refund.created_at >= begin, Refund.created_at < end, Refund.status != RefundStatus.FAILED, is_sold())
    )
    rows = [
        GivenBack(number=number, at=at, units=int(units), amount_minor=int(minor), is_refund=False)
        for number, at, units, minor in session.execute(came_back)
    ]
    rows += [
        GivenBack(number=number, at=at, units=0, amount_minor=minor, is_refund=True)
        for number, at, minor in session.execute(paid_back)
    ]
    return sorted(rows, key=lambda row: (row.at, row.number))
