"""Named errors carry facts, and say themselves in words."""

import pytest

from storefront.core.errors import Conflict, InvalidInput, NotFound, ShopError
from storefront.stock.service import NotEnoughStock, OutOfStock, ShortLine


def test_an_error_says_its_facts_in_its_message() -> None:
    error = NotEnoughStock(available=3, quantity=-5)
    assert str(error) == "Only 3 are available, so stock cannot change by -5."
    assert error.facts == {"available": 3, "quantity": -5}


def test_an_error_without_facts_says_its_message_as_it_is() -> None:
    assert str(NotFound()) == "We could not find that."


@pytest.mark.parametrize(("error", "family"), [(OutOfStock, Conflict), (InvalidInput, ShopError)])
def test_an_error_belongs_to_a_family(error: type[ShopError], family: type[ShopError]) -> None:
    assert issubclass(error, family)


def test_sold_out_names_every_short_line() -> None:
    lines = [ShortLine(1, "A", "Lamp – red", 2, 1), ShortLine(2, "B", "Mug", 1, 0)]
    error = OutOfStock.of(lines)
    assert str(error) == "Some of this is sold out: Lamp – red, Mug."
    assert error.facts["lines"] == tuple(lines)
