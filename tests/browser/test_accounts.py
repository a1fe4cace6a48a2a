"""Somebody with a phone fills a cart as a guest, comes in by a link in a mail, and later wants to be forgotten."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import PASSWORD, Visitor, link_in, mails_to, sign_in
from tests.run.shop_process import ShopProcess, eventually

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "no-javascript"])


def open_account(guest: Visitor, shop: ShopProcess, email: str) -> None:
    """By the form and its mail, as nobody but the tests of registering does: the form is limited."""
    page = guest.go("/account/register")
    page.get_by_label("Your name").fill("Grace")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("heading", level=1, name="Look into your mail")).to_be_visible()
    assert eventually(lambda: bool(mails_to(shop, email)), 30)
    guest.go(link_in(mails_to(shop, email)[-1]))
    page.get_by_role("button").filter(has_text=re.compile("Open my account|Sign in")).last.click()
    expect(page).to_have_url(re.compile("/account"))


def put_into_cart(guest: Visitor, number: int) -> str:
    """The name of the home page's product with that number, which is in the cart now."""
    page = guest.go("/")
    link = page.get_by_role("heading", level=3).nth(number).get_by_role("link")
    name = link.inner_text()
    link.click()
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("link", name="Go to checkout").first).to_be_visible()
    return name


def follow_mail(guest: Visitor, shop: ShopProcess, email: str, known: int) -> Page:
    """Open the link of the mail that comes after the first `known` ones."""
    assert eventually(lambda: len(mails_to(shop, email)) > known, 30)
    return guest.go(link_in(mails_to(shop, email)[-1]))


@both_ways
def test_a_link_in_a_mail_signs_in_and_brings_the_guests_cart_along(
    visitor: Callable[..., Visitor], running_shop: ShopProcess, javascript: bool
) -> None:
    email = "ada@example.com"
    first = visitor()
    sign_in(first.go("/account/sign-in"), email, "linden-ada")
    own = put_into_cart(first, 0)
    guest = visitor(javascript=javascript)
    brought = put_into_cart(guest, 1)
    page = guest.go("/account/forgotten")
    known = len(mails_to(running_shop, email))
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me a link to sign in").click()
    page = follow_mail(guest, running_shop, email, known)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/account$"))
    page = guest.go("/cart")
    for name in (own, brought):
        expect(page.get_by_role("main").get_by_role("link", name=name).first).to_be_visible()


def test_an_account_is_opened_by_mail_and_deleted_by_password_and_mailed_link(
    visitor: Callable[..., Visitor], running_shop: ShopProcess
) -> None:
    email = "forget@example.com"
    guest = visitor(javascript=False)
    open_account(guest, running_shop, email)
    page = guest.go("/account/privacy")
    known = len(mails_to(running_shop, email))
    panel = page.get_by_role("region", name="Delete your account")
    panel.get_by_label("Password").fill("something else")
    panel.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("main")).to_contain_text("This is not your password")
    panel.get_by_label("Password").fill(PASSWORD)
    panel.get_by_role("button", name="Delete my account").click()
    page = follow_mail(guest, running_shop, email, known)
    page.get_by_role("button", name="Delete it for good").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
    page = guest.go("/account/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("E-mail address or password is not right")
