"""What an order is made of before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class CreatedOrder(NamedTuple):
    """What a new order is found by, and what it costs."""

    id: int
    number: str
    token: str
    total_minor: int


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
    """One line as it will be written into the order; price in minor units."""

    variant_id: int
    sku: str
    name: str
    variant_name: str
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, kw_only=True)
class OrderDraft:
    """Everything an order is made of. `checkout_key` makes it once, however often it is sent.

    `kept_until` is until when the gate kept the goods for this shopper, None when it did not.
    """

    checkout_key: str
    address: Address
    lines: Sequence[DraftLine]
    currency: str
    shipping_method: str
    shipping_minor: int
    locale: str
    expires_at: datetime
    kept_until: datetime | None = None
    user_id: int | None = None
    customer_id: int | None = None
