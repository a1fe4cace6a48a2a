"""Money: integer minor units and their ISO 4217 currency. The only place that rounds or formats it."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, Overflow
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision, get_currency_symbol

from storefront.core.errors import N_, InvalidInput

# A cart full of the dearest thing still fits into 64 bits.
MAX_MINOR = 10**12
MILLION = 1_000_000
MOST_DIGITS = 2


class InvalidAmount(InvalidInput):
    """The text is not an amount of this currency."""

    message = N_("Enter an amount such as %(example)s.")


def minor_digits(currency: str) -> int:
    """With how many decimals amounts are kept: 2 for GBP, 0 for JPY (ISO 4217 as CLDR has it), and 2 for KWD as well.

    People write a dinar with three decimals, and the card networks take its last one only as a zero
    (https://docs.stripe.com/currencies): so the smallest amount is ten fils, and every share of one can be paid.
    """
    return min(MOST_DIGITS, int(get_currency_precision(currency)))


def to_decimal(minor: int, currency: str) -> Decimal:
    """The amount in major units, exact: 1250 GBP is Decimal("12.50")."""
    return Decimal(minor).scaleb(-minor_digits(currency))


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in minor units, halves rounded away from zero."""
    return int(amount.scaleb(minor_digits(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def share_minor(total_minor: int, part: int, whole: int) -> int:
    """`part` of `whole` of an amount, halves rounded up; the shares of a growing part differ by what each step adds."""
    return (2 * total_minor * part + whole) // (2 * whole)


def split_minor(total_minor: int, weights: Sequence[int]) -> list[int]:
    """An amount in parts as large as their weights, which add up to it exactly.

    What rounding down leaves over goes, a minor unit each, to the parts that lost most by it (largest remainder), the
    first of equals first. No part is larger than its weight while the amount is not larger than all weights together.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    parts = [total_minor * weight // whole for weight in weights]
    by_loss = sorted(range(len(weights)), key=lambda place: -(total_minor * weights[place] % whole))
    for place in by_loss[: total_minor - sum(parts)]:
        parts[place] += 1
    return parts


def tax_minor(base_minor: int, rate_ppm: int, *, is_included: bool) -> int:
    """The tax on an amount at a rate in millionths, halves rounded up: what it contains, or what comes on top of it."""
    return share_minor(base_minor, rate_ppm, MILLION + rate_ppm if is_included else MILLION)


def parse_minor(text: str, currency: str) -> int:
    """Minor units of what a person typed ("12.50", "£1,200"); InvalidAmount when it is no exact amount."""
    example = str(to_decimal(1250, currency))
    symbols = (" ", "\u00a0", currency, get_currency_symbol(currency, locale="en"))
    cleaned = text.strip()
    for symbol in symbols:
        cleaned = cleaned.replace(symbol, "")
    # A comma only stands between thousands: read as a decimal comma it would be a price a hundred times too high.
    if "," in cleaned and not re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d*)?", cleaned):
        raise InvalidAmount(field="price", example=example)
    try:
        amount = Decimal(cleaned.replace(",", ""))
        minor = to_minor(amount, currency) if amount.is_finite() else -1
    except (InvalidOperation, Overflow):
        raise InvalidAmount(field="price", example=example) from None
    if not 0 <= minor <= MAX_MINOR or to_decimal(minor, currency) != amount:
        raise InvalidAmount(field="price", example=example)
    return minor


@lru_cache(maxsize=4096)
def format_minor(minor: int, currency: str, locale: str = "en") -> str:
    """The amount as people of `locale` write it; remembered, for pages write the same prices again and again."""
    return format_currency(to_decimal(minor, currency), currency, locale=locale)
