"""The catalogue as merchants write it: nothing is overwritten unseen, nothing sold is deleted."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update

from storefront.catalog import service as catalog
from storefront.catalog.models import Category, Image, Product, ProductStatus, Variant
from storefront.catalog.queries import UnknownCategory, UnknownProduct
from storefront.catalog.service import EditConflict, NoVariant, ProductData, TakenCode, VariantData
from storefront.core.db import db, transaction
from tests.fixtures.factories import make_category, make_product
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget
from tests.fixtures.shop import on_every_database


def data(category_id: int, **changes: object) -> ProductData:
    variants = [VariantData(sku="LAMP-R", price_minor=900, name="red"), VariantData(sku="LAMP-B", price_minor=700)]
    whole = ProductData(code="LAMP", name="Café Lamp", category_id=category_id, variants=variants, description="Warm.")
    return replace(whole, **changes)  # type: ignore[arg-type]


def product(product_id: int) -> Product:
    forget()
    return db.session.get_one(Product, product_id)


def as_entered(product_id: int, **changes: object) -> ProductData:
    """The product's present state, as its form would send it back."""
    kept = product(product_id)
    variants = [
        VariantData(id=v.id, sku=v.sku, price_minor=v.price_minor, name=v.name, is_active=v.is_active)
        for v in kept.variants
    ]
    whole = ProductData(
        code=kept.code, name=kept.name, category_id=kept.category_id, variants=variants, description=kept.description
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


@pytest.mark.usefixtures("context")
def test_a_product_is_written_with_what_lists_and_search_need() -> None:
    made = product(catalog.create_product(data(make_category("Lights"))))
    assert (made.slug, made.price_minor, made.status, made.version) == ("cafe-lamp", 700, ProductStatus.ACTIVE, 1)
    assert [(v.sku, v.name, v.position) for v in made.variants] == [("LAMP-R", "red", 0), ("LAMP-B", "", 1)]
    assert made.search_text == "cafe lamp lights lamp-r lamp-b"
    assert made.has_price_range


@pytest.mark.usefixtures("context")
def test_two_products_of_one_name_have_two_addresses() -> None:
    first, second = make_product(name="Lamp"), make_product(name="Lamp")
    assert first.slug == "lamp"
    assert second.slug == f"lamp-{second.code.lower()}"


@on_every_database
@pytest.mark.usefixtures("context")
def test_the_longest_names_still_have_two_addresses() -> None:
    category_id = make_category()
    for number in (1, 2):
        code = f"{number}" * 40
        variants = [VariantData(sku=code, price_minor=1)]
        catalog.create_product(ProductData(code=code, name="x" * 160, category_id=category_id, variants=variants))
    slugs = db.session.scalars(select(Product.slug)).all()
    assert len(set(slugs)) == 2
    assert max(map(len, slugs)) <= 160


@pytest.mark.usefixtures("context")
def test_a_product_without_variants_or_category_is_not_written() -> None:
    category_id = make_category()
    with pytest.raises(NoVariant):
        catalog.create_product(data(category_id, variants=[]))
    with pytest.raises(UnknownCategory):
        catalog.create_product(data(category_id + 1))
    assert db.session.scalars(select(Product)).all() == []


@on_every_database
@pytest.mark.usefixtures("context")
def test_a_code_or_sku_that_is_taken_is_refused_and_nothing_is_written() -> None:
    category_id = make_category("Lights")
    catalog.create_product(data(category_id))
    fresh = [VariantData(sku="FRESH", price_minor=1)]
    with pytest.raises(TakenCode):
        catalog.create_product(data(category_id, variants=fresh, name="Other"))
    with pytest.raises(TakenCode):
        catalog.create_product(data(category_id, code="OTHER", name="Other"))
    other = make_product()
    with pytest.raises(TakenCode):
        catalog.change_product(other.id, as_entered(other.id, code="LAMP"), other.version)
    taken = [VariantData(id=other.variants[0].id, sku="LAMP-R", price_minor=1)]
    with pytest.raises(TakenCode):
        catalog.change_product(other.id, as_entered(other.id, variants=taken), other.version)
    assert len(db.session.scalars(select(Product)).all()) == 2


@pytest.mark.usefixtures("context")
def test_a_change_is_written_over_the_version_that_was_seen() -> None:
    made = make_product(name="Lamp", variants=("red", "blue"))
    other = make_category("Other")
    first, second = made.variants
    variants = [
        VariantData(id=second.id, sku=second.sku, price_minor=50, name="navy"),
        VariantData(sku="NEW", price_minor=90, name="green"),
    ]
    wanted = as_entered(made.id, name="Lantern", category_id=other, variants=variants)
    catalog.change_product(made.id, wanted, made.version)
    changed = product(made.id)
    assert (changed.name, changed.slug, changed.category_id, changed.price_minor) == ("Lantern", "lamp", other, 50)
    assert [v.name for v in changed.active_variants] == ["navy", "green"]
    assert "lantern other" in changed.search_text
    assert changed.version == 2
    assert first.id in {v.id for v in changed.variants}
    assert not db.session.get_one(Variant, first.id).is_active


@pytest.mark.usefixtures("context")
def test_a_change_over_an_old_version_is_refused() -> None:
    made = make_product(name="Lamp")
    seen, wanted = made.version, as_entered(made.id, name="Lantern")
    catalog.set_price(made.variants[0].id, 999)
    with pytest.raises(EditConflict):
        catalog.change_product(made.id, wanted, seen)
    assert product(made.id).name == "Lamp"


@on_every_database
def test_of_two_changes_at_once_one_is_written_and_the_other_is_told(context: Flask) -> None:
    made = make_product(name="Lamp")
    product_id, version = made.id, made.version
    names = ["One", "Two", "Three"]
    wanted = [as_entered(product_id, name=name) for name in names]
    race = at_once(context, [lambda w=w: catalog.change_product(product_id, w, version) for w in wanted])
    assert len(race.results) == 1
    assert [type(error) for error in race.errors] == [EditConflict] * 2
    assert (product(product_id).name in names, product(product_id).version) == (True, version + 1)


@on_every_database
def test_prices_changed_at_once_are_all_written(context: Flask) -> None:
    made = make_product(variants=("red", "blue", "green"))
    ids = [variant.id for variant in made.variants]
    at_once(context, [lambda i=i: catalog.set_price(i, 100 + i) for i in ids]).won()
    assert {v.id: v.price_minor for v in product(made.id).variants} == {i: 100 + i for i in ids}
    assert product(made.id).price_minor == 100 + min(ids)


@pytest.mark.usefixtures("context")
def test_a_sale_does_not_make_an_edit_fail() -> None:
    made = make_product(name="Lamp")
    wanted, seen = as_entered(made.id, name="Lantern"), made.version
    with transaction():
        catalog.count_sold({made.id: 3})
    catalog.change_product(made.id, wanted, seen)
    assert (product(made.id).name, product(made.id).sold) == ("Lantern", 3)


@on_every_database
def test_sales_at_once_are_all_counted(context: Flask) -> None:
    ids = [make_product().id, make_product().id]

    def sell() -> None:
        with transaction():
            catalog.count_sold({ids[1]: 2, ids[0]: 1})

    at_once(context, [sell] * 8).won()
    assert [product(product_id).sold for product_id in ids] == [8, 16]


@pytest.mark.usefixtures("context")
def test_an_archived_product_comes_back_as_it_was() -> None:
    made = make_product()
    for step, status in ((catalog.archive_product, "archived"), (catalog.restore_product, "active")):
        step(made.id)
        step(made.id)
        assert product(made.id).status == status
        assert product(made.id).variants[0].can_be_bought is (status == "active")


@pytest.mark.usefixtures("context")
def test_the_lowest_price_is_that_of_an_active_variant() -> None:
    made = product(catalog.create_product(data(make_category())))
    dear, cheap = made.variants
    kept = VariantData(id=dear.id, sku=dear.sku, price_minor=900)
    gone = VariantData(id=cheap.id, sku=cheap.sku, price_minor=700, is_active=False)
    catalog.change_product(made.id, as_entered(made.id, variants=[kept, gone]), made.version)
    assert (product(made.id).price_minor, product(made.id).has_price_range) == (900, False)


@pytest.mark.usefixtures("context")
def test_pictures_hang_in_the_order_they_came_and_are_taken_down_from_their_own_product_only() -> None:
    made, other = make_product(), make_product()
    ids = [catalog.add_image(made.id, key=key * 64, width=700, height=500, alt=key) for key in "ab"]
    catalog.remove_image(other.id, ids[0])
    assert [image.alt for image in product(made.id).images] == ["a", "b"]
    shown = product(made.id).image
    assert shown is not None
    assert (shown.widths, shown.url(320, "webp")) == ((320, 640), f"/media/aa/{'a' * 64}-320.webp")
    catalog.remove_image(made.id, ids[0])
    catalog.remove_image(made.id, ids[0])
    catalog.add_image(made.id, key="c" * 64, width=100, height=100, alt="c")
    assert [image.alt for image in product(made.id).images] == ["b", "c"]
    assert db.session.scalars(select(Image).where(Image.alt == "c")).one().widths == (100,)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    "step",
    [
        catalog.archive_product,
        lambda i: catalog.add_image(i, key="a", width=1, height=1, alt=""),
        lambda i: catalog.set_price(i, 1),
    ],
)
def test_what_does_not_exist_is_not_changed(step) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnknownProduct):
        step(10**6)


@on_every_database
@pytest.mark.usefixtures("context")
def test_the_database_itself_refuses_a_price_below_nothing() -> None:
    make_product()
    with pytest.raises(Exception, match=r"(?i)constraint"), transaction() as session:
        session.execute(update(Variant).values(price_minor=-1))
    assert db.session.scalar(select(Category.id)) is not None
