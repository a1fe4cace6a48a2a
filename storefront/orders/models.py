"""Orders: a snapshot of what was bought, its states in one table, and everything that happened to it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime

# How a gift card is sent: there is nothing to pack, and no address.
BY_MAIL = "mail"


class OrderStatus(StrEnum):
    """Where an order stands; refunds and returns are records beside it. An accepted one is sent and paid later."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    PAID = "paid"
    PARTLY_FULFILLED = "partly_fulfilled"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset(
        {OrderStatus.ACCEPTED, OrderStatus.PAID, OrderStatus.CANCELLED, OrderStatus.EXPIRED}
    ),
    # One whose bank let go of the money waits for another payment.
    OrderStatus.ACCEPTED: frozenset(
        {OrderStatus.PAID, OrderStatus.FULFILLED, OrderStatus.CANCELLED, OrderStatus.PENDING}
    ),
    OrderStatus.PAID: frozenset({OrderStatus.PARTLY_FULFILLED, OrderStatus.FULFILLED, OrderStatus.CANCELLED}),
    OrderStatus.PARTLY_FULFILLED: frozenset({OrderStatus.FULFILLED}),
    OrderStatus.FULFILLED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
    # Money that arrives late makes the order whole again while its goods can still be had.
    OrderStatus.EXPIRED: frozenset({OrderStatus.PAID, OrderStatus.ACCEPTED}),
}


