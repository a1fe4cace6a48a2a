"""Products at the desk: list, create, change, variants, prices, archive."""

import csv
import re

import pytest

from storefront.catalog import service
from storefront.catalog.models import Category, Product, ProductStatus
from storefront.catalog.service import ProductData, VariantData
from storefront.core.db import db
from tests.fixtures.factories import make_category, make_product
from tests.fixtures.shop import post

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def owner(sign_in):
    """A browser of the owner."""
    return sign_in("owner")


def filled(**changes: str) -> dict[str, str]:
    """The form of a product with one variant, as a browser sends it."""
    values = {
        "name": "Enamel jug",
        "code": "J-1",
        "category_id": str(db.session.scalar(db.select(Category.id)) or make_category("Kitchen")),
        "description": "Holds a litre.",
        "variants-0-id": "",
        "variants-0-sku": "J-1-BLUE",
        "variants-0-name": "Blue",
        "variants-0-price": "12.50",
        "variants-0-is_active": "y",
    }
    return {**values, **changes}


def sent_by(page: str) -> dict[str, str]:
    """What a browser would send of the product form on that page, untouched."""
    form = re.search(r'<form class="form desk-form".*?</form>', page, re.S).group()
    values = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            values[name.group(1)] = value.group(1) if value else ""
    values["category_id"] = re.search(r'<option selected value="(\d+)"', form).group(1)
    values["description"] = re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", form, re.S).group(1)
    return values


def fresh(product_id: int) -> Product:
    """The product as it is in the database now."""
    db.session.rollback()
    return db.session.get_one(Product, product_id)


def test_a_product_is_created_with_its_variant_and_price(owner):
    answer = post(owner, "/admin/products", filled())
    assert answer.status_code == 303
    product = db.session.scalars(db.select(Product)).one()
    assert answer.location.endswith(f"/admin/products/{product.id}")
    assert (product.name, product.code, product.description) == ("Enamel jug", "J-1", "Holds a litre.")
    assert [(v.sku, v.name, v.price_minor, v.is_active) for v in product.variants] == [("J-1-BLUE", "Blue", 1250, True)]
    assert "Enamel jug is in the shop" in owner.get(answer.location).text


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "Enter a name."),
        ("code", "", "Enter a code."),
        ("code", "two words", "Leave out the spaces."),
        ("category_id", "999", "Choose one of the list."),
        ("variants-0-sku", "", "Enter a SKU."),
        ("variants-0-price", "", "Enter a price."),
        ("variants-0-price", "12.505", "Enter an amount such as 12.50."),
        ("variants-0-price", "-1", "Enter an amount such as 12.50."),
        ("variants-0-price", "1e30", "Enter an amount such as 12.50."),
    ],
)
def test_what_cannot_be_saved_comes_back_with_its_reason_and_all_that_was_typed(owner, field, value, message):
    answer = post(owner, "/admin/products", filled(**{field: value}))
    assert answer.status_code == 422
    assert message in answer.text
    assert "Holds a litre." in answer.text
    assert 'value="Blue"' in answer.text
    assert f'href="#{field}"' in answer.text, "the summary leads to the field"
    assert db.session.scalar(db.select(db.func.count(Product.id))) == 0


def test_a_row_is_added_without_javascript_and_keeps_what_was_typed(owner):
    typed = filled(name="", add_variant="1", **{"variants-0-price": "abc"})
    answer = post(owner, "/admin/products", typed)
    assert answer.status_code == 200
    assert 'value="J-1-BLUE"' in answer.text
    assert 'value="abc"' in answer.text
    assert 'name="variants-1-sku"' in answer.text
    assert "Enter a name." not in answer.text, "adding a row is not saving"
    assert "data-changed" in answer.text


def test_htmx_gets_only_the_rows(owner):
    client_headers = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
    token = re.search(r'name="csrf_token" value="([^"]+)"', owner.get("/admin/products/new").text).group(1)
    data = filled(add_variant="1", csrf_token=token)
    answer = owner.post("/admin/products", data=data, headers=client_headers)
    assert answer.text.lstrip().startswith("<fieldset")
    assert 'name="variants-1-sku"' in answer.text
    assert "<h1" not in answer.text


