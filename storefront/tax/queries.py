"""Reads of tax rates."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from storefront.core.db import table_of
from storefront.tax.models import TaxRate
from storefront.tax.rules import UNTAXED, TaxClass, TaxRule

RATES = table_of(TaxRate)
# Made once: every order in a rush asks it.
OF_COUNTRY = select(RATES.c.tax_class, RATES.c.name, RATES.c.rate_ppm, RATES.c.is_included).where(
    RATES.c.country == bindparam("country")
)


@dataclass(frozen=True)
class TaxTable:
    """The rules of one country; a class without a rate there is not taxed."""

    rules: Mapping[TaxClass, TaxRule]

    def rule(self, tax_class: TaxClass) -> TaxRule:
        """The rule of a class of goods."""
        return self.rules.get(tax_class, UNTAXED)


def get_table(session: Session, country: str) -> TaxTable:
    """The rules of the country that goods go to."""
    rows = session.connection().execute(OF_COUNTRY, {"country": country})
    return TaxTable(
        {row.tax_class: TaxRule(name=row.name, rate_ppm=row.rate_ppm, is_included=row.is_included) for row in rows}
    )


def list_rates(session: Session) -> dict[str, list[TaxRate]]:
    """All rates by country, those of a country from its highest down."""
    found: dict[str, list[TaxRate]] = {}
    for rate in session.scalars(select(TaxRate).order_by(TaxRate.country, TaxRate.rate_ppm.desc(), TaxRate.id)):
        found.setdefault(rate.country, []).append(rate)
    return found


def list_rates_of(session: Session, country: str) -> list[TaxRate]:
    """The rates of one country."""
    return list(session.scalars(select(TaxRate).where(TaxRate.country == country)))
