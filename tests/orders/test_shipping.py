"""What sending costs is computed here, for the country it goes to."""

import pytest
from flask import Flask

from storefront.orders.shipping import NoSuchMethod, get_method, label_of, list_methods


@pytest.mark.parametrize(("country", "codes"), [("GB", ["standard", "express"]), ("FR", ["international"])])
def test_a_country_has_its_own_methods(country: str, codes: list[str]) -> None:
    assert [method.code for method in list_methods(country)] == codes


@pytest.mark.parametrize(("code", "country"), [("standard", "FR"), ("international", "GB"), ("pigeon", "GB")])
def test_a_method_that_does_not_go_there_is_refused(code: str, country: str) -> None:
    with pytest.raises(NoSuchMethod):
        get_method(code, country)


@pytest.mark.parametrize(
    ("code", "country", "items_minor", "price_minor"),
    [
        ("standard", "GB", 4999, 395),
        ("standard", "GB", 5000, 0),
        ("express", "GB", 5000, 695),
        ("international", "FR", 99_999, 1295),
    ],
)
def test_standard_delivery_is_free_from_fifty_pounds(
    code: str, country: str, items_minor: int, price_minor: int
) -> None:
    assert get_method(code, country).price_minor(items_minor, "GBP") == price_minor


def test_a_price_follows_the_decimals_of_the_currency() -> None:
    assert get_method("international", "FR").price_minor(1, "KWD") == 12_950
    assert get_method("international", "FR").price_minor(1, "JPY") == 13


def test_a_method_that_is_gone_is_called_by_its_code(context: Flask) -> None:
    assert label_of("express") == "Express delivery"
    assert label_of("pigeon") == "pigeon"
