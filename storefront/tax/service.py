"""The only writer of tax rates. Orders keep the rates they were placed with."""

from collections.abc import Mapping

from sqlalchemy import delete

from storefront.core.db import retry_deadlocks, transaction
from storefront.tax.models import TaxRate
from storefront.tax.rules import TaxClass


@retry_deadlocks
def set_rates(country: str, name: str, rates_ppm: Mapping[TaxClass, int], *, is_included: bool) -> None:
    """Write all rates of a country (millionths) in place of those it had; none of them: it is not taxed any more.

    Opens a transaction, idempotent.
    """
    with transaction() as session:
        session.execute(delete(TaxRate).where(TaxRate.country == country))
        for tax_class, rate_ppm in rates_ppm.items():
            row = {"country": country, "tax_class": tax_class, "name": name, "rate_ppm": rate_ppm}
            session.add(TaxRate(**row, is_included=is_included))
