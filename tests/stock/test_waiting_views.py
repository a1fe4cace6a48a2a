"""The form of a sold-out product, and the link that ends the mails: what is answered, and to whom it tells nothing."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from storefront.core.db import db
from storefront.stock import service as stock
from storefront.stock import waiting
from storefront.stock.models import StockRequest
from tests.fixtures.factories import make_product
from tests.fixtures.readings import forget
from tests.fixtures.shop import on_every_database, post

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def lamp(context: Flask) -> tuple[str, int]:
    """The address and the variant's id of a lamp that is sold out."""
    product = make_product(name="Lamp", stock_level=0)
    return f"/p/{product.slug}?v={product.variants[0].sku}", product.variants[0].id


def ask(client: FlaskClient, variant_id: object, email: str = "ada@example.com", **headers: str) -> TestResponse:
    return client.post("/stock-requests", data={"variant_id": variant_id, "email": email}, headers=headers)


def requests() -> list[StockRequest]:
    forget()
    return list(db.session.scalars(db.select(StockRequest).order_by(StockRequest.id)))


def test_a_sold_out_variant_offers_to_tell_and_one_in_stock_does_not(client: FlaskClient, context: Flask) -> None:
    product = make_product(variants=("Red", "Blue"), stock_level=0)
    (red, red_id), (blue, blue_id) = [(variant.sku, variant.id) for variant in product.variants]
    address = f"/p/{product.slug}?v="
    stock.receive(blue_id, 1, "tests")
    sold_out, there = client.get(address + red).text, client.get(address + blue).text
    assert f'name="variant_id" value="{red_id}"' in sold_out
    assert ("Tell me when it is back" in sold_out, "Add to cart" in sold_out) == (True, False)
    assert ("Tell me when it is back" in there, "Add to cart" in there) == (False, True)


def test_asking_leads_back_to_the_product_which_says_thank_you(client: FlaskClient, lamp: tuple[str, int]) -> None:
    address, variant_id = lamp
    answer = ask(client, variant_id, " Ada@Example.com ")
    assert (answer.status_code, answer.location) == (303, f"{address}&asked=1#stock-request")
    page = client.get(answer.location)
    assert "We will write to you as soon as it is back." in page.text
    assert page.headers["Cache-Control"].startswith("public"), "and is the same for everybody"
    assert "Set-Cookie" not in page.headers
    assert [(row.variant_id, row.email, row.locale) for row in requests()] == [(variant_id, "ada@example.com", "en")]


def test_htmx_gets_the_block_alone(client: FlaskClient, lamp: tuple[str, int]) -> None:
    answer = ask(client, lamp[1], **HTMX)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div class="ask" id="stock-request"')
    assert "We will write to you as soon as it is back." in answer.text


