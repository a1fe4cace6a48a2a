"""What is counted about queues, and what the merchant says about packing."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import JSON, CheckConstraint, Double, String
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.db import BigId, Model, UtcDateTime

# The row of an hour that counts all jobs together, whatever their name.
EVERY_JOB = "*"


class JobHour(Model):
    """What was measured about the jobs of one name (or EVERY_JOB) that were begun within an hour; sums of seconds.

    `gap`: times between two that became ready. `turn`: from one job's end to the next one's beginning at a worker that
    was waited for. `idle`: how long a job waited for a worker that had nothing to do. `waits`: how many waited how long
    (storefront.insight.queueing.histogram).
    """

    __tablename__ = "job_hour"

    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    jobs: Mapped[int] = mapped_column(default=0)
    service_sum: Mapped[float] = mapped_column(Double, default=0.0)
    service_squares: Mapped[float] = mapped_column(Double, default=0.0)
    wait_sum: Mapped[float] = mapped_column(Double, default=0.0)
    waits: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    gaps: Mapped[int] = mapped_column(default=0)
    gap_sum: Mapped[float] = mapped_column(Double, default=0.0)
    gap_squares: Mapped[float] = mapped_column(Double, default=0.0)
    turns: Mapped[int] = mapped_column(default=0)
    turn_sum: Mapped[float] = mapped_column(Double, default=0.0)
    idles: Mapped[int] = mapped_column(default=0)
    idle_sum: Mapped[float] = mapped_column(Double, default=0.0)


class PackingDay(Model):
    """When and by how many people parcels are packed on a weekday (0 is Monday); no row: nobody packs then.

    Minutes are counted from midnight in the shop's time zone. What is packed by `cutoff_minute` leaves that day.
    """

    __tablename__ = "packing_day"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("packers > 0", name="packers"),
        CheckConstraint("opens_minute >= 0 AND opens_minute < cutoff_minute", name="opens"),
        CheckConstraint("cutoff_minute <= closes_minute AND closes_minute <= 1440", name="closes"),
    )

    weekday: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    packers: Mapped[int] = mapped_column()
    opens_minute: Mapped[int] = mapped_column()
    closes_minute: Mapped[int] = mapped_column()
    cutoff_minute: Mapped[int] = mapped_column()


class PackingHoliday(Model):
    """A day on which nobody packs."""

    __tablename__ = "packing_holiday"

    day: Mapped[date] = mapped_column(primary_key=True)


class PackingPlan(Model):
    """What else the merchant says, in one row: working days that handling takes, and minutes for a parcel if known.

    Beside it what was measured: how many parcels, and the mean and variation (scv) of what one takes one packer.
    """

    __tablename__ = "packing_plan"
    __table_args__ = (
        CheckConstraint("handling_days BETWEEN 0 AND 60", name="handling_days"),
        CheckConstraint("parcel_minutes IS NULL OR parcel_minutes > 0", name="parcel_minutes"),
    )
    ONLY_ID: ClassVar[int] = 1

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    handling_days: Mapped[int] = mapped_column(default=1)
    parcel_minutes: Mapped[int | None] = mapped_column()
    parcels: Mapped[int] = mapped_column(default=0)
    parcel_seconds: Mapped[float | None] = mapped_column(Double)
    parcel_scv: Mapped[float | None] = mapped_column(Double)
