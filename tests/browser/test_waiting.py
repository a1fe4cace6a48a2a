"""Somebody with a phone finds a thing sold out: asks to hear when it is back, and stops the mails again."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import Visitor, sign_in
from tests.run.shop_process import ShopProcess

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "no-javascript"])
# Both are of the demo: one is sold out, of the other one of its two variants.
BASKET, APRON = "Picnic Basket Wicker Large", "Children's Apron"
SOLD_OUT_APRON = "Pink Fairy Cake"


def open_product(guest: Visitor, name: str) -> Page:
    page = guest.go(f"/search?q={name}")
    page.get_by_role("main").get_by_role("heading", level=2).get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return page


def ask(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Tell me when it is back").click()


@both_ways
def test_a_mistyped_address_is_mended_and_noted(visitor: Callable[..., Visitor], javascript: bool) -> None:
    guest = visitor(javascript=javascript)
    page = open_product(guest, BASKET)
    address = page.url
    expect(page.get_by_role("button", name="Add to cart")).to_have_count(0)
    ask(page, "ada@nowhere")
    field = page.get_by_label("E-mail")
    expect(page.get_by_text("Enter an e-mail address such as name@example.com.")).to_be_visible()
    expect(field).to_have_value("ada@nowhere")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    if javascript:
        expect(page).to_have_url(address)
    ask(page, f"basket-{javascript}@example.com".lower())
    thanks = page.get_by_text("We will write to you as soon as it is back.")
    expect(thanks).to_be_in_viewport()
    expect(page.get_by_role("heading", level=1)).to_have_text(BASKET)
    page.get_by_role("link", name="Use another address").click()
    expect(page.get_by_label("E-mail")).to_have_value("")


def test_the_variant_that_is_sold_out_has_the_form(visitor: Callable[..., Visitor]) -> None:
    guest = visitor()
    page = open_product(guest, APRON)
    expect(page.get_by_role("button", name="Add to cart")).to_be_visible()
    page.get_by_role("link", name=re.compile(SOLD_OUT_APRON)).click()
    expect(page.get_by_role("button", name="Tell me when it is back")).to_be_visible()
    expect(page.get_by_role("button", name="Add to cart")).to_have_count(0)
    ask(page, "apron@example.com")
    thanks = page.locator("#stock-request")
    expect(thanks).to_contain_text("We will write to you as soon as it is back.")
    expect(thanks).to_be_focused()


def test_who_is_signed_in_finds_their_address_filled_in(visitor: Callable[..., Visitor]) -> None:
    guest = visitor()
    page = guest.go("/account/sign-in")
    sign_in(page, "ada@example.com", "linden-ada")
    open_product(guest, BASKET)
    expect(page.get_by_label("E-mail")).to_have_value("ada@example.com")
    open_product(guest, APRON)
    page.get_by_role("link", name=re.compile(SOLD_OUT_APRON)).click()
    expect(page.get_by_label("E-mail")).to_have_value("ada@example.com")


@pytest.mark.parametrize("is_desk", [False, True], ids=["phone", "desk"])
def test_every_state_of_it_is_accessible(
    visitor: Callable[..., Visitor], running_shop: ShopProcess, is_desk: bool
) -> None:
    guest, email = visitor(is_desk=is_desk), f"axe-{is_desk}@example.com".lower()
    page = open_product(guest, BASKET)
    check(guest)
    ask(page, "ada@nowhere")
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    check(guest)
    ask(page, email)
    expect(page.get_by_text("We will write to you")).to_be_visible()
    check(guest)
    link = f"/stock-requests/{token_of(running_shop, email)}"
    guest.go(link)
    check(guest)
    page.get_by_role("button", name="Do not write to me").click()
    expect(page.get_by_text("Nobody waits")).to_be_visible()
    check(guest)


def check(guest: Visitor) -> None:
    guest.check_accessibility()
    assert guest.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@both_ways
def test_the_mails_link_stops_them(
    visitor: Callable[..., Visitor], running_shop: ShopProcess, javascript: bool
) -> None:
    guest, email = visitor(javascript=javascript), f"stop-{javascript}@example.com".lower()
    ask(open_product(guest, BASKET), email)
    expect(guest.page.get_by_text("We will write to you")).to_be_visible()
    page = guest.go(f"/stock-requests/{token_of(running_shop, email)}")
    page.get_by_role("button", name="Do not write to me").click()
    expect(page.get_by_text("Nobody waits for an e-mail from us under this link.")).to_be_visible()


def token_of(shop: ShopProcess, email: str) -> str:
    """What the mail's link will carry."""
    with closing(sqlite3.connect(shop.data_dir / "shop.sqlite3")) as database:  # type: ignore[attr-defined]
        (token,) = database.execute("SELECT token FROM stock_request WHERE email = ?", (email,)).fetchone()
    return str(token)
