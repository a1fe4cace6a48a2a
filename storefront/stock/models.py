"""Stock: one row per variant that says what can be sold, and the ledger that says why."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime


class EntryKind(StrEnum):
    """Why stock changed."""

    RECEIPT = "receipt"
    SALE = "sale"
    RELEASE = "release"
    RETURN = "return"
    ADJUSTMENT = "adjustment"
    WRITE_OFF = "write_off"


class StockItem(Model):
    """The truth about one variant. `available` can be sold, `on_hand` lies on the shelf; both are counted in pieces.

    `version` goes up by one with every change, so that a copy elsewhere can be told old from new; `changed_at` says
    when that was, so that what changed lately can be published.
    """

    __tablename__ = "stock_item"
    __table_args__ = (
        CheckConstraint("available >= 0", name="available"),
        CheckConstraint("on_hand >= 0", name="on_hand"),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True, autoincrement=False)
    available: Mapped[int] = mapped_column(default=0)
    on_hand: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(BigId, default=0)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)


class StockEntry(Model):
    """One line of the ledger, never changed: `available` is the sum of `quantity`. `actor` is who did it.

    An order takes its stock once per `turn`: a second time when its money came after it had expired.
    """

    __tablename__ = "stock_entry"
    __table_args__ = (
        UniqueConstraint("order_line_id", "kind", "turn"),
        UniqueConstraint("return_line_id"),
        Index(None, "variant_id", "id"),
        CheckConstraint("quantity <> 0", name="quantity"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    quantity: Mapped[int] = mapped_column()
    kind: Mapped[EntryKind] = mapped_column(EnumText(EntryKind, 12))
    order_line_id: Mapped[int | None] = mapped_column(BigId)
    turn: Mapped[int] = mapped_column(default=1)
    return_line_id: Mapped[int | None] = mapped_column(BigId)
    actor: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class StockRequest(Model):
    """Somebody wants to hear once when a variant is back: open, told (its mail is staged), sent (the mail is out).

    `open_variant_id` is the variant while the request is open and NULL afterwards: its UNIQUE allows one open request
    per variant and address. `email` is lower case; whoever knows `token` may stop the mails to it.
    """

    __tablename__ = "stock_request"
    __table_args__ = (UniqueConstraint("email", "open_variant_id"), Index(None, "open_variant_id", "created_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), index=True)
    open_variant_id: Mapped[int | None] = mapped_column(BigId)
    email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
