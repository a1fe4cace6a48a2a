"""Every page a person sees: free of axe's violations, in both sizes, and light enough for a bad line."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_buying import add_to_cart
from tests.fixtures.browser import Visitor, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
FIRST_VIEW_BYTES = 60 * 1024
SHELF, PRODUCT = "main a[href^='/c/']", "main a[href^='/p/']"


def find_link(page: Page, selector: str) -> str:
    return page.locator(selector).first.get_attribute("href") or ""


@pytest.mark.parametrize("is_desk", [False, True], ids=["phone", "desk"])
def test_the_shoppers_pages_have_no_accessibility_violation(visitor: Callable[..., Visitor], is_desk: bool) -> None:
    guest = visitor(is_desk=is_desk)
    page = guest.go("/")
    guest.check_accessibility()
    shelf, product = find_link(page, SHELF), find_link(page, PRODUCT)
    for path in (shelf, product, "/search", "/search?q=xyzzy", "/cart", "/terms", "/nowhere", "/account/register"):
        guest.go(path)
        guest.check_accessibility()
    guest.go("/")
    add_to_cart(page, javascript=True)
    guest.check_accessibility()
    page.get_by_role("button", name="Order and pay").click()
    guest.check_accessibility()
    guest.go("/cart")
    guest.check_accessibility()


@pytest.mark.parametrize("is_desk", [False, True], ids=["phone", "desk"])
def test_the_desk_has_no_accessibility_violation(visitor: Callable[..., Visitor], is_desk: bool) -> None:
    owner = visitor(is_desk=is_desk)
    page = owner.go("/admin/")
    owner.check_accessibility()
    sign_in(page, "owner@example.com", "linden-owner")
    expect(page).to_have_url(f"{owner.base_url}/admin/")
    for path in ("/admin/", "/admin/products", "/admin/products/new", "/admin/orders", "/admin/jobs", "/admin/drift"):
        owner.go(path)
        owner.check_accessibility()
    for listing, selector in (
        ("/admin/products", "main a[href^='/admin/products/']"),
        ("/admin/orders", "main a[href^='/admin/orders/']"),
    ):
        owner.go(listing)
        links = page.locator(selector).evaluate_all("links => links.map(link => link.getAttribute('href'))")
        owner.go(next(link for link in links if not link.endswith("/new") and "?" not in link))
        owner.check_accessibility()


@pytest.mark.parametrize("selector", ["", SHELF, PRODUCT], ids=["home", "category", "product"])
def test_a_first_view_fits_in_60_kilobytes_besides_pictures(visitor: Callable[..., Visitor], selector: str) -> None:
    guest = visitor()
    path = find_link(guest.go("/"), selector) if selector else "/"
    fresh = visitor()
    client = fresh.page.context.new_cdp_session(fresh.page)
    client.send("Network.enable")
    client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    client.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    client.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    fresh.go(path)
    fresh.page.wait_for_load_state("networkidle")
    total = sum(size for request, size in sizes.items() if kinds.get(request) != "Image")
    assert {"Document", "Stylesheet", "Script"} <= set(kinds.values())
    assert total <= FIRST_VIEW_BYTES, {kinds[request]: size for request, size in sizes.items()}


def test_the_language_follows_the_browser_and_can_be_changed(visitor: Callable[..., Visitor]) -> None:
    page = visitor(locale="zh-CN").go("/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


def test_nothing_scrolls_sideways_on_a_small_phone(visitor: Callable[..., Visitor]) -> None:
    guest = visitor()
    page = guest.go("/")
    paths = ["/", find_link(page, SHELF), find_link(page, PRODUCT), "/search", "/cart", "/account/sign-in"]
    page.set_viewport_size({"width": 320, "height": 568})
    for path in paths:
        guest.go(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_the_cart_can_be_changed_and_a_removal_undone(visitor: Callable[..., Visitor]) -> None:
    guest = visitor()
    page = guest.go("/")
    add_to_cart(page, javascript=True)
    guest.go("/cart")
    page.get_by_role("button", name="Remove").first.click()
    expect(page.get_by_text("Nothing in your cart yet")).to_be_visible()
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_role("link", name="Go to checkout")).to_be_visible()
    field = page.get_by_role("spinbutton").first
    field.fill("2")
    field.press("Tab")
    expect(page.locator("#personal")).to_contain_text("2")
