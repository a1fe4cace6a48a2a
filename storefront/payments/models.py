"""Payments: attempts with their idempotency keys, and the inbox of what the provider tells us."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime
from storefront.payments.gateway import PaymentStatus, RefundStatus

# https://docs.stripe.com/api/disputes/object: how a dispute or an inquiry ends.
DECIDED = frozenset({"won", "lost", "warning_closed", "prevented"})
# The gateway of what gift cards and store credit pay; `payment_ref` is the account's id then.
CREDIT = "credit"
FINAL = frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.CANCELED})
# A look at the provider may find any later state; what is final stays.
TRANSITIONS: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.CREATED: frozenset(
        {PaymentStatus.REQUIRES_ACTION, PaymentStatus.PROCESSING, PaymentStatus.AUTHORISED, *FINAL}
    ),
    PaymentStatus.REQUIRES_ACTION: frozenset({PaymentStatus.PROCESSING, PaymentStatus.AUTHORISED, *FINAL}),
    PaymentStatus.PROCESSING: frozenset({PaymentStatus.REQUIRES_ACTION, PaymentStatus.AUTHORISED, *FINAL}),
    PaymentStatus.AUTHORISED: FINAL,
    PaymentStatus.SUCCEEDED: frozenset(),
    PaymentStatus.FAILED: frozenset(),
    PaymentStatus.CANCELED: frozenset(),
}
REFUND_TRANSITIONS: dict[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.REQUESTED: frozenset({RefundStatus.PROCESSING, RefundStatus.SUCCEEDED, RefundStatus.FAILED}),
    RefundStatus.PROCESSING: frozenset({RefundStatus.SUCCEEDED, RefundStatus.FAILED}),
    # A bank may send the money back days later: the card is closed, the account is gone.
    RefundStatus.SUCCEEDED: frozenset({RefundStatus.FAILED}),
    RefundStatus.FAILED: frozenset(),
}


class Payment(Model):
    """One attempt to pay an order: the intent is committed here before the provider hears of it.

    `live_order_id` is the order's id while the attempt is live and NULL afterwards: its UNIQUE allows one live attempt.
    `captured_minor` was taken; of it `refunded_minor` went back or is asked to, and can never be more.
    `is_held`, `is_embedded` and `customer_ref` are asked of the provider under the key, so they stay as they were.
    `expires_at` is when its page closes, and for what is authorised when the hold ends.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("gateway", "session_id"),
        UniqueConstraint("live_order_id"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        CheckConstraint("refunded_minor >= 0 AND refunded_minor <= captured_minor", name="refunded"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    live_order_id: Mapped[int | None] = mapped_column(BigId)
    gateway: Mapped[str] = mapped_column(String(20))
    status: Mapped[PaymentStatus] = mapped_column(EnumText(PaymentStatus, 20), default=PaymentStatus.CREATED)
    amount_minor: Mapped[int] = mapped_column(BigId)
    captured_minor: Mapped[int] = mapped_column(BigId, default=0)
    refunded_minor: Mapped[int] = mapped_column(BigId, default=0)
    currency: Mapped[str] = mapped_column(String(3))
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    session_id: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(Text)
    is_held: Mapped[bool] = mapped_column(default=False)
    is_embedded: Mapped[bool] = mapped_column(default=False)
    customer_ref: Mapped[str | None] = mapped_column(String(255))
    client_secret: Mapped[str | None] = mapped_column(String(500))
    payment_ref: Mapped[str | None] = mapped_column(String(255), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decline_code: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ProviderCustomer(Model):
    """By which name a provider knows somebody with an account."""

    __tablename__ = "provider_customer"
    __table_args__ = (UniqueConstraint("gateway", "customer_ref"),)

    user_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    gateway: Mapped[str] = mapped_column(String(20), primary_key=True)
    customer_ref: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class Refund(Model):
    """Money on its way back: the intent is committed here, and counted in its payment, before the provider hears of it.

    One that was made on the provider's own site has no `idempotency_key` of ours. `shipping_minor` is the part of
    `amount_minor` that was paid for delivery. One that goes to credit instead of the way it was paid has its account
    in `credit_account_id`, and `gateway` says so.
    """

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("gateway", "refund_ref"),
        UniqueConstraint("idempotency_key"),
        Index(None, "status", "updated_at"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("shipping_minor >= 0 AND shipping_minor <= amount_minor", name="shipping"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(20))
    status: Mapped[RefundStatus] = mapped_column(EnumText(RefundStatus, 20), default=RefundStatus.REQUESTED)
    amount_minor: Mapped[int] = mapped_column(BigId)
    shipping_minor: Mapped[int] = mapped_column(BigId, default=0)
    currency: Mapped[str] = mapped_column(String(3))
    idempotency_key: Mapped[str | None] = mapped_column(String(80))
    refund_ref: Mapped[str | None] = mapped_column(String(255))
    credit_account_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("credit_account.id"), index=True)
    failure_reason: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(200), default="")
    actor: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    lines: Mapped[list["RefundLine"]] = relationship(order_by="RefundLine.id")


class RefundLine(Model):
    """How many pieces of an order line a refund pays back, and how much of its amount that is."""

    __tablename__ = "refund_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    refund_id: Mapped[int] = mapped_column(ForeignKey("refund.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[int] = mapped_column()
    amount_minor: Mapped[int] = mapped_column(BigId)


class Dispute(Model):
    """A complaint of the card's owner, in the provider's words (`status`, `reason`). It never moves stock."""

    __tablename__ = "dispute"
    __table_args__ = (UniqueConstraint("gateway", "dispute_ref"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    gateway: Mapped[str] = mapped_column(String(20))
    dispute_ref: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(40), index=True)
    reason: Mapped[str] = mapped_column(String(80))
    amount_minor: Mapped[int] = mapped_column(BigId)
    currency: Mapped[str] = mapped_column(String(3))
    evidence_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    @property
    def is_open(self) -> bool:
        """Whether it has not been decided yet."""
        return self.status not in DECIDED


class WebhookEvent(Model):
    """What a provider told us, stored once under its own id before anything acts on it."""

    __tablename__ = "webhook_event"
    __table_args__ = (UniqueConstraint("provider", "event_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    provider: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(80))
    session_id: Mapped[str | None] = mapped_column(String(255))
    payment_ref: Mapped[str | None] = mapped_column(String(255))
    payload: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    processed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProviderCursor(Model):
    """Up to when the provider's list of events was swept."""

    __tablename__ = "provider_cursor"

    gateway: Mapped[str] = mapped_column(String(20), primary_key=True)
    seen_until: Mapped[datetime] = mapped_column(UtcDateTime)


class MoneyComparison(Model):
    """One comparison of the provider's books, our orders and the stock ledger; `facts` are sums and what differs."""

    __tablename__ = "money_comparison"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    is_green: Mapped[bool] = mapped_column()
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)
