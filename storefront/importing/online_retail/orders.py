"""Orders and returns derived from lines: one order per invoice, and which earlier sale a cancellation takes back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storefront.importing.online_retail.account import Account, Reason
from storefront.importing.online_retail.reading import Line

CANCELLED_WITHIN = timedelta(hours=24)


@dataclass(slots=True)
class SoldLine:
    """A sale line and how many of its pieces have not come back."""

    line: Line
    remaining: int


@dataclass(slots=True)
class OrderPlan:
    """One invoice: its goods, its postage, and when it was first typed in."""

    invoice: str
    customer: str
    country: str
    placed_at: datetime
    goods: list[SoldLine] = field(default_factory=list)
    shipping: list[Line] = field(default_factory=list)
    is_cancelled: bool = False

    @property
    def shipping_minor(self) -> int:
        """What the customer paid for postage."""
        return sum(line.quantity * (line.price_minor or 0) for line in self.shipping)


@dataclass(frozen=True, slots=True)
class ReturnPart:
    """So many pieces of a sale line that a cancellation line takes back."""

    order: OrderPlan
    place: int
    quantity: int


@dataclass(frozen=True, slots=True)
class ReturnPlan:
    """A matched cancellation line with the sale lines it takes back."""

    line: Line
    parts: tuple[ReturnPart, ...]


def plan_orders(sales: Iterable[Line], shipping: Iterable[Line], account: Account) -> dict[str, OrderPlan]:
    """The orders by invoice number; postage without goods on its invoice goes into the account."""
    orders: dict[str, OrderPlan] = {}
    for line in sales:
        order = orders.get(line.invoice)
        if order is None:
            order = orders[line.invoice] = OrderPlan(line.invoice, line.customer, line.country, line.placed_at)
        order.placed_at = min(order.placed_at, line.placed_at)
        order.goods.append(SoldLine(line, line.quantity))
    for line in shipping:
        if line.invoice in orders:
            orders[line.invoice].shipping.append(line)
        else:
            account.refuse(line.number, line.invoice, line.code, Reason.SHIPPING_ALONE)
    return orders


def plan_returns(returns: Iterable[Line], orders: dict[str, OrderPlan], account: Account) -> list[ReturnPlan]:
    """Match cancellation lines, in order of time, to earlier sales; the unmatched go into the account.

    A line is matched whole or not at all: to sales of the same customer and SKU that were not later and not cheaper,
    those at the same price first, then the latest; several sales where one is not enough.
    """
    sold = _sales_by_customer(orders)
    plans = []
    for line in sorted(returns, key=lambda line: (line.placed_at, line.number)):
        earlier = [(o, p) for o, p in sold[line.customer, line.code] if o.placed_at <= line.placed_at]
        parts = _match(line, earlier)
        if parts:
            plans.append(ReturnPlan(line, parts))
            for part in parts:
                part.order.goods[part.place].remaining -= part.quantity
        else:
            account.refuse(line.number, line.invoice, line.code, _why_unmatched(line, earlier))
    return plans


def mark_cancelled(plans: Iterable[ReturnPlan]) -> None:
    """An order whose every piece was taken back at its full price within 24 hours was cancelled, not returned."""
    taken: dict[str, list[tuple[ReturnPart, Line]]] = defaultdict(list)
    orders: dict[str, OrderPlan] = {}
    for plan in plans:
        for part in plan.parts:
            orders[part.order.invoice] = part.order
            taken[part.order.invoice].append((part, plan.line))
    for invoice, order in orders.items():
        in_time = all(
            line.placed_at - order.placed_at <= CANCELLED_WITHIN
            and line.price_minor == order.goods[part.place].line.price_minor
            for part, line in taken[invoice]
        )
        order.is_cancelled = in_time and all(sold.remaining == 0 for sold in order.goods)


def _sales_by_customer(orders: dict[str, OrderPlan]) -> dict[tuple[str, str], list[tuple[OrderPlan, int]]]:
    sold: dict[tuple[str, str], list[tuple[OrderPlan, int]]] = defaultdict(list)
    for order in orders.values():
        if order.customer:
            for place, goods in enumerate(order.goods):
                sold[order.customer, goods.line.code].append((order, place))
    return sold


def _match(line: Line, earlier: list[tuple[OrderPlan, int]]) -> tuple[ReturnPart, ...]:
    price = line.price_minor or 0
    fitting = [(o, p) for o, p in earlier if (o.goods[p].line.price_minor or 0) >= price and o.goods[p].remaining]
    fitting.sort(key=lambda c: (c[0].goods[c[1]].line.price_minor == price, c[0].placed_at, c[1]), reverse=True)
    wanted, parts = -line.quantity, []
    for order, place in fitting:
        quantity = min(wanted, order.goods[place].remaining)
        parts.append(ReturnPart(order, place, quantity))
        wanted -= quantity
        if wanted == 0:
            return tuple(parts)
    return ()


def _why_unmatched(line: Line, earlier: list[tuple[OrderPlan, int]]) -> Reason:
    """Whether there are pieces enough, only sold cheaper than they are taken back."""
    pieces = sum(order.goods[place].remaining for order, place in earlier)
    return Reason.DEARER_RETURN if pieces >= -line.quantity else Reason.UNMATCHED_RETURN
