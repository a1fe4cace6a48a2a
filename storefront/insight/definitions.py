"""What every figure means, in one place. Rollups, pages, exports and letters take it from here; docs/insight.md too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement

from storefront.core.money import share_minor
from storefront.orders.models import BY_MAIL, Order, OrderStatus

# These are sent before their money comes, so they are sales already; the others become one with their payment.
SOLD_UNPAID = (OrderStatus.ACCEPTED, OrderStatus.PARTLY_FULFILLED, OrderStatus.FULFILLED)
MONEY, COUNT = "money", "count"
Sums = Mapping[str, int]


def is_sold() -> ColumnElement[bool]:
    """The SQL condition that an order is a sale: it was paid, or it was accepted to be paid later.

    It counts on the day it was placed and stays counted when it is cancelled after payment: what goes back is a refund
    of the day it goes back. An accepted order that is cancelled without ever being paid was no sale. Nor is a gift
    card: what is bought with it will be.
    """
    return (Order.paid_at.is_not(None) | Order.status.in_(SOLD_UNPAID)) & (Order.shipping_method != BY_MAIL)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure: what it is called, what it means, and how it follows from the sums of a span of days.

    `is_additive`: days add up to weeks, and products to the whole. `is_less_better`: a rise is no good news.
    `is_of_buyers`: it counts customers, and is not among the sums of a day.
    """

    key: str
    label: Any
    text: Any
    of: Callable[[Sums], int]
    unit: str = MONEY
    is_additive: bool = True
    is_less_better: bool = False
    is_of_buyers: bool = False


def _column(name: str) -> Callable[[Sums], int]:
    return lambda sums: sums[name]


def _average_order(sums: Sums) -> int:
    sold = sums["gross_minor"] - sums["discount_minor"]
    return share_minor(sold, 1, sums["orders"]) if sums["orders"] else 0


ALL = (
    Figure(
        key="gross",
        label=_l("Gross sales"),
        text=_l(
            "Goods of the orders placed on these days, at the prices they were sold for, before discounts and "
            "refunds. Delivery and gift cards are not part of it. Prices contain tax where the shop's prices do. "
            "An order counts from the moment it is paid, or accepted to be paid later, on the day it was placed."
        ),
        of=_column("gross_minor"),
    ),
    Figure(
        key="discounts",
        label=_l("Discounts"),
        text=_l("What coupons took off the goods of the orders placed on these days."),
        of=_column("discount_minor"),
        is_less_better=True,
    ),
    Figure(
        key="refunds",
        label=_l("Refunds"),
        text=_l(
            "What was paid back for goods on these days, whenever they were sold. A refund that does not say what "
            "it is for is spread over all that was paid for in its order, delivery included. Where no payment is "
            "known that could be paid back, as in imported orders, the value of the goods that came back stands "
            "for it. Tax that came on top of the price is not part of it."
        ),
        of=_column("refund_minor"),
        is_less_better=True,
    ),
    Figure(
        key="net",
        label=_l("Net sales"),
        text=_l("Gross sales less discounts less refunds."),
        of=_column("net_minor"),
    ),
    Figure(
        key="tax",
        label=_l("Tax"),
        text=_l(
            "The tax of the orders placed on these days, on goods and delivery, whether prices contain it or it "
            "came on top, less the tax of goods that were paid back on these days. Imported orders carry none."
        ),
        of=lambda sums: sums["total_tax_minor"] - sums["refund_tax_minor"],
    ),
    Figure(
        key="shipping",
        label=_l("Delivery"),
        text=_l("What was charged for delivery of the orders placed on these days, less what of it was paid back."),
        of=lambda sums: sums["shipping_minor"] - sums["refund_shipping_minor"],
    ),
    Figure(
        key="units",
        label=_l("Units sold"),
        text=_l("Pieces of the orders placed on these days, whatever came back later."),
        of=_column("units"),
        unit=COUNT,
    ),
    Figure(
        key="returned-units",
        label=_l("Units returned"),
        text=_l("Pieces that came back on these days, whenever they were sold."),
        of=_column("returned_units"),
        unit=COUNT,
        is_less_better=True,
    ),
    Figure(
        key="orders",
        label=_l("Orders"),
        text=_l(
            "Orders placed on these days that were paid, or accepted to be paid later. One that was cancelled "
            "after its payment still counts, because its money shows as a refund."
        ),
        of=_column("orders"),
        unit=COUNT,
    ),
    Figure(
        key="average-order",
        label=_l("Average order value"),
        text=_l("Gross sales less discounts, divided by orders, rounded to the minor unit, halves up."),
        of=_average_order,
        is_additive=False,
    ),
)
FIGURES = {figure.key: figure for figure in ALL}
NEW_BUYERS = Figure(
    key="new-buyers",
    label=_l("New buyers"),
    text=_l(
        "Customers whose first order ever was placed on these days. Who has no address and no number, as "
        "guests in imported orders, cannot be told from others and is not counted."
    ),
    of=_column("new_buyers"),
    unit=COUNT,
    is_of_buyers=True,
)
RETURNING_BUYERS = Figure(
    key="returning-buyers",
    label=_l("Returning buyers"),
    text=_l(
        "Customers who placed an order on these days and had placed their first one before them. Somebody who "
        "buys on several days counts once, so days do not add up to weeks."
    ),
    of=_column("returning_buyers"),
    unit=COUNT,
    is_additive=False,
    is_of_buyers=True,
)
BUYERS = (NEW_BUYERS, RETURNING_BUYERS)
FIGURES |= {figure.key: figure for figure in BUYERS}


# Who bought lately enough to be new.
NEW_DAYS = 28
OFTEN = 4


@dataclass(frozen=True)
class SegmentRule:
    """A kind of customer and what makes one, over the year up to the last day."""

    key: str
    label: Any
    text: Any


SEGMENTS = (
    SegmentRule(
        "champions",
        _l("Champions"),
        _l("Four orders or more, the last one among the most recent two fifths, and spending among the upper two."),
    ),
    SegmentRule("loyal", _l("Loyal"), _l("Four orders or more, the last one not among the oldest two fifths.")),
    SegmentRule("new", _l("New"), _l("One order, in the last 28 days.")),
    SegmentRule(
        "promising", _l("Promising"), _l("One to three orders, the last one among the most recent two fifths.")
    ),
    SegmentRule("fading", _l("Fading"), _l("One to three orders, the last one in the middle fifth.")),
    SegmentRule("at-risk", _l("At risk"), _l("Four orders or more, the last one among the oldest two fifths.")),
    SegmentRule("asleep", _l("Asleep"), _l("One to three orders, the last one among the oldest two fifths.")),
)


def segment_of(recency: int, money: int, days_since: int, orders: int) -> str:
    """The key of the first rule that fits; recency and money are fifths from 1 (oldest, least) to 5."""
    if orders >= OFTEN:
        if recency >= 4 and money >= 4:
            return "champions"
        return "loyal" if recency >= 3 else "at-risk"
    if orders == 1 and days_since < NEW_DAYS:
        return "new"
    return "promising" if recency >= 4 else "fading" if recency == 3 else "asleep"


STOCK_WORDS = (
    (
        _l("Days of cover"),
        _l("How many days the pieces that can be sold last at the pace of the chosen days."),
    ),
    (
        _l("Sell-through"),
        _l("Pieces sold in the chosen days, as a part of those and of what can still be sold together."),
    ),
    (_l("Dead stock"), _l("Variants on sale that can be bought and of which nothing was sold in the chosen days.")),
    (_l("Value"), _l("Pieces that can be sold, at today's prices.")),
)
