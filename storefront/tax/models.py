"""Tax rates by the country that the goods go to."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.db import BigId, EnumText, Model
from storefront.tax.rules import TaxClass, TaxRule


class TaxRate(Model):
    """The rate of one class of goods in one country (ISO 3166-1 alpha-2), in millionths.

    `is_included`: prices in the shop contain it, as in Europe; else it comes on top, as in North America.
    """

    __tablename__ = "tax_rate"
    __table_args__ = (
        UniqueConstraint("country", "tax_class"),
        CheckConstraint("rate_ppm BETWEEN 0 AND 1000000", name="rate"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    country: Mapped[str] = mapped_column(String(2))
    tax_class: Mapped[TaxClass] = mapped_column(EnumText(TaxClass, 20))
    name: Mapped[str] = mapped_column(String(40))
    rate_ppm: Mapped[int] = mapped_column()
    is_included: Mapped[bool] = mapped_column(default=True)

    @property
    def rule(self) -> TaxRule:
        """The rate as totals are computed with it."""
        return TaxRule(name=self.name, rate_ppm=self.rate_ppm, is_included=self.is_included)
