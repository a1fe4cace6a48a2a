"""The last forecast, per variant, and what each run found out about itself."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, Date, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core import clock
from storefront.core.db import BigId, Model, UtcDateTime


class ForecastRun(Model):
    """One run: from `as_of` (nothing of that day or later was used) for `horizon` Monday weeks.

    `wape` and `coverage` are those of the same forecast made as of earlier weeks; None while the shop is too young.
    `seasons` are factors by the category's id, one per week of the horizon; empty in a shop without a season.
    """

    __tablename__ = "forecast_run"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    as_of: Mapped[date] = mapped_column(Date)
    first_week: Mapped[date] = mapped_column(Date)
    horizon: Mapped[int] = mapped_column()
    history_start: Mapped[date] = mapped_column(Date)
    history_weeks: Mapped[int] = mapped_column()
    variants: Mapped[int] = mapped_column()
    wape: Mapped[float | None] = mapped_column(Float)
    coverage: Mapped[float | None] = mapped_column(Float)
    seasons: Mapped[dict[str, list[float]]] = mapped_column(JSON, default=dict)
    seconds: Mapped[float] = mapped_column(Float)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    def season(self, category_id: int) -> list[float]:
        """What each week of the horizon is times a forecast of that category."""
        return self.seasons.get(str(category_id)) or [1.0] * self.horizon


class VariantForecast(Model):
    """Pieces a week of one variant, times the run's season in each week; one row per variant, the newest.

    `low` to `high` holds nine of ten weeks. `mean` and `deviation` are those of the distribution that stock is planned
    from. `error` is the mean absolute error a week of earlier forecasts, `sold` what was sold a week in those weeks.
    The plain line is Y = slope * X + intercept, X being 1 in the run's `history_start` week.
    """

    __tablename__ = "variant_forecast"
    __table_args__ = (
        CheckConstraint("low >= 0 AND low <= point AND point <= high", name="interval"),
        Index(None, "run_id"),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(ForeignKey("forecast_run.id"))
    model: Mapped[str] = mapped_column(String(20))
    point: Mapped[float] = mapped_column(Float)
    low: Mapped[float] = mapped_column(Float)
    high: Mapped[float] = mapped_column(Float)
    mean: Mapped[float] = mapped_column(Float)
    deviation: Mapped[float] = mapped_column(Float)
    error: Mapped[float | None] = mapped_column(Float)
    sold: Mapped[float | None] = mapped_column(Float)
    slope: Mapped[float] = mapped_column(Float)
    intercept: Mapped[float] = mapped_column(Float)
