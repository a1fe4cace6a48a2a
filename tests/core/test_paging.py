"""A page of a longer list is always a page that exists."""

import pytest
from flask import Flask
from sqlalchemy import select

from storefront.catalog.models import Category
from storefront.core.db import db, transaction
from storefront.core.paging import Page, fetch_page


@pytest.fixture
def seven(context: Flask) -> None:
    with transaction() as session:
        session.add_all(Category(name=f"Category {n}", slug=f"c-{n}", position=n) for n in range(7))


def page(number: int, size: int = 3) -> Page[Category]:
    return fetch_page(db.session(), select(Category).order_by(Category.position), number, size)


def positions(found: Page[Category]) -> list[int]:
    return [category.position for category in found.items]


@pytest.mark.usefixtures("seven")
def test_pages_hold_every_row_once_in_order() -> None:
    assert [positions(page(number)) for number in (1, 2, 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert (page(1).total, page(1).pages) == (7, 3)


@pytest.mark.usefixtures("seven")
@pytest.mark.parametrize(("asked", "given"), [(0, 1), (-5, 1), (4, 3), (10**6, 3)])
def test_a_number_out_of_range_gives_the_nearest_page(asked: int, given: int) -> None:
    assert page(asked).number == given


@pytest.mark.usefixtures("seven")
def test_a_page_knows_its_neighbours() -> None:
    assert [(page(n).has_previous, page(n).has_next) for n in (1, 2, 3)] == [(False, True), (True, True), (True, False)]


@pytest.mark.usefixtures("context")
def test_an_empty_list_has_one_empty_page() -> None:
    empty = page(3)
    assert (empty.items, empty.number, empty.pages, empty.total) == ([], 1, 1, 0)
    assert empty.around() == [1]


@pytest.mark.parametrize(
    ("number", "total", "numbers"),
    [
        (1, 100, [1, 2, 3, None, 10]),
        (5, 100, [1, None, 3, 4, 5, 6, 7, None, 10]),
        (4, 100, [1, 2, 3, 4, 5, 6, None, 10]),
        (10, 100, [1, None, 8, 9, 10]),
        (2, 30, [1, 2, 3]),
    ],
)
def test_a_pager_shows_the_ends_and_what_is_near(number: int, total: int, numbers: list[int | None]) -> None:
    assert Page([], number, 10, total).around() == numbers
