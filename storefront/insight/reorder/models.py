"""Suppliers and their terms, purchase orders and what arrived of them."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime


class PurchaseStatus(StrEnum):
    """`draft`: made from the advice and not sent yet; `closed`: what has not arrived will not come."""

    DRAFT = "draft"
    OPEN = "open"
    PARTLY = "partly"
    RECEIVED = "received"
    CLOSED = "closed"


# What the advice counts on: a draft is as good as ordered, so that nothing is advised twice.
AWAITED = (PurchaseStatus.DRAFT, PurchaseStatus.OPEN, PurchaseStatus.PARTLY)


class Supplier(Model):
    """Where goods come from. Its terms hold for each of its variants that has none of its own; None: not known."""

    __tablename__ = "supplier"
    __table_args__ = (CheckConstraint("review_days > 0", name="review"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    lead_days: Mapped[int | None] = mapped_column()
    review_days: Mapped[int] = mapped_column(default=7)
    pack_size: Mapped[int | None] = mapped_column()
    minimum: Mapped[int | None] = mapped_column()


class BuyingTerms(Model):
    """How a variant is bought: from whom, days until it arrives, pieces a pack, least pieces; None: the supplier's."""

    __tablename__ = "buying_terms"
    __table_args__ = (
        CheckConstraint("lead_days >= 0", name="lead"),
        CheckConstraint("pack_size > 0", name="pack"),
        CheckConstraint("minimum > 0", name="minimum"),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True, autoincrement=False)
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("supplier.id"), index=True)
    lead_days: Mapped[int | None] = mapped_column()
    pack_size: Mapped[int | None] = mapped_column()
    minimum: Mapped[int | None] = mapped_column()


class PurchaseOrder(Model):
    """Goods ordered from a supplier. `key` makes it once; `sent_at` is None while its quantities may change.

    `due_on` of a draft is the day on which its goods would arrive had it been sent on the day it was made.
    """

    __tablename__ = "purchase_order"
    __table_args__ = (Index(None, "status", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"), index=True)
    status: Mapped[PurchaseStatus] = mapped_column(EnumText(PurchaseStatus, 10), default=PurchaseStatus.DRAFT)
    actor: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_on: Mapped[date | None] = mapped_column(Date)

    supplier: Mapped[Supplier] = relationship()
    lines: Mapped[list["PurchaseLine"]] = relationship(order_by="PurchaseLine.sku")
    receipts: Mapped[list["PurchaseReceipt"]] = relationship(order_by="PurchaseReceipt.id")

    @property
    def number(self) -> str:
        """What people call it."""
        return f"PO-{self.id:05}"

    @property
    def is_draft(self) -> bool:
        """Whether its quantities may change."""
        return self.status == PurchaseStatus.DRAFT

    @property
    def is_awaited(self) -> bool:
        """Whether something may still arrive of what was sent."""
        return self.status in AWAITED and not self.is_draft

    @property
    def pieces(self) -> int:
        """How many were ordered."""
        return sum(line.quantity for line in self.lines)

    @property
    def received(self) -> int:
        """How many have arrived."""
        return sum(line.received for line in self.lines)


class PurchaseLine(Model):
    """So many pieces of a variant, and how many of them have arrived."""

    __tablename__ = "purchase_line"
    __table_args__ = (
        UniqueConstraint("purchase_id", "variant_id"),
        CheckConstraint("quantity > 0 AND received BETWEEN 0 AND quantity", name="received"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), index=True)
    sku: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(300))
    quantity: Mapped[int] = mapped_column()
    received: Mapped[int] = mapped_column(default=0)

    @property
    def open(self) -> int:
        """How many may still arrive."""
        return self.quantity - self.received


class PurchaseReceipt(Model):
    """A delivery that was booked. `key` is of the form that booked it: sent twice, it is booked once."""

    __tablename__ = "purchase_receipt"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase_order.id"), index=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    pieces: Mapped[int] = mapped_column()
    actor: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
