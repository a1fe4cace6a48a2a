"""The desk in a real browser: with JavaScript it is smoother, without it nothing is missing."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.fixtures.browser import Visitor, visit
from tests.run.shop_process import ShopProcess

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
both_ways = pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "no-javascript"])


@pytest.fixture(scope="module")
def signed_in(browser: Browser, running_shop: ShopProcess) -> list[dict[str, object]]:
    """The owner's cookies: signing in is limited, so it is done once."""
    with visit(browser, f"http://127.0.0.1:{running_shop.port}") as owner:
        page = owner.go("/account/sign-in?next=/admin/")
        page.get_by_label("E-mail").fill("owner@example.com")
        page.get_by_label("Password").fill("linden-owner")
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", level=1, name="Today")).to_be_visible()
        cookies: list[dict[str, object]] = page.context.cookies()
    return cookies


@pytest.fixture
def owner(visitor: Callable[..., Visitor], signed_in: list[dict[str, object]]) -> Callable[..., Page]:
    """`owner(path)` opens a page of the desk on the owner's phone."""

    def open_page(path: str, **options: object) -> Page:
        somebody = visitor(**options)
        somebody.page.context.add_cookies(signed_in)
        return somebody.go(path)

    return open_page


@both_ways
def test_a_product_with_two_variants_is_made_on_a_phone(owner: Callable[..., Page], javascript: bool) -> None:
    page, code = owner("/admin/products/new", javascript=javascript), f"T{uuid.uuid4().hex[:8].upper()}"
    page.get_by_label("Name", exact=True).fill(f"Jug {code}")
    page.get_by_label("Code").fill(code)
    first = page.get_by_role("group", name="Variant 1")
    first.get_by_label("SKU").fill(f"{code}-A")
    first.get_by_label("Price").fill("12.50")
    page.get_by_role("button", name="Add variant").click()
    second = page.get_by_role("group", name="Variant 2")
    expect(second.get_by_label("SKU")).to_be_focused()
    expect(first.get_by_label("Price")).to_have_value("12.50")
    second.get_by_label("SKU").fill(f"{code}-B")
    second.get_by_label("Price").fill("13")
    page.get_by_role("button", name="Add to the shop").click()
    expect(page.get_by_role("heading", level=1, name=f"Jug {code}")).to_be_visible()
    expect(page.get_by_role("group", name="Variant 2").get_by_label("Price")).to_have_value("13.00")


def test_an_unsaved_form_asks_before_it_is_left(owner: Callable[..., Page]) -> None:
    page = owner("/admin/products/new")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Back").click()
    expect(page).to_have_url(re.compile("/admin/products$"))
    page.goto(page.url + "/new")
    expect(page.get_by_text("Not saved yet")).to_be_hidden()
    page.get_by_label("Name", exact=True).press_sequentially("Jug")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    expect(page).to_have_url(re.compile("/admin/products/new$"))
    assert asked == ["beforeunload"]


@both_ways
def test_a_category_is_made_moved_by_keyboard_renamed_and_deleted(owner: Callable[..., Page], javascript: bool) -> None:
    page, name = owner("/admin/categories", javascript=javascript), f"Shelf {uuid.uuid4().hex[:8]}"
    page.get_by_label("Name of the category").fill(name)
    page.get_by_role("button", name="Add category").click()
    rows = page.locator(".category-rows .category-name > a:first-child")
    expect(rows.last).to_have_text(name)
    page.get_by_role("button", name=f"Move {name} up").press("Enter")
    expect(rows.nth(-2)).to_have_text(name)
    expect(page.get_by_role("button", name=f"Move {name} up")).to_be_focused()
    page.get_by_role("button", name=f"Move {name} down").press("Enter")
    expect(rows.last).to_have_text(name)
    expect(page.get_by_role("button", name=f"Move {name} up")).to_be_focused()
    rows.last.click()
    page.get_by_label("Name of the category").fill(f"{name} B")
    page.get_by_role("button", name="Save").click()
    expect(rows.last).to_have_text(f"{name} B")
    rows.last.click()
    page.get_by_role("button", name="Delete this category").click()
    expect(page.get_by_text(f"{name} B is deleted.")).to_be_visible()
    expect(rows.filter(has_text=name)).to_have_count(0)


@pytest.mark.parametrize("is_desk", [False, True], ids=["phone", "desk"])
def test_the_pages_of_categories_are_accessible(
    visitor: Callable[..., Visitor], signed_in: list[dict[str, object]], is_desk: bool
) -> None:
    somebody = visitor(is_desk=is_desk)
    somebody.page.context.add_cookies(signed_in)
    page = somebody.go("/admin/categories")
    somebody.check_accessibility()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Add category").click()
    expect(page.get_by_role("alert")).to_be_focused()
    somebody.check_accessibility()
    page.locator(".category-name > a:first-child").first.click()
    somebody.check_accessibility()


