"""Payments: attempts with their idempotency keys, and the inbox of what the provider tells us."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime
from storefront.payments.gateway import PaymentStatus

FINAL = frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.CANCELED})
# A look at the provider may find any later state; what is final stays.
TRANSITIONS: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.CREATED: frozenset({PaymentStatus.REQUIRES_ACTION, PaymentStatus.PROCESSING, *FINAL}),
    PaymentStatus.REQUIRES_ACTION: frozenset({PaymentStatus.PROCESSING, *FINAL}),
    PaymentStatus.PROCESSING: frozenset({PaymentStatus.REQUIRES_ACTION, *FINAL}),
    PaymentStatus.SUCCEEDED: frozenset(),
    PaymentStatus.FAILED: frozenset(),
    PaymentStatus.CANCELED: frozenset(),
}


class Payment(Model):
    """One attempt to pay an order: the intent is committed here before the provider hears of it.

    `live_order_id` is the order's id while the attempt is live and NULL afterwards: its UNIQUE allows one live attempt.
    """

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("gateway", "session_id"),
        UniqueConstraint("live_order_id"),
        CheckConstraint("amount_minor >= 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    live_order_id: Mapped[int | None] = mapped_column(BigId)
    gateway: Mapped[str] = mapped_column(String(20))
    status: Mapped[PaymentStatus] = mapped_column(EnumText(PaymentStatus, 20), default=PaymentStatus.CREATED)
    amount_minor: Mapped[int] = mapped_column(BigId)
    currency: Mapped[str] = mapped_column(String(3))
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    session_id: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(Text)
    payment_ref: Mapped[str | None] = mapped_column(String(255), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decline_code: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


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