class Order(Model):
    """One order in one currency. `number` is for people, `token` opens its page, `checkout_key` makes it once.

    items + shipping + tax - discount = total; `tax_minor` is what comes on top of prices that do not include it, with
    `shipping_tax_minor` a part of it, and `included_tax_minor` is what prices contain. `taxes` are the sums per rate
    (orders.totals.TaxLine). `credit_minor` of the total is paid by gift cards and store credit.
    `ship_by` is the day by which it was promised to be sent, in the shop's time zone.
    `turn` counts how often its stock was taken: once, and again when its money came after it had expired.
    """

    __tablename__ = "shop_order"
    __table_args__ = (
        UniqueConstraint("external_ref"),
        UniqueConstraint("checkout_key"),
        Index(None, "status", "placed_at"),
        Index(None, "user_id", "placed_at"),
        Index(None, "email"),
        Index(None, "placed_at"),
        CheckConstraint("items_minor + shipping_minor + tax_minor - discount_minor = total_minor", name="total"),
        CheckConstraint("total_minor >= 0", name="total_positive"),
        CheckConstraint("credit_minor BETWEEN 0 AND total_minor", name="credit"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    checkout_key: Mapped[str | None] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(40), default="shop")
    external_ref: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[OrderStatus] = mapped_column(EnumText(OrderStatus, 20), default=OrderStatus.PENDING)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    name: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    line1: Mapped[str] = mapped_column(String(160), default="")
    line2: Mapped[str] = mapped_column(String(160), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(120), default="")
    postcode: Mapped[str] = mapped_column(String(20), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    locale: Mapped[str] = mapped_column(String(12), default="en")
    shipping_method: Mapped[str] = mapped_column(String(40), default="")
    shipping_name: Mapped[str] = mapped_column(String(120), default="")
    coupon_code: Mapped[str] = mapped_column(String(40), default="")
    currency: Mapped[str] = mapped_column(String(3))
    items_minor: Mapped[int] = mapped_column(BigId)
    shipping_minor: Mapped[int] = mapped_column(BigId, default=0)
    shipping_tax_minor: Mapped[int] = mapped_column(BigId, default=0)
    tax_minor: Mapped[int] = mapped_column(BigId, default=0)
    included_tax_minor: Mapped[int] = mapped_column(BigId, default=0)
    taxes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    discount_minor: Mapped[int] = mapped_column(BigId, default=0)
    total_minor: Mapped[int] = mapped_column(BigId)
    credit_minor: Mapped[int] = mapped_column(BigId, default=0)
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    turn: Mapped[int] = mapped_column(default=1)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ship_by: Mapped[date | None] = mapped_column()
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.id", back_populates="order")
    events: Mapped[list["OrderEvent"]] = relationship(order_by="OrderEvent.id")
    returns: Mapped[list["OrderReturn"]] = relationship(order_by="OrderReturn.id")

    @property
    def is_final(self) -> bool:
        """Whether its page has nothing more to wait for (what is paid is good news already)."""
        return self.status != OrderStatus.PENDING

    @property
    def due_minor(self) -> int:
        """What is to be paid beside gift cards and store credit."""
        return self.total_minor - self.credit_minor

    @property
    def is_mailed(self) -> bool:
        """Whether it is a gift card, which goes by mail and has no goods."""
        return self.shipping_method == BY_MAIL

    @property
    def shipping_paid_minor(self) -> int:
        """What is paid for delivery, with the tax that comes on top."""
        return self.shipping_minor + self.shipping_tax_minor

    @property
    def units(self) -> int:
        """How many pieces were ordered."""
        return sum(line.quantity for line in self.lines)


class OrderLine(Model):
    """What was bought, as it was called, priced and taxed then. `variant_id` may be unknown in imported history.

    `discount_minor` is its part of the order's; `tax_minor` at `tax_rate_ppm` (millionths) is contained in the price,
    or comes on top.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("quantity * unit_price_minor = total_minor", name="total"),
        CheckConstraint("discount_minor BETWEEN 0 AND total_minor", name="discount"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id"), index=True)
    sku: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(160))
    variant_name: Mapped[str] = mapped_column(String(120), default="")
    quantity: Mapped[int] = mapped_column()
    unit_price_minor: Mapped[int] = mapped_column(BigId)
    total_minor: Mapped[int] = mapped_column(BigId)
    discount_minor: Mapped[int] = mapped_column(BigId, default=0)
    tax_minor: Mapped[int] = mapped_column(BigId, default=0)
    tax_rate_ppm: Mapped[int] = mapped_column(default=0)
    is_tax_included: Mapped[bool] = mapped_column(default=True)

    order: Mapped[Order] = relationship(back_populates="lines")

    @property
    def paid_minor(self) -> int:
        """What is paid for the whole line, with the tax that comes on top."""
        return self.total_minor - self.discount_minor + (0 if self.is_tax_included else self.tax_minor)


class OrderEvent(Model):
    """Something that happened to an order: a transition, a payment, a mail. Never changed, never deleted."""

    __tablename__ = "order_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    from_status: Mapped[OrderStatus | None] = mapped_column(EnumText(OrderStatus, 20))
    to_status: Mapped[OrderStatus | None] = mapped_column(EnumText(OrderStatus, 20))
    actor: Mapped[str] = mapped_column(String(80))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class OrderReturn(Model):
    """Goods that came back, or were cancelled after payment, with what they were sold for.

    `is_restocked`: whether they can be sold again; unknown in imported history. `external_ref` makes it once.
    """

    __tablename__ = "order_return"
    __table_args__ = (UniqueConstraint("external_ref", "order_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    external_ref: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(200), default="")
    is_restocked: Mapped[bool | None] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
    lines: Mapped[list["ReturnLine"]] = relationship(order_by="ReturnLine.id")


class ReturnLine(Model):
    """How many pieces of an order line came back, and their value in minor units of the order's currency."""

    __tablename__ = "return_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    return_id: Mapped[int] = mapped_column(ForeignKey("order_return.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[int] = mapped_column()
    amount_minor: Mapped[int] = mapped_column(BigId)


class RequestStatus(StrEnum):
    """Where a wish to send goods back stands."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RECEIVED = "received"


REQUEST_MOVES: dict[RequestStatus, frozenset[RequestStatus]] = {
    RequestStatus.REQUESTED: frozenset(
        {RequestStatus.ACCEPTED, RequestStatus.REFUSED, RequestStatus.WITHDRAWN, RequestStatus.RECEIVED}
    ),
    RequestStatus.ACCEPTED: frozenset({RequestStatus.REFUSED, RequestStatus.WITHDRAWN, RequestStatus.RECEIVED}),
    RequestStatus.REFUSED: frozenset(),
    RequestStatus.WITHDRAWN: frozenset(),
    RequestStatus.RECEIVED: frozenset(),
}
OPEN_REQUESTS = frozenset({RequestStatus.REQUESTED, RequestStatus.ACCEPTED})


class ReturnReason(StrEnum):
    """Why a customer sends something back."""

    NOT_WANTED = "not_wanted"
    DAMAGED = "damaged"
    WRONG = "wrong"
    LATE = "late"
    OTHER = "other"


class ReturnRequest(Model):
    """A customer's wish to send goods back, and what the shop says to it (`answer`); `return_id` once they came."""

    __tablename__ = "return_request"
    __table_args__ = (Index(None, "status", "created_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    status: Mapped[RequestStatus] = mapped_column(EnumText(RequestStatus, 12), default=RequestStatus.REQUESTED)
    reason: Mapped[ReturnReason] = mapped_column(EnumText(ReturnReason, 12))
    note: Mapped[str] = mapped_column(String(500), default="")
    answer: Mapped[str] = mapped_column(String(500), default="")
    return_id: Mapped[int | None] = mapped_column(ForeignKey("order_return.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    order: Mapped[Order] = relationship()
    lines: Mapped[list["RequestLine"]] = relationship(order_by="RequestLine.id", lazy="selectin")

    @property
    def is_open(self) -> bool:
        """Whether the goods may still come."""
        return self.status in OPEN_REQUESTS

    @property
    def pieces(self) -> dict[int, int]:
        """How many of each order line (by its id)."""
        return {line.order_line_id: line.quantity for line in self.lines}


class RequestLine(Model):
    """How many pieces of an order line somebody wants to send back."""

    __tablename__ = "return_request_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("return_request.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[int] = mapped_column()
    line: Mapped[OrderLine] = relationship(lazy="joined")
