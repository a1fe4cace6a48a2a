"""What an order's totals need to know about tax, free of any table."""

from dataclasses import dataclass
from enum import StrEnum


class TaxClass(StrEnum):
    """What sort of goods, as far as tax is concerned: most countries tax food, books or medicine less."""

    STANDARD = "standard"
    REDUCED = "reduced"
    SECOND_REDUCED = "second_reduced"
    ZERO = "zero"


@dataclass(frozen=True, kw_only=True)
class TaxRule:
    """A rate in millionths (20 % is 200,000), what people call it, and whether prices contain it already."""

    name: str
    rate_ppm: int
    is_included: bool


UNTAXED = TaxRule(name="", rate_ppm=0, is_included=True)
