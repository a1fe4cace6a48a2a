"""Rollups of what was sold, exactly as the orders say (rollup.py); what is bought together; letters about it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime

# Rows lie in the order of their key, so that a range of days is read in one go (InnoDB does so by itself).
CLUSTERED = {"sqlite_with_rowid": False}
# What was sold is net of what was given back; the database holds the formula too.
NET = "gross_minor - discount_minor - refund_minor = net_minor"
# Stands for what an imported line sold and the catalogue does not know.
UNKNOWN = 0


class Sold:
    """The columns that every rollup of goods has; storefront/insight/definitions.py says what each means.

    `orders` may be added up over days, but not over variants or categories: one order has several.
    """

    orders: Mapped[int] = mapped_column(BigId, default=0)
    units: Mapped[int] = mapped_column(BigId, default=0)
    cancelled_units: Mapped[int] = mapped_column(BigId, default=0)
    returned_units: Mapped[int] = mapped_column(BigId, default=0)
    gross_minor: Mapped[int] = mapped_column(BigId, default=0)
    discount_minor: Mapped[int] = mapped_column(BigId, default=0)
    refund_minor: Mapped[int] = mapped_column(BigId, default=0)
    net_minor: Mapped[int] = mapped_column(BigId, default=0)
    tax_minor: Mapped[int] = mapped_column(BigId, default=0)
    refund_tax_minor: Mapped[int] = mapped_column(BigId, default=0)


class DailySales(Sold, Model):
    """What was sold of a variant on a day of the shop's time zone, and what was given back that day."""

    __tablename__ = "daily_sales"
    __table_args__ = (Index(None, "variant_id", "day"), CheckConstraint(NET, name="net"), CLUSTERED)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    variant_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)


class MonthlySales(Sold, Model):
    """The sums of `daily_sales` over a calendar month, by its first day."""

    __tablename__ = "monthly_sales"
    __table_args__ = (CheckConstraint(NET, name="net"), CLUSTERED)

    month: Mapped[date] = mapped_column(Date, primary_key=True)
    variant_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)


class DailyCategory(Sold, Model):
    """The sums of `daily_sales` over a category, as the products stand in it now."""

    __tablename__ = "daily_category"
    __table_args__ = (CheckConstraint(NET, name="net"), CLUSTERED)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    category_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)


class DailyTotals(Sold, Model):
    """The whole shop's day: goods as in `daily_sales`, and what belongs to an order and not to its lines."""

    __tablename__ = "daily_totals"
    __table_args__ = (CheckConstraint(NET, name="net"),)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    cancelled_orders: Mapped[int] = mapped_column(BigId, default=0)
    guest_orders: Mapped[int] = mapped_column(BigId, default=0)
    shipping_minor: Mapped[int] = mapped_column(BigId, default=0)
    refund_shipping_minor: Mapped[int] = mapped_column(BigId, default=0)
    total_tax_minor: Mapped[int] = mapped_column(BigId, default=0)


class HourlyOrders(Model):
    """Orders and their goods by the hour of the shop's clock in which they were placed."""

    __tablename__ = "hourly_orders"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    orders: Mapped[int] = mapped_column(BigId)
    gross_minor: Mapped[int] = mapped_column(BigId)


class CustomerDay(Model):
    """What a customer bought on a day, and got back that day; guests nobody can tell apart are not in here."""

    __tablename__ = "customer_day"
    __table_args__ = (Index(None, "customer_id", "day"), CheckConstraint(NET, name="net"), CLUSTERED)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    orders: Mapped[int] = mapped_column(BigId, default=0)
    units: Mapped[int] = mapped_column(BigId, default=0)
    gross_minor: Mapped[int] = mapped_column(BigId, default=0)
    discount_minor: Mapped[int] = mapped_column(BigId, default=0)
    refund_minor: Mapped[int] = mapped_column(BigId, default=0)
    net_minor: Mapped[int] = mapped_column(BigId, default=0)


class Buyer(Model):
    """The sums of `customer_day` over a customer's whole history; `first_day` is that of the first order."""

    __tablename__ = "buyer"
    __table_args__ = (Index(None, "first_day"),)

    customer_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    orders: Mapped[int] = mapped_column(BigId)
    net_minor: Mapped[int] = mapped_column(BigId)


class InsightCursor(Model):
    """How far the rollups have followed something: the last order event that cannot change any more."""

    __tablename__ = "insight_cursor"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int] = mapped_column(BigId, default=0)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class CohortMonth(Model):
    """What the customers whose first order fell into `first_month` bought in `month` (both by their first day)."""

    __tablename__ = "cohort_month"
    __table_args__ = (CLUSTERED,)

    month: Mapped[date] = mapped_column(Date, primary_key=True)
    first_month: Mapped[date] = mapped_column(Date, primary_key=True)
    buyers: Mapped[int] = mapped_column(BigId)
    orders: Mapped[int] = mapped_column(BigId)
    net_minor: Mapped[int] = mapped_column(BigId)


class DailyPayments(Model):
    """Attempts to pay that were begun on a day, by how they stand now, and what was taken and paid back of them."""

    __tablename__ = "daily_payments"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(20), primary_key=True)
    status: Mapped[str] = mapped_column(String(20), primary_key=True)
    attempts: Mapped[int] = mapped_column(BigId)
    amount_minor: Mapped[int] = mapped_column(BigId)
    captured_minor: Mapped[int] = mapped_column(BigId)
    refunded_minor: Mapped[int] = mapped_column(BigId)


class FunnelCount(Model):
    """How often a step on the way to an order was taken on a day; numbers alone, of nobody in particular."""

    __tablename__ = "funnel_count"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    step: Mapped[str] = mapped_column(String(20), primary_key=True)
    count: Mapped[int] = mapped_column(BigId, default=0)


class ProductPair(Model):
    """Two products that are bought together more often than chance would have it, one row in each direction.

    `together` is the number of orders with both, `lift_ppm` how many times (in millionths) that is what chance gives.
    """

    __tablename__ = "product_pair"
    __table_args__ = (Index(None, "product_id", "place"), CLUSTERED)

    product_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    other_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    together: Mapped[int] = mapped_column(BigId)
    lift_ppm: Mapped[int] = mapped_column(BigId)
    place: Mapped[int] = mapped_column()


class ReportKind(StrEnum):
    """Which letter it is."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    LOW_STOCK = "low-stock"


class ReportRecipient(Model):
    """Who gets a kind of letter. Whoever knows `token` may stop it; `stopped_at` is when that was."""

    __tablename__ = "report_recipient"
    __table_args__ = (UniqueConstraint("email", "kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    kind: Mapped[ReportKind] = mapped_column(EnumText(ReportKind, 20))
    locale: Mapped[str] = mapped_column(String(12), default="en")
    token: Mapped[str] = mapped_column(String(43), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReportMail(Model):
    """One letter about one period to one address: its UNIQUE makes it once. `error` is why the last try failed."""

    __tablename__ = "report_mail"
    __table_args__ = (UniqueConstraint("kind", "first_day", "email"), Index(None, "created_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[ReportKind] = mapped_column(EnumText(ReportKind, 20))
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    email: Mapped[str] = mapped_column(String(254))
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