def test_a_new_row_is_removed_and_a_saved_one_is_not(owner):
    product = make_product(variants=("Red",))
    page = owner.get(f"/admin/products/{product.id}").text
    form = sent_by(page) | {"variants-1-id": "", "variants-1-sku": "NEW", "variants-1-price": "1"}
    answer = post(owner, f"/admin/products/{product.id}", form | {"remove_variant": "1"})
    assert 'value="NEW"' not in answer.text
    answer = post(owner, f"/admin/products/{product.id}", form | {"remove_variant": "0"})
    assert f'value="{product.variants[0].sku}"' in answer.text


def test_blank_rows_are_not_saved(owner):
    blank = {"variants-1-id": "", "variants-1-sku": "", "variants-1-name": "", "variants-1-price": ""}
    assert post(owner, "/admin/products", filled(**blank, **{"variants-1-is_active": "y"})).status_code == 303
    assert len(db.session.scalars(db.select(Product)).one().variants) == 1


def test_two_rows_with_one_sku_are_refused(owner):
    twin = {"variants-1-id": "", "variants-1-sku": "J-1-BLUE", "variants-1-name": "Red", "variants-1-price": "1"}
    answer = post(owner, "/admin/products", filled(**twin))
    assert answer.status_code == 422
    assert "Two variants cannot share a SKU." in answer.text


def test_a_taken_sku_is_named_at_its_own_field(owner):
    other = make_product()
    answer = post(owner, "/admin/products", filled(**{"variants-0-sku": other.variants[0].sku}))
    assert answer.status_code == 409
    assert 'id="variants-0-sku-error"' in answer.text
    assert "This SKU is used by another product." in answer.text
    assert "This code is used" not in answer.text


def test_a_taken_code_is_named_at_its_own_field(owner):
    other = make_product()
    answer = post(owner, "/admin/products", filled(code=other.code))
    assert answer.status_code == 409
    assert 'id="code-error"' in answer.text


def test_a_product_is_changed_and_an_unticked_variant_goes_off_sale(owner):
    product = make_product(name="Old name", variants=("Red", "Blue"))
    form = sent_by(owner.get(f"/admin/products/{product.id}").text) | {"name": "New name"}
    del form["variants-1-is_active"]
    assert post(owner, f"/admin/products/{product.id}", form).status_code == 303
    changed = fresh(product.id)
    assert changed.name == "New name"
    assert [variant.is_active for variant in changed.variants] == [True, False]
    assert [variant.price_minor for variant in changed.variants] == [250, 250]


def test_saving_an_untouched_form_changes_nothing(owner):
    product = make_product(variants=("Red", "Blue"), price_minor=1999)
    before = [(v.id, v.sku, v.name, v.price_minor, v.is_active) for v in product.variants]
    form = sent_by(owner.get(f"/admin/products/{product.id}").text)
    assert post(owner, f"/admin/products/{product.id}", form).status_code == 303
    assert [(v.id, v.sku, v.name, v.price_minor, v.is_active) for v in fresh(product.id).variants] == before


def test_an_edit_conflict_keeps_what_was_typed_and_shows_what_differs(owner):
    product = make_product(name="First", variants=("Red",))
    form = sent_by(owner.get(f"/admin/products/{product.id}").text)
    variant = product.variants[0]
    theirs = [
        VariantData(id=variant.id, sku=variant.sku, name="Red", price_minor=999),
        VariantData(sku="X-2", price_minor=5),
    ]
    data = ProductData(code=product.code, name="Theirs", category_id=product.category_id, variants=theirs)
    service.change_product(product.id, data, product.version)

    answer = post(owner, f"/admin/products/{product.id}", form | {"name": "Mine"})
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    assert "Theirs" in answer.text
    assert "£9.99" in answer.text
    assert 'value="X-2"' in answer.text, "the variant they added must not be lost by saving mine"
    assert fresh(product.id).name == "Theirs"

    again = post(owner, f"/admin/products/{product.id}", sent_by(answer.text))
    assert again.status_code == 303
    saved = fresh(product.id)
    assert saved.name == "Mine"
    assert [(v.sku, v.is_active) for v in saved.variants] == [(variant.sku, True), ("X-2", True)]


