"""Staff set up their second factor, leave, and come back with it, in a real browser with and without JavaScript."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pyotp import TOTP

from tests.fixtures.browser import DESK, PHONE, sign_in, visit
from tests.run.shop_process import ShopProcess

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def careful_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopProcess]:
    """A demo shop that asks its staff for the factor, as a real one does."""
    data_dir: Path = tmp_path_factory.mktemp("careful") / "var"
    with ShopProcess(data_dir, DEMO="", SECOND_FACTOR="required") as shop:
        yield shop


@pytest.mark.parametrize(
    ("login", "javascript", "view"),
    [(("owner@example.com", "linden-owner"), True, DESK), (("packer@example.com", "linden-packer"), False, PHONE)],
)
def test_the_desk_opens_with_password_and_code(
    browser: Browser, careful_shop: ShopProcess, login: tuple[str, str], javascript: bool, view: dict[str, int]
) -> None:
    base = f"http://127.0.0.1:{careful_shop.port}"
    with visit(browser, base, java_script_enabled=javascript, viewport=view) as visitor:
        page = visitor.go("/admin/")
        sign_in(page, *login)
        secret = page.locator(".secret").inner_text()
        if javascript:
            picture = page.get_by_role("img", name="The secret below")
            assert picture.evaluate("image => image.naturalWidth") > 100
            visitor.check_accessibility()
        page.get_by_label("Code").fill("000000")
        page.get_by_role("button", name="Take it into use").click()
        assert "not right" in page.get_by_role("main").inner_text()
        page.get_by_label("Code").fill(TOTP(secret).now())
        page.get_by_role("button", name="Take it into use").click()
        paper = page.locator(".recovery-codes code").all_inner_texts()
        page.get_by_role("link", name="I have them, go on").click()
        page.wait_for_url("**/admin/")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{base}/")
        page = visitor.go("/admin/orders")
        sign_in(page, *login)
        if javascript:
            visitor.check_accessibility()
        page.get_by_label("Code").fill(paper[0])
        page.get_by_role("button", name="Go on").click()
        page.wait_for_url("**/admin/orders")
