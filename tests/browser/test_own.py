"""Somebody with an account and a phone: hearts, the address book at the checkout, a return that the desk decides."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_buying import add_to_cart, order_and_pay, wait_until_paid
from tests.browser.test_waiting import BASKET, open_product
from tests.fixtures.browser import Visitor, make_account, sign_in
from tests.run.shop_process import ShopProcess

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "no-javascript"])
Arrive = Callable[..., Visitor]


@pytest.fixture
def member(visitor: Arrive, running_shop: ShopProcess) -> Arrive:
    """`member(email)` has a new account and has just signed in."""

    def arrive(email: str, *, javascript: bool = True) -> Visitor:
        make_account(running_shop, email)
        guest = visitor(javascript=javascript)
        sign_in(guest.go("/account/sign-in"), email)
        return guest

    return arrive


def heart_of(page: Page) -> Locator:
    """The heart of the product whose page this is."""
    return page.get_by_role("main").get_by_role("button", name=re.compile("^Wishlist:")).first


def test_a_heart_is_filled_emptied_and_filled_again(member: Arrive) -> None:
    guest = member("hearts@example.com")
    page = guest.go("/")
    page.get_by_role("heading", level=3).first.get_by_role("link").click()
    name = page.get_by_role("heading", level=1).inner_text()
    expect(heart_of(page)).to_have_attribute("aria-pressed", "false")
    heart_of(page).click()
    expect(heart_of(page)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("It is on your wishlist.")).to_be_visible()
    guest.check_accessibility()
    page.reload()
    expect(heart_of(page)).to_have_attribute("aria-pressed", "true")
    heart_of(page).click()
    expect(heart_of(page)).to_have_attribute("aria-pressed", "false")
    heart_of(page).click()
    expect(heart_of(page)).to_have_attribute("aria-pressed", "true")
    page = guest.go("/account/wishlist")
    expect(page.get_by_role("heading", level=2, name=name)).to_be_visible()


@both_ways
def test_the_wishlist_tells_removes_and_puts_back(member: Arrive, javascript: bool) -> None:
    guest = member(f"wishes-{javascript}@example.com".lower(), javascript=javascript)
    page = guest.go("/account/wishlist")
    expect(page.get_by_text("Nothing on your wishlist yet")).to_be_visible()
    page = open_product(guest, BASKET)
    heart_of(page).click()
    if javascript:
        expect(heart_of(page)).to_have_attribute("aria-pressed", "true")
    page = guest.go("/account/wishlist")
    page.get_by_role("button", name="Tell me when it is back").click()
    expect(page.get_by_text("We write to you when it is back or cheaper.")).to_be_visible()
    page.get_by_role("button", name="Stop the e-mails").click()
    expect(page.get_by_role("button", name="Tell me when it is back")).to_be_visible()
    if javascript:
        guest.check_accessibility()
    page.get_by_role("button", name=f"Remove {BASKET}").click()
    expect(page.get_by_text(f"{BASKET} was removed.")).to_be_visible()
    expect(page.get_by_text("Nothing on your wishlist yet")).to_be_visible()
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_role("heading", level=2, name=BASKET)).to_be_visible()


def test_a_guests_heart_waits_for_the_sign_in(visitor: Arrive, running_shop: ShopProcess) -> None:
    make_account(running_shop, "later@example.com")
    guest = visitor()
    page = open_product(guest, BASKET)
    heart_of(page).click()
    expect(page).to_have_url(re.compile("/account/sign-in"))
    sign_in(page, "later@example.com")
    expect(page).to_have_url(re.compile("/account/wishlist$"))
    expect(page.get_by_role("heading", level=2, name=BASKET)).to_be_visible()


def save_address(guest: Visitor, label: str, street: str, country: str = "GB") -> None:
    page = guest.go("/account/addresses/new")
    page.get_by_label("What you call it").fill(label)
    page.get_by_label("Full name").fill("Grace Hopper")
    page.get_by_label("Country").select_option(country)
    page.get_by_label("Address", exact=True).fill(street)
    page.get_by_label("Postcode").fill("10115" if country == "DE" else "SW1Y 4JH")
    page.get_by_label("Town or city").fill("Berlin" if country == "DE" else "London")
    page.get_by_role("button", name="Save the address").click()
    expect(page.get_by_role("heading", level=2, name=label)).to_be_visible()


@both_ways
def test_an_address_of_the_book_is_chosen_at_the_checkout(member: Arrive, javascript: bool) -> None:
    guest = member(f"book-{javascript}@example.com".lower(), javascript=javascript)
    save_address(guest, "Home", "12 St James's Square")
    save_address(guest, "Work", "Chausseestraße 8", "DE")
    page = guest.go("/")
    add_to_cart(page, javascript=javascript)
    expect(page.get_by_label("Address", exact=True)).to_have_value("12 St James's Square")
    summary = page.locator("#summary")
    expect(summary).not_to_contain_text("£12.95")
    page.get_by_role("button", name=re.compile("^Work")).click()
    expect(page.get_by_label("Address", exact=True)).to_have_value("Chausseestraße 8")
    expect(page.get_by_label("Country")).to_have_value("DE")
    expect(page.get_by_role("button", name=re.compile("^Work"))).to_have_attribute("aria-current", "true")
    expect(summary).to_contain_text("£12.95")
    if javascript:
        guest.check_accessibility()
    page.get_by_label(re.compile("terms of sale")).check()
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("button", name=re.compile("^Pay £")).click()
    wait_until_paid(page, javascript=javascript)
    expect(page.get_by_role("main")).to_contain_text("Chausseestraße 8")


@both_ways
def test_a_return_is_asked_for_and_decided_at_the_desk(member: Arrive, visitor: Arrive, javascript: bool) -> None:
    guest = member(f"return-{javascript}@example.com".lower(), javascript=javascript)
    page = guest.go("/")
    add_to_cart(page, javascript=javascript)
    order_and_pay(page, f"return-{javascript}@example.com".lower())
    wait_until_paid(page, javascript=javascript)
    number = page.get_by_role("heading", level=1).inner_text().removeprefix("Order ")
    order = page.url
    owner = visitor(is_desk=True, javascript=javascript)
    sign_in(owner.go("/admin/"), "owner@example.com", "linden-owner")
    desk = owner.go(f"/admin/orders/{number}")
    desk.get_by_role("button", name="Mark as sent").click()
    expect(desk.get_by_role("button", name="Mark as sent")).to_have_count(0)
    page.goto(order)
    page.get_by_role("link", name="Send something back").click()
    page.get_by_role("button", name="Ask to send it back").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("spinbutton").first.fill("1")
    page.get_by_label("It came broken or does not work").check()
    page.get_by_label(re.compile("^Anything")).fill("The lid is broken.")
    if javascript:
        guest.check_accessibility()
    page.get_by_role("button", name="Ask to send it back").click()
    expect(page.locator("#returns")).to_contain_text("1 ×")
    decide(owner, number)
    page.goto(order)
    expect(page.locator("#returns")).to_contain_text("Send it to 1 Mill Lane.")


def decide(owner: Visitor, number: str) -> None:
    """Accept what is asked for of that order, then note that it is here."""
    desk = owner.go("/admin/returns")
    request = desk.get_by_role("listitem").filter(has_text=number)
    expect(request).to_contain_text("The lid is broken.")
    request.get_by_text("Accept", exact=True).click()
    request.get_by_label("How to send it, and where (optional)").fill("Send it to 1 Mill Lane.")
    request.get_by_role("button", name="Accept and tell the customer").click()
    owner.go("/admin/returns?status=accepted")
    desk.get_by_role("listitem").filter(has_text=number).get_by_role("link", name="It is here").click()
    desk.get_by_label("Back on the shelf and on sale").check()
    desk.get_by_role("button", name="Note the return").click()
    expect(desk).to_have_url(re.compile(f"/admin/orders/{number}"))
    owner.go("/admin/returns?status=received")
    expect(desk.get_by_role("listitem").filter(has_text=number)).to_be_visible()
