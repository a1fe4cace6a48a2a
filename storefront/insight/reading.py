"""What one day's orders, returns and refunds come to, read from where they are written. Rollups are made of this."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session, selectinload

from storefront.core.money import share_minor, split_minor
from storefront.insight.days import Books
from storefront.insight.definitions import is_sold
from storefront.insight.models import UNKNOWN
from storefront.orders.models import Order, OrderLine, OrderReturn, OrderStatus, ReturnLine
from storefront.payments.gateway import RefundStatus
from storefront.payments.models import Payment, Refund

Sums = Counter[str]


@dataclass
class Day:
    """Sums by column: of each variant, of each customer, of each hour, and of orders as such."""

    day: date
    variants: defaultdict[int, Sums] = field(default_factory=lambda: defaultdict(Counter))
    customers: defaultdict[int, Sums] = field(default_factory=lambda: defaultdict(Counter))
    hours: defaultdict[int, Sums] = field(default_factory=lambda: defaultdict(Counter))
    totals: Sums = field(default_factory=Counter)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was sold and nothing given back."""
        return not (self.variants or self.totals)


def read_day(session: Session, day: date, books: Books) -> Day:
    """Everything that counts on that day; six statements whatever was sold, and one more for refunds."""
    found = Day(day)
    span = books.bounds(day)
    _read_orders(session, found, span, books)
    _read_lines(session, found, span, books)
    _read_returns(session, found, span, books)
    _read_refunds(session, found, span, books)
    for sums in (*found.variants.values(), *found.customers.values()):
        sums["net_minor"] = sums["gross_minor"] - sums["discount_minor"] - sums["refund_minor"]
    return found


def read_payments(session: Session, day: date, books: Books) -> list[dict[str, object]]:
    """The attempts to pay that were begun on that day, by gateway and by how they stand."""
    begin, end = books.bounds(day)
    names = ("amount_minor", "captured_minor", "refunded_minor")
    sums = [func.sum(getattr(Payment, name)).label(name) for name in names]
    query = (
        select(Payment.gateway, Payment.status, func.count().label("attempts"), *sums)
        .where(Payment.created_at >= begin, Payment.created_at < end, Payment.currency == books.currency)
        .group_by(Payment.gateway, Payment.status)
    )
    return [
        {"gateway": row["gateway"], "status": str(row["status"]), "attempts": row["attempts"]}
        | {name: int(row[name]) for name in names}
        for row in session.execute(query).mappings()
    ]


def _read_orders(session: Session, found: Day, span: tuple[datetime, datetime], books: Books) -> None:
    """What belongs to orders as such, their customers and hours."""
    units = select(OrderLine.order_id, func.sum(OrderLine.quantity).label("units")).group_by(OrderLine.order_id)
    pieces = units.join(Order, Order.id == OrderLine.order_id).where(_placed(span, books)).subquery()
    columns = (Order.customer_id, Order.status, Order.placed_at, Order.items_minor, Order.discount_minor)
    money = (Order.shipping_minor, Order.tax_minor, Order.included_tax_minor, pieces.c.units)
    query = select(*columns, *money).outerjoin(pieces, pieces.c.order_id == Order.id).where(_placed(span, books))
    for row in session.execute(query):
        found.totals["orders"] += 1
        found.totals["cancelled_orders"] += row.status is OrderStatus.CANCELLED
        found.totals["guest_orders"] += row.customer_id is None
        found.totals["shipping_minor"] += row.shipping_minor
        found.totals["total_tax_minor"] += row.tax_minor + row.included_tax_minor
        found.hours[books.hour_of(row.placed_at)].update(orders=1, gross_minor=row.items_minor)
        if row.customer_id is not None:
            sums = found.customers[row.customer_id]
            sums.update(orders=1, units=int(row.units or 0))
            sums.update(gross_minor=row.items_minor, discount_minor=row.discount_minor)