@pytest.mark.parametrize(
    ("typed", "message"),
    [("", "Enter your e-mail address."), ("ada@nowhere", "Enter an e-mail address such as"), ("a" * 250 + "@b.co", "")],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_what_is_no_address_is_told_by_the_field_and_kept(
    client: FlaskClient, lamp: tuple[str, int], typed: str, message: str, headers: dict[str, str]
) -> None:
    answer = ask(client, lamp[1], typed, **headers)
    assert answer.status_code == 422
    assert message in answer.text
    assert f'value="{typed}"' in answer.text
    assert 'aria-describedby="stock-request-email-hint stock-request-email-error"' in answer.text
    assert f'name="variant_id" value="{lamp[1]}"' in answer.text
    assert requests() == []


def test_the_answer_does_not_tell_whether_somebody_waits(
    client: FlaskClient, lamp: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MAX_OPEN", 1)
    other = make_product(name="Plate", stock_level=0)
    other_address, other_id = f"/p/{other.slug}?v={other.variants[0].sku}&asked=1#stock-request", other.variants[0].id
    first, again = (ask(client, lamp[1]) for _ in range(2))
    too_many = ask(client, other_id)
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert (too_many.status_code, too_many.location) == (303, other_address)
    assert len(requests()) == 1


def test_what_is_back_meanwhile_is_shown_to_be_bought(client: FlaskClient, lamp: tuple[str, int]) -> None:
    stock.receive(lamp[1], 1, "tests")
    answer, for_htmx = ask(client, lamp[1]), ask(client, lamp[1], **HTMX)
    assert (answer.status_code, answer.location) == (303, lamp[0])
    assert (for_htmx.status_code, for_htmx.headers["HX-Redirect"]) == (204, lamp[0])
    assert requests() == []


@on_every_database
@pytest.mark.parametrize("variant_id", ["", "x", "0", "-1", "999999", "9" * 30])
def test_what_the_shop_does_not_sell_cannot_be_waited_for(
    client: FlaskClient, lamp: tuple[str, int], variant_id: str
) -> None:
    assert ask(client, variant_id).status_code == 404
    assert requests() == []


def test_the_language_and_the_person_are_noted(
    lamp: tuple[str, int], sign_in: Callable[..., FlaskClient], client: FlaskClient
) -> None:
    ada = sign_in()
    ask(ada, lamp[1])
    client.set_cookie("lang", "zh_Hans")
    ask(client, lamp[1], "guest@example.com")
    assert [(row.locale, row.user_id is None) for row in requests()] == [("en", False), ("zh_Hans", True)]


def test_the_header_alone_knows_the_address_of_who_is_signed_in(
    sign_in: Callable[..., FlaskClient], lamp: tuple[str, int]
) -> None:
    ada = sign_in(email="ada@example.com")
    assert "ada@example.com" not in ada.get(lamp[0]).text
    badge = ada.get("/cart/badge")
    assert 'data-email="ada@example.com"' in badge.text
    assert badge.headers["Cache-Control"] == "private, no-store"


def test_another_sites_page_cannot_ask(client: FlaskClient, lamp: tuple[str, int]) -> None:
    assert ask(client, lamp[1], **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert requests() == []


def test_one_address_is_not_typed_for_ever(client: FlaskClient, lamp: tuple[str, int]) -> None:
    answers = [ask(client, lamp[1], typed).status_code for typed in ["ada@example.com", "ADA@example.com "] * 6]
    assert answers == [303] * 10 + [429] * 2
    assert ask(client, lamp[1], "bob@example.com").status_code == 303


def test_nobody_types_addresses_for_ever(client: FlaskClient, lamp: tuple[str, int]) -> None:
    answers = [ask(client, lamp[1], f"p{number}@example.com").status_code for number in range(31)]
    assert answers == [303] * 30 + [429]


@on_every_database
def test_the_mails_link_shows_a_button_which_stops_them(client: FlaskClient, lamp: tuple[str, int]) -> None:
    ask(client, lamp[1])
    ask(client, lamp[1], "bob@example.com")
    path = f"/stock-requests/{requests()[0].token}"
    shown = client.get(path)
    assert "ada@example.com" in shown.text
    assert "noindex" in shown.text
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert len(requests()) == 2, "looking at it stops nothing"
    answer = post(client, f"{path}/removal")
    assert (answer.status_code, answer.location) == (303, path)
    assert "Nobody waits for an e-mail from us under this link." in client.get(path).text
    assert [row.email for row in requests()] == ["bob@example.com"]


def test_a_link_that_is_known_no_more_looks_like_one_that_has_nothing_to_stop(client: FlaskClient) -> None:
    unknown = client.get("/stock-requests/unknown")
    assert unknown.status_code == 200
    assert not re.search(r"<form[^>]+removal", unknown.text)
    assert post(client, "/stock-requests/unknown/removal").status_code == 303


def test_stopping_needs_the_token_of_the_page(client: FlaskClient, lamp: tuple[str, int]) -> None:
    ask(client, lamp[1])
    answer = client.post(f"/stock-requests/{requests()[0].token}/removal", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 400
    assert len(requests()) == 1
