"""Categories as merchants write them: one name each, an address that stays, an order, and nothing lost with them."""

import pytest
from flask import Flask
from sqlalchemy import select

from storefront.catalog import service as catalog
from storefront.catalog.models import Category, Product
from storefront.catalog.queries import UnknownCategory, list_categories
from storefront.catalog.service import CategoryNotEmpty, ProductData, TakenCategory, VariantData
from storefront.core.db import db
from tests.fixtures.factories import make_category, make_product
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget
from tests.fixtures.shop import on_every_database


def order() -> list[str]:
    forget()
    return [category.name for category in list_categories(db.session())]


def slug(category_id: int) -> str:
    forget()
    return db.session.get_one(Category, category_id).slug


@pytest.mark.usefixtures("context")
def test_a_new_category_comes_behind_the_others_unless_a_place_is_given() -> None:
    for name in ("Rugs", "Lamps"):
        catalog.create_category(name)
    catalog.create_category("Jugs", 0)
    assert order() == ["Jugs", "Rugs", "Lamps"]


@on_every_database
@pytest.mark.usefixtures("context")
def test_a_name_that_is_taken_is_refused_however_it_is_written() -> None:
    cafe, rugs = make_category("Café"), make_category("Rugs")
    for name in ("Café", "CAFE"):
        with pytest.raises(TakenCategory):
            catalog.create_category(name)
        with pytest.raises(TakenCategory):
            catalog.rename_category(rugs, name)
    catalog.rename_category(cafe, "CAFÉ")
    assert order() == ["CAFÉ", "Rugs"]


@pytest.mark.usefixtures("context")
def test_a_renamed_category_keeps_its_address_and_its_old_name_is_free() -> None:
    first = make_category("Lamps")
    catalog.rename_category(first, "Lights")
    second = make_category("Lamps")
    catalog.rename_category(second, "Candles")
    third = make_category("Lamps")
    assert [slug(category_id) for category_id in (first, second, third)] == ["lamps", "lamps-2", "lamps-3"]


@pytest.mark.usefixtures("context")
def test_a_very_long_name_has_an_address_of_its_own() -> None:
    ids = [make_category("x" * 100 + ending) for ending in "abc"]
    assert len({slug(category_id) for category_id in ids}) == 3
    assert all(len(slug(category_id)) <= 80 for category_id in ids)


@on_every_database
@pytest.mark.usefixtures("context")
def test_products_are_found_by_the_new_name_of_their_category_and_an_open_edit_of_them_still_saves() -> None:
    lamps = make_category("Lamps")
    lamp, other = make_product(name="Globe", category_id=lamps), make_product(name="Jug", category_id=make_category())
    seen, untouched = lamp.version, other.search_text
    sku = lamp.variants[0].sku.lower()
    catalog.rename_category(lamps, "Lights")
    forget()
    assert db.session.get_one(Product, lamp.id).search_text == f"globe lights {sku}"
    assert db.session.get_one(Product, other.id).search_text == untouched
    assert db.session.get_one(Product, lamp.id).version == seen


@on_every_database
@pytest.mark.usefixtures("context")
def test_a_category_moves_one_place_and_no_further_than_the_end() -> None:
    lamps, rugs, jugs = (catalog.create_category(name, 0) for name in ("Lamps", "Rugs", "Jugs"))
    assert order() == ["Jugs", "Lamps", "Rugs"]
    catalog.move_category(rugs, -1)
    assert order() == ["Jugs", "Rugs", "Lamps"]
    catalog.move_category(jugs, -1)
    assert order() == ["Jugs", "Rugs", "Lamps"]
    catalog.move_category(lamps, 1)
    assert order() == ["Jugs", "Rugs", "Lamps"]
    catalog.move_category(jugs, 1)
    assert order() == ["Rugs", "Jugs", "Lamps"]


@on_every_database
@pytest.mark.usefixtures("context")
def test_only_an_empty_category_is_deleted() -> None:
    lamps, rugs = make_category("Lamps"), make_category("Rugs")
    product = make_product(category_id=lamps)
    catalog.archive_product(product.id)
    with pytest.raises(CategoryNotEmpty):
        catalog.delete_category(lamps)
    catalog.delete_category(rugs)
    assert order() == ["Lamps"]


@pytest.mark.usefixtures("context")
def test_a_category_that_is_gone_is_named() -> None:
    for step in (
        lambda: catalog.rename_category(9, "Lamps"),
        lambda: catalog.move_category(9, 1),
        lambda: catalog.delete_category(9),
    ):
        with pytest.raises(UnknownCategory):
            step()


@on_every_database
def test_a_category_is_not_deleted_under_a_product_that_is_just_being_made(app: Flask) -> None:
    with app.app_context():
        ids = [make_category(f"Shelf {number}") for number in range(6)]
    steps = [step for number, category_id in enumerate(ids) for step in _make_and_delete(number, category_id)]
    race = at_once(app, steps)
    assert {type(error) for error in race.errors} <= {UnknownCategory, CategoryNotEmpty}
    assert len(race.errors) == len(ids)
    with app.app_context():
        left = set(db.session.scalars(select(Category.id)))
        assert left == set(db.session.scalars(select(Product.category_id)))


@on_every_database
def test_of_two_people_who_use_one_name_at_once_one_is_told(app: Flask) -> None:
    with app.app_context():
        rugs = make_category("Rugs")
    race = at_once(app, [lambda: catalog.create_category("Lamps"), lambda: catalog.rename_category(rugs, "Lamps")] * 2)
    with app.app_context():
        assert order().count("Lamps") == 1
    assert {type(error) for error in race.errors} == {TakenCategory}


def _make_and_delete(number: int, category_id: int) -> list[object]:
    variants = [VariantData(sku=f"SKU-{number}", price_minor=1)]
    data = ProductData(code=f"C-{number}", name=f"Lamp {number}", category_id=category_id, variants=variants)
    return [lambda: catalog.create_product(data), lambda: catalog.delete_category(category_id)]