def test_archiving_offers_the_way_back(owner):
    product = make_product(name="Jug")
    path = f"/admin/products/{product.id}/status"
    answer = post(owner, path, {"status": "archived"})
    assert fresh(product.id).status is ProductStatus.ARCHIVED
    page = owner.get(answer.location).text
    assert "Jug is off the shelves." in page
    assert f'action="{path}"' in page
    assert ">Undo</button>" in page
    post(owner, path, {"status": "active"})
    assert fresh(product.id).status is ProductStatus.ACTIVE


def test_prices_are_changed_and_the_list_is_come_back_to(owner):
    product = make_product(variants=("Red", "Blue"), price_minor=100)
    red, blue = product.variants
    path = f"/admin/products/{product.id}/prices?q=prod"
    answer = post(owner, path, {f"v{red.id}-price": "1.00", f"v{blue.id}-price": "2.75"})
    assert answer.status_code == 303
    assert answer.location.endswith("/admin/products?q=prod")
    changed = fresh(product.id)
    assert [variant.price_minor for variant in changed.variants] == [100, 275]


def test_no_price_is_changed_when_one_of_them_is_wrong(owner):
    product = make_product(variants=("Red", "Blue"), price_minor=100)
    red, blue = product.variants
    form = {f"v{red.id}-price": "5", f"v{blue.id}-price": "much"}
    answer = post(owner, f"/admin/products/{product.id}/prices", form)
    assert answer.status_code == 422
    assert 'value="much"' in answer.text
    assert [variant.price_minor for variant in fresh(product.id).variants] == [100, 100]


def test_the_list_is_searched_and_filtered_by_its_address(owner):
    kitchen, garden = make_category("Kitchen"), make_category("Garden")
    make_product(name="Blue jug", category_id=kitchen)
    spade = make_product(name="Spade", category_id=garden, stock_level=0)
    service.archive_product(make_product(name="Old jug", category_id=kitchen).id)

    def names(query: str) -> list[str]:
        return re.findall(r'class="row-link"[^>]*>([^<]+)<', owner.get(f"/admin/products?{query}").text)

    assert set(names("")) == {"Blue jug", "Spade"}
    assert names("q=jug") == ["Blue jug"]
    assert names("q=jug&status=archived") == ["Old jug"]
    assert set(names("q=jug&status=any")) == {"Blue jug", "Old jug"}
    assert names(f"category={garden}") == ["Spade"]
    assert names(f"q={spade.variants[0].sku}") == ["Spade"]
    assert names("left=none") == ["Spade"]
    assert names("sort=name") == ["Blue jug", "Spade"]
    assert "No product matches" in owner.get("/admin/products?q=nothing").text


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page=99999999999999999999", "category=abc", "status=gone", "sort=up"]
)
def test_an_address_that_makes_no_sense_gives_the_usual_list(owner, query):
    make_product(name="Blue jug")
    answer = owner.get(f"/admin/products?{query}")
    assert answer.status_code == 200
    assert "Blue jug" in answer.text


def test_the_list_has_pages_that_keep_the_search(owner):
    for number in range(27):
        make_product(name=f"Jug {number:02}")
    first = owner.get("/admin/products?q=jug&sort=name").text
    assert first.count("row-link") == 25
    assert "/admin/products?q=jug&amp;sort=name&amp;page=2" in first
    assert owner.get("/admin/products?q=jug&sort=name&page=2").text.count("row-link") == 2


def test_the_file_has_every_variant_that_the_list_would_show(sign_in) -> None:
    cup = make_product(name="Cup", variants=("Red", "Blue"), price_minor=1250, stock_level=3)
    make_product(name="=Jug", price_minor=900)
    client = sign_in("packer")
    assert 'href="/admin/products.csv?q=cup"' in client.get("/admin/products?q=cup").text
    rows = list(csv.DictReader(client.get("/admin/products.csv?q=cup").text.removeprefix("\ufeff").splitlines()))
    assert [(row["product"], row["variant"], row["price"], row["available"], row["on_sale"]) for row in rows] == [
        ("Cup", "Red", "12.50", "3", "yes"),
        ("Cup", "Blue", "12.50", "3", "yes"),
    ]
    assert [row["sku"] for row in rows] == [variant.sku for variant in cup.variants]
    assert '"\'=Jug"' in client.get("/admin/products.csv").text, "no cell runs as a formula"