def _read_lines(session: Session, found: Day, span: tuple[datetime, datetime], books: Books) -> None:
    is_cancelled = Order.status == OrderStatus.CANCELLED
    sums = {
        "units": func.sum(OrderLine.quantity),
        "cancelled_units": func.sum(case((is_cancelled, OrderLine.quantity), else_=0)),
        "gross_minor": func.sum(OrderLine.total_minor),
        "discount_minor": func.sum(OrderLine.discount_minor),
        "tax_minor": func.sum(OrderLine.tax_minor),
    }
    columns = [column.label(name) for name, column in sums.items()]
    query = (
        select(OrderLine.variant_id, func.count(OrderLine.order_id.distinct()).label("orders"), *columns)
        .join(Order, Order.id == OrderLine.order_id)
        .where(_placed(span, books))
        .group_by(OrderLine.variant_id)
    )
    for row in session.execute(query).mappings():
        values = {name: int(row[name]) for name in ("orders", *sums)}
        found.variants[row["variant_id"] or UNKNOWN].update(values)


def _read_returns(session: Session, found: Day, span: tuple[datetime, datetime], books: Books) -> None:
    """Pieces that came back; their value counts where no money is known that could be paid back (imported history)."""
    is_paid_here = exists().where(Payment.order_id == Order.id, Payment.captured_minor > 0)
    columns = (OrderLine.variant_id, Order.customer_id, ReturnLine.quantity, ReturnLine.amount_minor)
    query = (
        select(*columns, is_paid_here.label("is_paid_here"))
        .select_from(OrderReturn)
        .join(ReturnLine, ReturnLine.return_id == OrderReturn.id)
        .join(OrderLine, OrderLine.id == ReturnLine.order_line_id)
        .join(Order, Order.id == OrderReturn.order_id)
        .where(OrderReturn.created_at >= span[0], OrderReturn.created_at < span[1])
        .where(is_sold(), Order.currency == books.currency)
    )
    for row in session.execute(query):
        sums = found.variants[row.variant_id or UNKNOWN]
        sums["returned_units"] += row.quantity
        if not row.is_paid_here:
            sums["refund_minor"] += row.amount_minor
            if row.customer_id is not None:
                found.customers[row.customer_id]["refund_minor"] += row.amount_minor


def _read_refunds(session: Session, found: Day, span: tuple[datetime, datetime], books: Books) -> None:
    """Money paid back: what names its pieces goes to them, the rest over all that was paid for."""
    query = (
        select(Refund)
        .join(Order, Order.id == Refund.order_id)
        .where(Refund.created_at >= span[0], Refund.created_at < span[1], Refund.status != RefundStatus.FAILED)
        .where(is_sold(), Order.currency == books.currency)
        .options(selectinload(Refund.lines))
    )
    refunds = session.scalars(query).all()
    wanted = {refund.order_id for refund in refunds}
    loaded = select(Order).where(Order.id.in_(wanted)).options(selectinload(Order.lines))
    orders = {order.id: order for order in session.scalars(loaded)} if wanted else {}
    for refund in refunds:
        _add_refund(found, refund, orders[refund.order_id])


def _add_refund(found: Day, refund: Refund, order: Order) -> None:
    named: Counter[int] = Counter()
    for part in refund.lines:
        named[part.order_line_id] += part.amount_minor
    rest = refund.amount_minor - refund.shipping_minor - named.total()
    *shares, shipping = split_minor(rest, [*(line.paid_minor for line in order.lines), order.shipping_paid_minor])
    found.totals["refund_shipping_minor"] += refund.shipping_minor + shipping
    for line, share in zip(order.lines, shares, strict=True):
        paid_back = named[line.id] + share
        if not paid_back:
            continue
        tax = share_minor(line.tax_minor, paid_back, line.paid_minor) if line.paid_minor else 0
        goods = paid_back if line.is_tax_included else paid_back - tax
        found.variants[line.variant_id or UNKNOWN].update(refund_minor=goods, refund_tax_minor=tax)
        if order.customer_id is not None:
            found.customers[order.customer_id]["refund_minor"] += goods


def _placed(span: tuple[datetime, datetime], books: Books) -> ColumnElement[bool]:
    return (Order.placed_at >= span[0]) & (Order.placed_at < span[1]) & (Order.currency == books.currency) & is_sold()
