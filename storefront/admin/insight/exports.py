"""CSV files of insight: amounts in major units of the shop's currency, days as ISO 8601 writes them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from storefront.core.money import to_decimal
from storefront.core.web import settings
from storefront.insight.definitions import MONEY, Figure


def amount(minor: int) -> Decimal:
    """An amount as a spreadsheet adds it up."""
    return to_decimal(minor, settings().currency)


def cell(figure: Figure, value: int) -> Decimal | int:
    """A figure's value."""
    return amount(value) if figure.unit == MONEY else value


def cells(figures: Iterable[Figure], sums: Mapping[str, int]) -> list[Decimal | int]:
    """The figures of some sums."""
    return [cell(figure, figure.of(sums)) for figure in figures]
