"""The demo shop's sales: nine months of orders that end yesterday, the newest still to be packed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.accounts.models import Customer
from storefront.catalog.service import count_sold
from storefront.core.text import spoken_number
from storefront.demo.people import Person, person
from storefront.demo.shop import DemoOrder, DemoShop
from storefront.importing.bulk import ids_by, insert_rows
from storefront.importing.goods import Goods
from storefront.importing.history import NewEvent, NewLine, NewOrder, add_orders
from storefront.orders.models import Order, OrderReturn, OrderStatus, ReturnLine
from storefront.shipping.queries import Offer, list_offers
from storefront.stock import service as stock

SOURCE = "demo"
ACTOR = "demo"
# Orders of the last two days are paid but not packed, so that the desk has something to do.
UNPACKED_DAYS = 2
RETURN_DAYS = 9
SECONDS_TO_PAY = 90


@dataclass(frozen=True)
class Owner:
    """Whose account gets the orders of the customer who bought most often."""

    user_id: int
    buyer: Person


@dataclass(frozen=True)
class Till:
    """What every sale needs to know: the goods, the shop's midnight today, its currency, the account's owner."""

    shop: DemoShop
    goods: Goods
    midnight: datetime
    currency: str
    owner: Owner
    session: Session
    offers: dict[tuple[str, int], Offer] = field(default_factory=dict)


def write_sales(session: Session, till: Till) -> None:
    """Write all orders with customers and returns, and take what is still to be packed out of stock; joins."""
    best = Counter(order.customer for order in till.shop.orders if order.customer).most_common(1)[0][0]
    buyers = [_buyer(till, best, place, order) for place, order in enumerate(till.shop.orders)]
    customer_ids = _add_customers(session, till, buyers)
    orders = list(_orders(till, best, buyers, customer_ids))
    ids = add_orders(session, orders, ACTOR)
    _add_returns(session, till, orders, ids)
    _count_sold(till, orders)
    _take_unpacked(session, orders, ids)


def at_minute(midnight: datetime, days_ago: int, minute: int) -> datetime:
    """The UTC time of a minute of an earlier day in the shop's zone; summer time is that day's own."""
    day = midnight.date() - timedelta(days=days_ago)
    return datetime.combine(day, time(minute // 60, minute % 60), midnight.tzinfo).astimezone(UTC)


def _buyer(till: Till, best: int, place: int, order: DemoOrder) -> Person:
    if order.customer == best:
        return till.owner.buyer
    # A guest is nobody the shop knows again: another number for each order.
    return person(order.customer or 100_000 + place, order.country)


def _add_customers(session: Session, till: Till, buyers: list[Person]) -> dict[str, int]:
    known = {}
    for order, buyer in zip(till.shop.orders, buyers, strict=True):
        if order.customer and buyer.email not in known:
            at = at_minute(till.midnight, order.days_ago, order.minute)
            known[buyer.email] = {"email": buyer.email, "country": buyer.country, "created_at": at}
    insert_rows(session, Customer, known.values())
    return ids_by(session, Customer.id, Customer.email, known)


def _orders(till: Till, best: int, buyers: list[Person], customer_ids: Mapping[str, int]) -> Iterator[NewOrder]:
    variants = till.shop.variants
    numbers = _numbers(len(till.shop.orders))
    for place, (order, buyer) in enumerate(zip(till.shop.orders, buyers, strict=True)):
        lines = [
            NewLine(
                till.goods.variant_ids[variant.sku],
                variant.sku,
                product.name,
                variant.name,
                quantity,
                variant.price_minor,
            )
            for product, variant, quantity in ((*variants[index], quantity) for index, quantity in order.lines)
        ]
        placed_at = at_minute(till.midnight, order.days_ago, order.minute)
        status = OrderStatus.PAID if order.days_ago <= UNPACKED_DAYS else OrderStatus.FULFILLED
        yield NewOrder(
            external_ref=f"{SOURCE}:{place}",
            number=numbers[place],
            source=SOURCE,
            status=status,
            currency=till.currency,
            placed_at=placed_at,
            lines=lines,
            events=_events(placed_at, status),
            buyer=_columns(buyer, lines, till, order.customer == best, customer_ids),
            shipping_minor=_method(buyer, lines, till).price_minor,
        )


def _numbers(count: int) -> list[str]:
    numbers: dict[str, None] = {}
    while len(numbers) < count:
        numbers[spoken_number()] = None
    return list(numbers)


def _events(placed_at: datetime, status: OrderStatus) -> list[NewEvent]:
    paid_at = placed_at + timedelta(seconds=SECONDS_TO_PAY)
    events = [
        NewEvent("placed", None, OrderStatus.PENDING, placed_at),
        NewEvent("paid", OrderStatus.PENDING, OrderStatus.PAID, paid_at),
    ]
    if status is OrderStatus.FULFILLED:
        events.append(NewEvent("fulfilled", OrderStatus.PAID, status, placed_at + timedelta(hours=20)))
    return events


def _method(buyer: Person, lines: list[NewLine], till: Till) -> Offer:
    """The usual way to send to the buyer's country, and what it costs."""
    items = sum(line.quantity * line.unit_price_minor for line in lines)
    key = (buyer.country, items)
    if key not in till.offers:
        till.offers[key] = list_offers(till.session, buyer.country, items, 0)[0]
    return till.offers[key]


def _columns(
    buyer: Person, lines: list[NewLine], till: Till, is_owner: bool, customer_ids: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "user_id": till.owner.user_id if is_owner else None,
        "customer_id": customer_ids.get(buyer.email),
        "shipping_method": _method(buyer, lines, till).code,
        "shipping_name": _method(buyer, lines, till).name,
        **vars(buyer),
    }


def _add_returns(session: Session, till: Till, orders: list[NewOrder], ids: Mapping[str, int]) -> None:
    """Some orders sent their first line back a week or so later."""
    returned = [(new, old.returned) for new, old in zip(orders, till.shop.orders, strict=True) if old.returned]
    for new, quantity in returned:
        created_at = new.placed_at + timedelta(days=RETURN_DAYS)
        if new.status is not OrderStatus.FULFILLED or created_at >= till.midnight:
            continue
        order = session.get_one(Order, ids[new.external_ref])
        line = order.lines[0]
        back = OrderReturn(order_id=order.id, reason="Changed their mind", created_at=created_at)
        back.lines = [
            ReturnLine(order_line_id=line.id, quantity=quantity, amount_minor=quantity * line.unit_price_minor)
        ]
        session.add(back)


def _count_sold(till: Till, orders: list[NewOrder]) -> None:
    products = {variant.sku: till.goods.product_ids[product.code] for product, variant in till.shop.variants}
    sold: Counter[int] = Counter()
    for order in orders:
        for line in order.lines:
            sold[products[line.sku]] += line.quantity
    count_sold(dict(sold))


def _take_unpacked(session: Session, orders: list[NewOrder], ids: Mapping[str, int]) -> None:
    """What is paid and not packed lies on the shelf but is sold: the ledger has its sales, like a real order's."""
    for new in orders:
        if new.status is OrderStatus.PAID:
            query = select(Order).where(Order.id == ids[new.external_ref])
            lines = session.scalars(query).one().lines
            stock.take([stock.StockLine(line.variant_id or 0, line.quantity, line.id) for line in lines], ACTOR)
