"""The shop window: what an address shows, and that everybody gets the same bytes."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.catalog import service as catalog
from storefront.core.db import db, transaction
from storefront.stock import service as stock
from tests.fixtures.factories import make_category, make_product
from tests.fixtures.shop import post

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def shelf(app: Flask) -> str:
    """A category of three lamps: 1.00 (sold out), 2.00 and 30.00; gives its address."""
    with app.app_context():
        category_id = make_category("Lighting")
        make_product(name="Candle", price_minor=100, stock_level=0, category_id=category_id)
        make_product(name="Lantern", price_minor=200, category_id=category_id)
        make_product(name="Chandelier", price_minor=3000, stock_level=2, category_id=category_id)
        return "/c/lighting"


def names(client: FlaskClient, path: str) -> list[str]:
    return re.findall(r'<h\d class="card-name"><a [^>]+>([^<]+)</a>', client.get(path).text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=price-up", ["Candle", "Lantern", "Chandelier"]),
        ("sort=price-down", ["Chandelier", "Lantern", "Candle"]),
        ("sort=name", ["Candle", "Chandelier", "Lantern"]),
        ("sort=price-up&in_stock=1", ["Lantern", "Chandelier"]),
        ("sort=price-up&min=2", ["Lantern", "Chandelier"]),
        ("sort=price-up&max=2.00", ["Candle", "Lantern"]),
        ("sort=price-up&min=1.50&max=%C2%A329.99", ["Lantern"]),
    ],
)
def test_the_address_sorts_and_narrows_a_category(
    client: FlaskClient, shelf: str, query: str, expected: list[str]
) -> None:
    assert names(client, f"{shelf}?{query}") == expected


@pytest.mark.parametrize(
    "query", ["sort=nonsense", "page=-1", "page=x", "page=99999999999", "page=%C2%B2", "in_stock=2"]
)
def test_a_choice_that_makes_no_sense_counts_as_not_made(client: FlaskClient, shelf: str, query: str) -> None:
    assert len(names(client, f"{shelf}?{query}")) == 3


def test_a_price_that_is_no_amount_is_left_out_and_said_so(client: FlaskClient, shelf: str) -> None:
    text = client.get(f"{shelf}?min=cheap").text
    assert "it was left out" in text
    assert 'value="cheap"' in text
    assert len(names(client, f"{shelf}?min=cheap")) == 3
    assert "it was left out" not in client.get(f"{shelf}?min=1").text


def test_the_pager_keeps_the_other_choices(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        category_id = make_category("Plates")
        for _ in range(25):
            make_product(category_id=category_id)
    text = client.get("/c/plates?sort=name&in_stock=1").text
    assert 'href="/c/plates?sort=name&amp;in_stock=1&amp;page=2"' in text
    assert len(names(client, "/c/plates?sort=name&in_stock=1&page=2")) == 1


def test_htmx_learns_the_address_without_empty_choices(client: FlaskClient, shelf: str) -> None:
    answer = client.get(f"{shelf}?sort=popular&min=&max=9&in_stock=&page=1", headers=HTMX)
    assert answer.headers["HX-Push-Url"] == f"{shelf}?max=9"


def test_search_finds_words_and_names_the_shelves_when_it_finds_none(client: FlaskClient, shelf: str) -> None:
    assert names(client, "/search?q=chandel") == ["Chandelier"]
    text = client.get("/search?q=lantern&max=0.5").text
    assert "Nothing found" in text
    assert 'class="chip" href="/c/lighting"' in text
    assert 'href="/search?q=lantern"' in text, "the way out of the filters"


def test_an_unknown_shelf_or_product_is_a_404(client: FlaskClient, shelf: str) -> None:
    assert client.get("/c/nothing").status_code == 404
    assert client.get("/p/nothing").status_code == 404


def test_the_variant_of_the_address_is_shown_and_bought(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        product = make_product(name="Mug", variants=("Red", "Blue"))
        slug, (red, blue) = product.slug, [(v.id, v.sku) for v in product.variants]
    assert f'name="variant_id" value="{blue[0]}"' in client.get(f"/p/{slug}?v={blue[1]}").text
    for address in (f"/p/{slug}", f"/p/{slug}?v=unknown"):
        assert f'name="variant_id" value="{red[0]}"' in client.get(address).text


def test_the_first_variant_that_can_be_bought_is_shown_first(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        product = make_product(variants=("Red", "Blue"), stock_level=0)
        slug, blue_id = product.slug, product.variants[1].id
        stock.receive(blue_id, 1, "tests")
    text = client.get(f"/p/{slug}").text
    assert f'name="variant_id" value="{blue_id}"' in text
    assert "Only 1 left" in text


@pytest.mark.parametrize(("level", "said"), [(0, "Sold out"), (1, "Only 1 left"), (5, "Only 5 left"), (6, "In stock")])
def test_a_product_says_how_much_there_is(app: Flask, client: FlaskClient, level: int, said: str) -> None:
    with app.app_context():
        slug = make_product(stock_level=level).slug
    text = client.get(f"/p/{slug}").text
    assert said in text
    assert ("Add to cart" in text) is (level > 0)


def test_an_archived_product_is_on_no_page(app: Flask, client: FlaskClient, shelf: str) -> None:
    with app.app_context():
        product = make_product(name="Bygone")
        slug, product_id = product.slug, product.id
        db.session.rollback()
        catalog.archive_product(product_id)
    assert client.get(f"/p/{slug}").status_code == 404
    assert "Bygone" not in client.get("/").text + client.get("/search").text


def test_the_shop_window_is_the_same_bytes_for_everybody(app: Flask, shelf: str, sign_in) -> None:  # type: ignore[no-untyped-def]
    with app.app_context():
        product = make_product(name="Mug")
        slug, variant_id = product.slug, product.variants[0].id
    ada, guest = sign_in(email="ada@example.com"), app.test_client()
    post(ada, "/cart/lines", {"variant_id": variant_id, "quantity": 2})
    for path in ("/", shelf, "/search", f"/p/{slug}"):
        seen_by_ada, seen_by_guest = ada.get(path), guest.get(path)
        assert seen_by_ada.data == seen_by_guest.data
        assert seen_by_guest.headers["Cache-Control"].startswith("public")
        assert "Set-Cookie" not in seen_by_ada.headers


def test_a_shelf_shows_the_picture_of_its_best_seller(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        category_id = make_category("Bags")
        for name, sold, key in (("Slow", 1, "a" * 24), ("Fast", 9, "b" * 24)):
            product_id = make_product(name=name, category_id=category_id).id
            db.session.rollback()
            catalog.add_image(product_id, key=key, width=640, height=640, alt="")
            with transaction():
                catalog.count_sold({product_id: sold})
    shelf = client.get("/").text.partition('class="shelves"')[2].partition("</ul>")[0]
    assert "b" * 24 in shelf
    assert "a" * 24 not in shelf
