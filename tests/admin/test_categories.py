"""Categories at the desk: make, rename, put in order, delete when empty."""

import pytest

from storefront.catalog import service
from storefront.catalog.models import Category
from storefront.core.db import db
from tests.fixtures.factories import make_category, make_product
from tests.fixtures.shop import post

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def owner(sign_in):
    """A browser of the owner."""
    return sign_in("owner")


def names() -> list[str]:
    """The categories in the order of the shop."""
    db.session.rollback()
    return list(db.session.scalars(db.select(Category.name).order_by(Category.position, Category.name)))


def test_an_empty_shop_leads_from_its_products_to_the_first_category(owner):
    assert 'href="/admin/categories"' in owner.get("/admin/products").text
    page = owner.get("/admin/products/new").text
    assert "First a category, then a product" in page
    assert 'href="/admin/categories"' in page
    assert 'name="variants-0-sku"' not in page
    assert "No categories yet" in owner.get("/admin/categories").text

    answer = post(owner, "/admin/categories", {"name": "Lamps"})
    assert answer.status_code == 303
    assert "Lamps is made." in owner.get(answer.location).text
    assert 'name="variants-0-sku"' in owner.get("/admin/products/new").text


def test_a_product_form_sent_to_a_shop_without_categories_keeps_what_was_typed(owner):
    answer = post(owner, "/admin/products", {"name": "Enamel jug", "variants-0-sku": "J-1"})
    assert answer.status_code == 422
    assert 'value="Enamel jug"' in answer.text


def test_the_list_counts_the_products_of_each_category_with_the_archived_ones(owner):
    lamps = make_category("Lamps")
    make_category("Jugs")
    make_product(category_id=lamps)
    service.archive_product(make_product(category_id=lamps).id)
    page = owner.get("/admin/categories").text
    assert f'href="/admin/products?category={lamps}&amp;status=any">2 products</a>' in page
    assert ">0 products</a>" in page
    assert "2 products" in owner.get(f"/admin/products?category={lamps}&status=any").text


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("  ", 422, "Enter a name."),
        ("x" * 121, 422, "Use at most 120 characters."),
        ("LAMPS", 409, "There is a category called LAMPS already."),
    ],
)
def test_a_category_that_cannot_be_made_says_why_and_keeps_what_was_typed(owner, name, status, message):
    make_category("Lamps")
    answer = post(owner, "/admin/categories", {"name": name})
    assert answer.status_code == status
    assert answer.text.count(message) == 2
    assert f'value="{name.strip()}"' in answer.text
    assert names() == ["Lamps"]


def test_a_category_is_renamed(owner):
    lamps = make_category("Lamps")
    assert 'value="Lamps"' in owner.get(f"/admin/categories/{lamps}").text
    answer = post(owner, f"/admin/categories/{lamps}", {"name": " Lights "})
    assert answer.status_code == 303
    assert "Lights is saved." in owner.get(answer.location).text
    assert names() == ["Lights"]


@pytest.mark.parametrize(("name", "status"), [("", 422), ("jugs", 409)])
def test_a_name_that_cannot_be_saved_changes_nothing(owner, name, status):
    lamps = make_category("Lamps")
    make_category("Jugs")
    assert post(owner, f"/admin/categories/{lamps}", {"name": name}).status_code == status
    assert names() == ["Lamps", "Jugs"]


def test_categories_are_put_in_order_and_the_list_says_so(owner):
    _, jugs, rugs = (make_category(name) for name in ("Lamps", "Jugs", "Rugs"))
    answer = post(owner, f"/admin/categories/{rugs}/position", {"direction": "up"})
    page = owner.get(answer.location).text
    assert names() == ["Lamps", "Rugs", "Jugs"]
    assert "Rugs is at place 2 now." in page
    post(owner, f"/admin/categories/{jugs}/position", {"direction": "sideways"})
    assert names() == ["Lamps", "Rugs", "Jugs"]


def test_the_moved_rows_are_a_part_of_their_page(owner):
    lamps = make_category("Lamps")
    path = f"/admin/categories?moved={lamps}&direction=up"
    rows = owner.get(path, headers={"HX-Request": "true", "HX-Request-Type": "partial"}).text
    assert rows.lstrip().startswith("<section")
    assert "<h1" not in rows
    assert "Lamps is at place 1 now." in rows


def test_an_empty_category_is_deleted(owner):
    lamps = make_category("Lamps")
    assert "Delete this category" in owner.get(f"/admin/categories/{lamps}").text
    answer = post(owner, f"/admin/categories/{lamps}/removal")
    assert "Lamps is deleted." in owner.get(answer.location).text
    assert names() == []


def test_a_category_with_products_stays(owner):
    lamps = make_category("Lamps")
    make_product(category_id=lamps)
    assert "Delete this category" not in owner.get(f"/admin/categories/{lamps}").text
    answer = post(owner, f"/admin/categories/{lamps}/removal")
    assert "Lamps still has products in it." in owner.get(answer.location).text
    assert names() == ["Lamps"]


def test_a_category_that_is_gone_is_told_inside_the_desk(owner):
    assert owner.get("/admin/categories/999").status_code == 404
    for path in ("", "/position", "/removal"):
        answer = post(owner, f"/admin/categories/999{path}", {"name": "Lamps", "direction": "up"})
        assert answer.status_code == 404
        assert "desk-nav" in answer.text


@pytest.mark.parametrize("path", ["", "/1", "/1/position", "/1/removal"])
def test_who_may_only_look_at_the_catalogue_changes_no_category(sign_in, path):
    make_category("Lamps")
    packer = sign_in("packer")
    answer = post(packer, f"/admin/categories{path}", {"name": "Hacked", "direction": "up"})
    assert answer.status_code == 403
    assert names() == ["Lamps"]
    assert 'href="/admin/categories"' not in packer.get("/admin/products").text


def test_products_are_the_current_area_of_their_categories(owner):
    page = owner.get("/admin/categories").text
    assert '<a href="/admin/products" aria-current="page">' in page
    assert page.count('aria-current="page"') == 2
