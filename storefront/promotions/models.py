"""Coupons with their uses, credit (gift cards, store credit) as a ledger, and the gift cards that were bought."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime


class CouponKind(StrEnum):
    """What a coupon takes off."""

    PERCENT = "percent"
    AMOUNT = "amount"
    FREE_SHIPPING = "free_shipping"


class Coupon(Model):
    """A code that makes an order cheaper. `used` counts orders that have it, and can never pass `usage_limit`.

    `code` is upper case. It holds from `starts_at` up to `ends_at`, for goods of at least `minimum_minor`.
    """

    __tablename__ = "coupon"
    __table_args__ = (
        CheckConstraint("used >= 0 AND (usage_limit IS NULL OR used <= usage_limit)", name="used"),
        CheckConstraint("percent BETWEEN 0 AND 100 AND amount_minor >= 0 AND minimum_minor >= 0", name="values"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[CouponKind] = mapped_column(EnumText(CouponKind, 20))
    percent: Mapped[int] = mapped_column(default=0)
    amount_minor: Mapped[int] = mapped_column(BigId, default=0)
    minimum_minor: Mapped[int] = mapped_column(BigId, default=0)
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    usage_limit: Mapped[int | None] = mapped_column()
    used: Mapped[int] = mapped_column(default=0)
    is_once_per_customer: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class CouponUse(Model):
    """Which order has a coupon. `email` is set where once per customer is enough, and its UNIQUE holds that."""

    __tablename__ = "coupon_use"
    __table_args__ = (UniqueConstraint("coupon_id", "email"),)

    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("shop_order.id"), primary_key=True, autoincrement=False)
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupon.id"))
    email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class CreditKind(StrEnum):
    """A gift card belongs to whoever has its code, store credit to one person with an account."""

    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"


class CreditAccount(Model):
    """Money that the shop owes in goods. `balance_minor` is the sum of its entries, and can never be below zero.

    A card's code is not kept: it follows from `salt` and the shop's secret, is found by `code_digest`, and told from
    others by its last four characters.
    """

    __tablename__ = "credit_account"
    __table_args__ = (
        UniqueConstraint("code_digest"),
        UniqueConstraint("user_id"),
        CheckConstraint("balance_minor >= 0", name="balance"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[CreditKind] = mapped_column(EnumText(CreditKind, 20))
    salt: Mapped[str] = mapped_column(String(43), default="")
    code_digest: Mapped[str | None] = mapped_column(String(64))
    last_four: Mapped[str] = mapped_column(String(4), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    email: Mapped[str] = mapped_column(String(254), default="")
    currency: Mapped[str] = mapped_column(String(3))
    balance_minor: Mapped[int] = mapped_column(BigId, default=0)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    entries: Mapped[list["CreditEntry"]] = relationship(order_by="CreditEntry.id")


class CreditEntryKind(StrEnum):
    """Why a balance changed."""

    ISSUE = "issue"
    SPEND = "spend"
    RELEASE = "release"
    REFUND = "refund"
    WITHDRAWAL = "withdrawal"
    ADJUSTMENT = "adjustment"


class CreditEntry(Model):
    """One change of a balance, never changed or deleted. `reference` makes it once."""

    __tablename__ = "credit_entry"
    __table_args__ = (UniqueConstraint("account_id", "reference"), Index(None, "order_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("credit_account.id"))
    kind: Mapped[CreditEntryKind] = mapped_column(EnumText(CreditEntryKind, 20))
    amount_minor: Mapped[int] = mapped_column(BigId)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"))
    reference: Mapped[str] = mapped_column(String(80))
    actor: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class CardSale(Model):
    """A gift card that somebody buys with an order of its own: whom it goes to, and the card once it is made.

    `account_id` is set with the card, in one transaction, so that an order makes one card and no more.
    """

    __tablename__ = "card_sale"
    __table_args__ = (UniqueConstraint("account_id"),)

    order_id: Mapped[int] = mapped_column(BigId, ForeignKey("shop_order.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("credit_account.id"))
    email: Mapped[str] = mapped_column(String(254))
    giver: Mapped[str] = mapped_column(String(120))
    words: Mapped[str] = mapped_column(String(500), default="")
    locale: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
