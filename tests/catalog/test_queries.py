"""Lists of products: narrowed, sorted, paged, in a fixed number of statements on every database."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from storefront.catalog import service as catalog
from storefront.catalog.models import Product, ProductStatus
from storefront.catalog.queries import (
    ProductFilter,
    Sort,
    UnknownCategory,
    UnknownProduct,
    get_category,
    get_product,
    get_product_by_id,
    get_variant,
    list_categories,
    list_products,
    list_related,
    list_shelves,
    price_bounds,
)
from storefront.core.db import db, transaction
from storefront.stock.queries import is_product_in_stock
from tests.fixtures.factories import make_category, make_product
from tests.fixtures.readings import forget
from tests.fixtures.shop import on_every_database

pytestmark = pytest.mark.usefixtures("context")


def names(sort: Sort = Sort.NAME, number: int = 1, size: int = 24, **wanted: object) -> list[str]:
    forget()
    page = list_products(db.session(), ProductFilter(**wanted), sort, number, size)  # type: ignore[arg-type]
    return [product.name for product in page.items]


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@on_every_database
def test_products_are_sorted_as_asked() -> None:
    category_id = make_category()
    for name, price, sold in (("Beaker", 300, 5), ("Anchor", 100, 1), ("Candle", 200, 9)):
        product_id = make_product(name=name, price_minor=price, stock_level=0, category_id=category_id).id
        with transaction():
            catalog.count_sold({product_id: sold})
    assert names(Sort.NAME) == ["Anchor", "Beaker", "Candle"]
    assert names(Sort.POPULAR) == ["Candle", "Beaker", "Anchor"]
    assert names(Sort.NEW) == ["Candle", "Anchor", "Beaker"]
    assert names(Sort.PRICE_UP) == ["Anchor", "Candle", "Beaker"]
    assert names(Sort.PRICE_DOWN) == ["Beaker", "Candle", "Anchor"]
    assert names(Sort.NAME, number=2, size=2) == ["Candle"]


@pytest.mark.parametrize("sort", list(Sort))
def test_equal_products_are_on_one_page_each(sort: Sort) -> None:
    category_id = make_category()
    ids = [make_product(name="Lamp", stock_level=0, category_id=category_id).id for _ in range(7)]
    pages = [list_products(db.session(), ProductFilter(), sort, number, 3).items for number in (1, 2, 3)]
    assert sorted(product.id for page in pages for product in page) == ids


def test_a_list_is_narrowed_by_category_price_state_and_stock() -> None:
    lights, mugs = make_category("Lights"), make_category("Mugs")
    make_product(name="Lamp", price_minor=500, category_id=lights)
    make_product(name="Torch", price_minor=900, stock_level=0, category_id=lights)
    make_product(name="Mug", price_minor=500, category_id=mugs)
    catalog.archive_product(make_product(name="Old lamp", price_minor=500, category_id=lights).id)
    assert names() == ["Lamp", "Mug", "Torch"]
    assert names(category_id=lights) == ["Lamp", "Torch"]
    assert names(min_price_minor=500, max_price_minor=500) == ["Lamp", "Mug"]
    assert names(min_price_minor=501) == ["Torch"]
    assert names(status=None, category_id=lights) == ["Lamp", "Old lamp", "Torch"]
    assert names(status=ProductStatus.ARCHIVED) == ["Old lamp"]
    assert names(also=is_product_in_stock(), category_id=lights) == ["Lamp"]


@on_every_database
def test_search_finds_every_word_wherever_it_stands() -> None:
    lights = make_category("Café lights")
    lamp = make_product(name="Crème Lamp, 100% wool", category_id=lights)
    make_product(name="Lamp_post™", category_id=lights)
    sku = lamp.variants[0].sku
    for words in ("creme LAMP", "lamp cafe", sku.lower(), "100%", "  wool  ", "CRÈME"):
        assert names(words=words) == ["Crème Lamp, 100% wool"] or "cafe" in words, words
    assert names(words="lamp cafe") == ["Crème Lamp, 100% wool", "Lamp_post™"]
    assert names(words="posttm") == names(words="lamp_post") == ["Lamp_post™"]
    assert names(words="lamp%wool") == names(words="l_mp") == names(words="lamp mug") == []


def test_only_the_first_words_of_a_long_search_count() -> None:
    make_product(name="a b c d e f g h")
    assert names(words="a b c d e f g h zzz") == ["a b c d e f g h"]
    assert names(words="a b c d e f g zzz") == []


def test_the_bounds_of_prices_follow_the_filter() -> None:
    category_id = make_category()
    for price in (300, 100, 200):
        make_product(price_minor=price, stock_level=0, category_id=category_id)
    assert price_bounds(db.session(), ProductFilter()) == (100, 300)
    assert price_bounds(db.session(), ProductFilter(min_price_minor=150)) == (200, 300)
    assert price_bounds(db.session(), ProductFilter(words="nothing")) is None


@on_every_database
def test_a_list_takes_as_many_statements_for_many_products_as_for_few() -> None:
    category_id = make_category()
    for _ in range(6):
        made = make_product(variants=("red", "blue"), stock_level=0, category_id=category_id)
        catalog.add_image(made.id, key="a" * 64, width=320, height=320, alt="")
    counts = []
    for size in (2, 6):
        forget()
        db.session.expunge_all()
        with statements() as seen:
            page = list_products(db.session(), ProductFilter(), size=size)
            shown = [(len(product.active_variants), product.image) for product in page.items]
        assert len(shown) == size
        counts.append(sum(statement.startswith("SELECT") for statement in seen))
    assert counts == [4, 4]


@on_every_database
def test_only_shelves_with_something_on_them_are_shown() -> None:
    full, bare, old, late = (catalog.create_category(name, place) for place, name in enumerate("DCBA"))
    for category_id in (full, full, late, old):
        make_product(category_id=category_id, stock_level=0)
    catalog.archive_product(db.session.scalars(db.select(Product.id).where(Product.category_id == old)).one())
    assert [category.id for category in list_shelves(db.session())] == [full, late]
    assert [category.id for category in list_categories(db.session())] == [full, bare, old, late]


def test_a_product_that_is_archived_is_shown_to_staff_only() -> None:
    made = make_product(name="Lamp")
    assert get_product(db.session(), "lamp") is made
    catalog.archive_product(made.id)
    with pytest.raises(UnknownProduct):
        get_product(db.session(), "lamp")
    assert get_product_by_id(db.session(), made.id) is made


def test_what_is_unknown_is_named() -> None:
    made = make_product()
    for ask in (
        lambda: get_product(db.session(), "nothing"),
        lambda: get_product_by_id(db.session(), made.id + 1),
        lambda: get_variant(db.session(), made.variants[0].id + 1),
    ):
        with pytest.raises(UnknownProduct):
            ask()
    with pytest.raises(UnknownCategory):
        get_category(db.session(), "nothing")
    assert get_category(db.session(), made.category.slug) is made.category


def test_related_products_are_others_of_the_same_shelf_the_best_sellers_first() -> None:
    lights, mugs = make_category("Lights"), make_category("Mugs")
    made = [make_product(name=name, stock_level=0, category_id=lights) for name in ("One", "Two", "Three")]
    make_product(name="Mug", category_id=mugs)
    with transaction():
        catalog.count_sold({made[2].id: 5})
    assert [product.name for product in list_related(db.session(), made[0])] == ["Three", "Two"]
    assert [product.name for product in list_related(db.session(), made[0], limit=1)] == ["Three"]
