"""What an order is made of before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from storefront.orders.totals import Totals
from storefront.promotions.models import Coupon
from storefront.tax.rules import UNTAXED, TaxRule


class CreatedOrder(NamedTuple):
    """What a new order is found by, what it costs, and how much of that credit does not pay."""

    id: int
    number: str
    token: str
    total_minor: int
    due_minor: int


@dataclass(frozen=True, kw_only=True)
class Address:
    """Who gets the parcel, as entered at checkout; country is ISO 3166-1 alpha-2."""

    email: str
    name: str
    line1: str
    city: str
    postcode: str
    country: str
    line2: str = ""
    region: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class DraftLine:
    """One line as it will be written into the order; price in minor units. A gift card is no variant."""

    variant_id: int | None
    sku: str
    name: str
    variant_name: str
    quantity: int
    unit_price_minor: int
    tax: TaxRule = UNTAXED


@dataclass(frozen=True, kw_only=True)
class OrderDraft:
    """Everything an order is made of. `checkout_key` makes it once, however often it is sent.

    `totals` are those of the lines, in their order; `credit_minor` of them is paid by gift cards and store credit.
    `kept_until` is until when the gate kept the goods for this shopper, None when it did not. `ship_by` is the day by
    which it was promised to be sent.
    """

    checkout_key: str
    address: Address
    lines: Sequence[DraftLine]
    currency: str
    shipping_method: str
    shipping_name: str
    totals: Totals
    locale: str
    expires_at: datetime
    kept_until: datetime | None = None
    user_id: int | None = None
    customer_id: int | None = None
    coupon: Coupon | None = None
    credit_minor: int = 0
    ship_by: date | None = None
