"""Money is whole minor units: nothing is lost between what people write and what is stored."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.core.money import (
    MAX_MINOR,
    InvalidAmount,
    format_minor,
    minor_digits,
    parse_minor,
    to_decimal,
    to_minor,
)

CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD"])
AMOUNTS = st.integers(min_value=0, max_value=MAX_MINOR)


@pytest.mark.parametrize(("currency", "digits"), [("GBP", 2), ("JPY", 0), ("KWD", 2)])
def test_a_currency_has_its_own_number_of_decimals(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits


@pytest.mark.parametrize(("currency", "amount"), [("GBP", "12.50"), ("JPY", "1250"), ("KWD", "12.500")])
def test_minor_units_are_major_units_without_the_point(currency: str, amount: str) -> None:
    assert to_decimal(1250, currency) == Decimal(amount)


@given(minor=st.integers(min_value=-(10**15), max_value=10**15), currency=CURRENCIES)
def test_an_amount_survives_the_way_to_major_units_and_back(minor: int, currency: str) -> None:
    assert to_minor(to_decimal(minor, currency), currency) == minor


@given(minor=AMOUNTS, currency=CURRENCIES)
def test_what_is_written_in_english_is_read_as_the_same_amount(minor: int, currency: str) -> None:
    assert parse_minor(format_minor(minor, currency, "en"), currency) == minor


@given(minor=AMOUNTS, currency=CURRENCIES)
def test_a_plain_number_is_read_as_the_same_amount(minor: int, currency: str) -> None:
    assert parse_minor(f"  {to_decimal(minor, currency)} ", currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("0.005", "GBP", 1),
        ("0.0049", "GBP", 0),
        ("-0.005", "GBP", -1),
        ("2.675", "GBP", 268),
        ("0.5", "JPY", 1),
        ("0.005", "KWD", 1),
    ],
)
def test_halves_are_rounded_away_from_zero(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Decimal(amount), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("£1,200", "GBP", 120_000),
        ("1,234,567.89", "GBP", 123_456_789),
        ("GBP 3.5", "GBP", 350),
        ("¥1,250", "JPY", 1250),
        ("1.230", "KWD", 123),
        ("0", "GBP", 0),
        (".5", "GBP", 50),
    ],
)
def test_an_amount_may_be_typed_with_its_symbol(text: str, currency: str, minor: int) -> None:
    assert parse_minor(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "GBP"),
        ("ten", "GBP"),
        ("12.505", "GBP"),
        ("12.5", "JPY"),
        ("1.2345", "KWD"),
        ("1.234", "KWD"),
        ("-1", "GBP"),
        ("1.2.3", "GBP"),
        ("12,50", "GBP"),
        ("1,20", "GBP"),
        ("1,2345", "GBP"),
        ("NaN", "GBP"),
        ("sNaN", "GBP"),
        ("Infinity", "GBP"),
        ("1e50", "GBP"),
        ("1e999999999", "GBP"),
        ("9" * 40, "GBP"),
        ("10_000_000_000.01", "GBP"),
        ("$5", "GBP"),
    ],
)
def test_what_is_no_exact_amount_of_the_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(InvalidAmount) as refused:
        parse_minor(text, currency)
    assert refused.value.facts["field"] == "price"


@given(text=st.text(alphabet="0123456789.,eE+-_£ NaInf", max_size=30), currency=CURRENCIES)
def test_whatever_is_typed_is_an_amount_or_refused_by_name(text: str, currency: str) -> None:
    with suppress(InvalidAmount):
        assert 0 <= parse_minor(text, currency) <= MAX_MINOR


def test_an_amount_is_written_as_people_of_the_locale_write_it() -> None:
    assert format_minor(123_450, "GBP") == "£1,234.50"
    assert format_minor(123_450, "JPY") == "¥123,450"
    assert format_minor(123_450, "KWD").replace("\u00a0", "") == "KWD1,234.500"
    assert format_minor(123_450, "EUR", "de").replace("\u00a0", " ") == "1.234,50 €"