@both_ways
def test_a_price_is_changed_from_the_list(owner: Callable[..., Page], javascript: bool) -> None:
    page = owner("/admin/products?sort=price-down", javascript=javascript)
    page.get_by_role("link", name=re.compile("^Change the price")).first.click()
    if javascript:
        expect(page.get_by_role("dialog", name="Change prices")).to_be_visible()
    price = page.locator(".price-form .input").first
    price.fill("777.10" if javascript else "778.20")
    page.get_by_role("button", name="Save the prices").click()
    expect(page).to_have_url(re.compile(r"/admin/products\?sort=price-down$"))
    expect(page.get_by_text("The prices are saved.")).to_be_visible()
    expect(page.get_by_text("£777.10" if javascript else "£778.20").first).to_be_visible()


@both_ways
def test_orders_are_searched(owner: Callable[..., Page], javascript: bool) -> None:
    page = owner("/admin/orders", javascript=javascript)
    number = page.locator(".row-link").nth(1).inner_text()
    search = page.get_by_label("Number, e-mail, name or SKU")
    if javascript:
        search.press_sequentially(number)
    else:
        search.fill(number)
        search.press("Enter")
    expect(page.locator(".row-link")).to_have_text([number])
    expect(page).to_have_url(re.compile(re.escape(number)))


def test_the_open_part_of_insight_is_seen_and_its_charts_keep_their_letters(owner: Callable[..., Page]) -> None:
    page = owner("/admin/insight/reports")
    expect(page.get_by_role("link", name="Letters")).to_be_in_viewport(ratio=0.9)
    page.goto(page.url.partition("/admin/")[0] + "/admin/insight/sales")
    label, picture = page.locator(".chart-ticks span").first, page.locator(".chart-picture").first
    sizes = {label.evaluate("label => getComputedStyle(label).fontSize")}
    page.set_viewport_size({"width": 1280, "height": 800})
    sizes.add(label.evaluate("label => getComputedStyle(label).fontSize"))
    assert sizes == {"13px"}
    assert label.bounding_box()["x"] + label.bounding_box()["width"] < picture.bounding_box()["x"]


def wait_for_forecast(page: Page) -> None:
    """The page of the advice, once there is a forecast; a new shop has none yet."""
    if page.get_by_role("button", name="Make it now").is_visible():
        page.get_by_role("button", name="Make it now").click()
    for _ in range(60):
        if page.get_by_role("button", name="Save this page").is_visible():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError("no forecast was made")


@both_ways
def test_goods_are_ordered_by_the_advice_and_arrive(owner: Callable[..., Page], javascript: bool) -> None:
    page, name = owner("/admin/insight/suppliers/new", javascript=javascript), f"Tin {uuid.uuid4().hex[:8]}"
    page.get_by_label("Name").fill(name)
    # So long that whatever sells has to be ordered today.
    page.get_by_label("Lead time").fill("700")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()
    page.goto(page.url.partition("/admin/")[0] + "/admin/insight/reorder?show=all")
    wait_for_forecast(page)
    row = page.locator(".advice").first
    row.get_by_label("Supplier").select_option(name)
    page.get_by_role("button", name="Save this page").click()
    page.get_by_role("link", name="Order today").click()
    page.locator("#supplier").select_option(name)
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("button", name="Order this 1 variant").click()
    expect(page.get_by_text("Not sent yet")).to_be_visible()
    pieces = page.get_by_label("Pieces")
    pieces.fill("a few")
    page.get_by_role("button", name="Save quantities").click()
    expect(page.get_by_text("Whole pieces, at most 1,000,000")).to_be_visible()
    expect(pieces).to_have_value("a few")
    pieces.fill("36")
    page.get_by_role("button", name="Save and mark as sent").click()
    expect(page.get_by_text("The order counts as sent")).to_be_visible()
    page.get_by_label("Arrived now").fill("30")
    page.get_by_role("button", name="Book what arrived").click()
    expect(page.get_by_text("30 pieces are booked into stock.")).to_be_visible()
    expect(page.get_by_text("6 awaited")).to_be_visible()
    page.get_by_role("button", name="Everything arrived").click()
    expect(page.get_by_text("6 pieces are booked into stock.")).to_be_visible()
    expect(page.get_by_text("Arrived", exact=True)).to_be_visible()
