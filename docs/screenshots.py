"""Take the pictures of README.md from a running demo shop: `make screenshots`."""

import io
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.admin.test_desk_browser import wait_for_forecast
from tests.browser.test_buying import add_to_cart, fill_in, wait_until_paid
from tests.fixtures.browser import ARGUMENTS, DESK, PHONE, find_chromium, sign_in
from tests.run.shop_process import ShopProcess

PICTURES = Path(__file__).parent / "pictures"


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        ShopProcess(Path(folder) / "var", DEMO="") as shop,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        base = f"http://127.0.0.1:{shop.port}"
        phone = browser.new_context(viewport=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True)
        shop_on_a_phone(phone.new_page(), base)
        account_on_a_phone(phone.new_page(), base)
        desk_at_work(browser.new_context(viewport=DESK).new_page(), base)
        browser.close()


def shop_on_a_phone(page: Page, base: str) -> None:
    page.goto(base)
    keep(page, "home")
    page.locator("main a[href^='/c/']").first.click()
    keep(page, "category")
    page.goto(base)
    page.locator("main a[href^='/p/']").first.click()
    keep(page, "product")
    page.goto(base)
    add_to_cart(page, javascript=True)
    fill_in(page, "ada@example.com")
    page.evaluate("window.scrollTo(0, 0)")
    keep(page, "checkout")
    page.get_by_role("button", name="Order and pay").click()
    page.get_by_role("button", name=re.compile("^Pay £")).click()
    wait_until_paid(page, javascript=True)
    keep(page, "order")


def account_on_a_phone(page: Page, base: str) -> None:
    """Ada of the demo, who has kept a few things in mind."""
    sign_in(page_at(page, f"{base}/account/sign-in"), "ada@example.com", "linden-ada")
    for product in range(4):
        page.goto(base)
        page.locator("main a[href^='/p/']").nth(2 * product).click()
        heart = page.get_by_role("main").get_by_role("button", name=re.compile("^Wishlist:")).first
        expect(heart).to_have_attribute("aria-pressed", "false")
        heart.click()
        expect(heart).to_have_attribute("aria-pressed", "true")
    for path, name in (("/account", "account"), ("/account/wishlist", "wishlist"), ("/account/settings", "settings")):
        page.goto(base + path)
        keep(page, name)
    page.goto(f"{base}/account/orders?state=sent")
    page.locator("main a[href*='/orders/']").first.click()
    keep(page, "own-order")


def page_at(page: Page, address: str) -> Page:
    """The same page, elsewhere."""
    page.goto(address)
    return page


def desk_at_work(page: Page, base: str) -> None:
    sign_in(page_at(page, f"{base}/admin/"), "owner@example.com", "linden-owner")
    page.wait_for_url("**/admin/")
    keep(page, "desk")
    page.goto(f"{base}/admin/products")
    keep(page, "desk-products")
    page.goto(f"{base}/admin/insight")
    keep_chart(page, "desk-insight")
    page.goto(f"{base}/admin/insight/reorder?show=all")
    wait_for_forecast(page)
    page.locator(".advice a[href*='/forecast']").first.click()
    keep_chart(page, "desk-forecast")


def keep_chart(page: Page, name: str) -> None:
    """The view with the page's chart at its lower end."""
    page.locator(".chart").first.evaluate("chart => chart.scrollIntoView({ block: 'end' })")
    keep(page, name)


def keep(page: Page, name: str) -> None:
    """The view as a person sees it once it is still, as WebP."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(PICTURES / f"{name}.webp", quality=82, method=6)


if __name__ == "__main__":
    main()
