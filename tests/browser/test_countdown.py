"""How long the goods are kept: shown, counted down, announced, and begun anew from the keyboard."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def go_to_checkout(guest: Visitor) -> Page:
    page = guest.go("/")
    page.get_by_role("heading", level=3).first.get_by_role("link").click()
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return guest.go("/checkout")


def begin_with(page: Page, seconds: int) -> None:
    """The page as the server sends it to somebody with so many seconds left."""
    page.route(
        "**/checkout",
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=re.sub(r'data-seconds="\d+"', f'data-seconds="{seconds}"', answer.text()),
        ),
    )
    page.reload()
    page.unroute("**/checkout")


def test_it_counts_down_and_is_kept_anew_from_the_keyboard(visitor: Callable[..., Visitor]) -> None:
    guest = visitor()
    page = go_to_checkout(guest)
    timer, button = page.get_by_role("timer"), page.get_by_role("button", name="Keep it for me")
    expect(timer).to_have_text(re.compile(r"^We keep these for you for (10:00|9:5\d)\.$"))
    guest.check_accessibility()
    page.get_by_label("E-mail").fill("ada@example.com")
    begin_with(page, 100)
    expect(timer).to_have_text(re.compile(r"1:3\d"))
    page.get_by_label("E-mail").fill("ada@example.com")
    button.focus()
    page.keyboard.press("Enter")
    expect(timer).to_have_text(re.compile(r"10:00|9:5\d"))
    expect(button).to_be_focused()
    expect(page.get_by_label("E-mail")).to_have_value("ada@example.com")


@pytest.mark.parametrize(("seconds", "words"), [(122, "another 2 minutes"), (32, "another 30 seconds")])
def test_the_end_is_announced_before_it_comes(visitor: Callable[..., Visitor], seconds: int, words: str) -> None:
    page = go_to_checkout(visitor())
    announced = page.locator("[data-announce]")
    begin_with(page, seconds)
    expect(announced).to_have_text("")
    expect(announced).to_have_text(re.compile(words))


def test_when_it_is_over_the_page_says_so_and_checks_again(visitor: Callable[..., Visitor]) -> None:
    page = go_to_checkout(visitor())
    begin_with(page, 2)
    expect(page.get_by_role("timer")).to_have_text(re.compile("Others can buy them now"))
    expect(page.locator("[data-announce]")).to_have_text(re.compile("Others can buy them now"))
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"10:00|9:5\d"))
    expect(page.get_by_role("button", name="Keep it for me")).to_be_visible()
    expect(page.locator("[data-announce]")).to_have_text("")


def test_without_javascript_it_is_a_sentence_and_a_reload(visitor: Callable[..., Visitor]) -> None:
    page = visitor(javascript=False).go("/")
    page.get_by_role("heading", level=3).first.get_by_role("link").click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Go to checkout").click()
    expect(page.get_by_text(re.compile(r"^We keep these for you until .*\d\d:\d\d"))).to_be_visible()
    page.get_by_role("button", name="Keep it for me").click()
    expect(page).to_have_url(re.compile("/checkout$"))
    expect(page.get_by_text(re.compile("^We keep these for you until"))).to_be_visible()
