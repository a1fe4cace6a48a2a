"""Somebody with a phone buys something: the whole way, with JavaScript and without, nothing doubled but the outside."""

import re
import time
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default as mail_policy

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import Visitor, mails_to
from tests.run.shop_process import ShopProcess

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "no-javascript"])


def add_to_cart(page: Page, *, javascript: bool) -> None:
    """From the home page to something in the cart."""
    page.get_by_role("heading", level=3).first.get_by_role("link").click()
    page.get_by_role("button", name="Add to cart").click()
    if javascript:
        expect(page.get_by_role("dialog")).to_be_visible()
        page.get_by_role("dialog").get_by_role("link", name="Go to checkout").click()
    else:
        page.get_by_role("link", name="Go to checkout").click()


def fill_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Full name").fill("Ada Lovelace")
    page.get_by_label("Address", exact=True).fill("12 St James's Square")
    page.get_by_label("Town or city").fill("London")
    page.get_by_label("Postcode").fill("SW1Y 4JH")
    page.get_by_label(re.compile("terms of sale")).check()


def order_and_pay(page: Page, email: str, choice: str = "Pay £") -> None:
    fill_in(page, email)
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_text("Demo payment").first).to_be_visible()
    page.get_by_role("button", name=re.compile(f"^{choice}")).click()


def wait_until_paid(page: Page, *, javascript: bool) -> None:
    """With JavaScript the page changes by itself; without it the shopper looks again."""
    deadline = time.monotonic() + 30
    paid = page.get_by_text("Thank you. Your order is paid.")
    while not javascript and not paid.is_visible() and time.monotonic() < deadline:
        time.sleep(0.5)
        page.reload()
    expect(paid).to_be_visible(timeout=30_000)


@both_ways
def test_a_guest_buys_on_a_phone(visitor: Callable[..., Visitor], running_shop: ShopProcess, javascript: bool) -> None:
    email = f"ada-{javascript}@example.com".lower()
    guest = visitor(javascript=javascript)
    page = guest.go("/")
    add_to_cart(page, javascript=javascript)
    order_and_pay(page, email)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Order [0-9A-Z]{4}-[0-9A-Z]{4}$"))
    wait_until_paid(page, javascript=javascript)
    if javascript:
        # What is final is not asked for again.
        expect(page.locator("#status[hx-get]")).to_have_count(0)
    link = page.url
    letters = wait_for_mail(running_shop, email)
    assert len(letters) == 1
    letter = message_from_bytes(letters[0].read_bytes(), policy=mail_policy)
    assert link in letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def wait_for_mail(shop: ShopProcess, email: str) -> list:  # type: ignore[type-arg]
    deadline = time.monotonic() + 20
    while not mails_to(shop, email) and time.monotonic() < deadline:
        time.sleep(0.2)
    return mails_to(shop, email)


@both_ways
def test_a_declined_card_can_be_tried_again(visitor: Callable[..., Visitor], javascript: bool) -> None:
    page = visitor(javascript=javascript).go("/")
    add_to_cart(page, javascript=javascript)
    order_and_pay(page, "declined@example.com", "Decline")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was charged")
    page.get_by_role("button", name=re.compile("^Pay £")).click()
    wait_until_paid(page, javascript=javascript)


@both_ways
def test_a_payment_that_needs_authentication_is_approved(visitor: Callable[..., Visitor], javascript: bool) -> None:
    page = visitor(javascript=javascript).go("/")
    add_to_cart(page, javascript=javascript)
    order_and_pay(page, "bank@example.com", "Pay with authentication")
    page.get_by_role("button", name=re.compile("Approve|Allow")).click()
    wait_until_paid(page, javascript=javascript)


def test_the_providers_message_alone_finishes_the_order(visitor: Callable[..., Visitor]) -> None:
    guest = visitor()
    page = guest.go("/")
    add_to_cart(page, javascript=True)
    fill_in(page, "cut-off@example.com")
    page.get_by_role("button", name="Order and pay").click()
    link = page.get_by_role("link", name=re.compile("^Abandon")).get_attribute("href") or ""
    # The line breaks at the very moment of coming back: the redirect to the shop is never followed.
    card = {"card_number": "4242424242424242", "choice": "pay"}
    answer = page.context.request.post(page.url, form=card, max_redirects=0, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status == 303
    page.goto(link)
    wait_until_paid(page, javascript=False)


@both_ways
def test_an_abandoned_order_is_cancelled_and_its_goods_are_back_in_the_cart(
    visitor: Callable[..., Visitor], javascript: bool
) -> None:
    page = visitor(javascript=javascript).go("/")
    add_to_cart(page, javascript=javascript)
    fill_in(page, "abandoned@example.com")
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("link", name=re.compile("^Abandon")).click()
    expect(page.get_by_text("Your order is placed, but not paid yet.")).to_be_visible()
    page.get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_text("Everything is back in your cart")).to_be_visible()
    expect(page.get_by_role("link", name="Go to checkout")).to_be_visible()


@both_ways
def test_a_form_with_mistakes_keeps_what_was_typed_and_says_what_to_do(
    visitor: Callable[..., Visitor], javascript: bool
) -> None:
    guest = visitor(javascript=javascript)
    page = guest.go("/")
    add_to_cart(page, javascript=javascript)
    page.get_by_label("Full name").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill("ada@nowhere")
    page.get_by_role("button", name="Order and pay").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Enter an e-mail address such as name@example.com.")
    expect(summary).to_be_focused()
    expect(page.get_by_label("Full name")).to_have_value("Ada Lovelace")
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")


def test_a_double_tap_on_order_places_one_order(visitor: Callable[..., Visitor]) -> None:
    page = visitor().go("/")
    add_to_cart(page, javascript=True)
    fill_in(page, "twice@example.com")
    page.get_by_role("button", name="Order and pay").dblclick(no_wait_after=True)
    expect(page.get_by_text("Demo payment").first).to_be_visible()
    page.go_back()
    page.go_forward()
    expect(page.get_by_text("Demo payment").first).to_be_visible()


def test_a_foreign_country_changes_delivery_and_total_at_once(visitor: Callable[..., Visitor]) -> None:
    page = visitor().go("/")
    add_to_cart(page, javascript=True)
    page.get_by_label("Country").select_option("DE")
    expect(page.locator("#delivery").get_by_text("International delivery")).to_be_visible()
    expect(page.locator("#summary")).to_contain_text("£12.95")
    order_and_pay(page, "berlin@example.com")
    wait_until_paid(page, javascript=True)
