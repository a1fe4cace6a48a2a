"""A phone pays in the shop's own page: the provider's fields in a frame, a decline in words, a bank that asks."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_buying import add_to_cart, fill_in, wait_until_paid
from tests.fixtures.browser import PHONE, Visitor, visit
from tests.run.shop_process import ShopProcess

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("embedded")]


@pytest.fixture(scope="module")
def embedding_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopProcess]:
    data_dir = tmp_path_factory.mktemp("embedding") / "var"
    with ShopProcess(data_dir, DEMO="", PAYMENT_PAGE="embedded") as shop:
        yield shop


@pytest.fixture
def payer(browser: Browser, embedding_shop: ShopProcess) -> Iterator[Visitor]:
    """Somebody who has ordered and is on the payment page."""
    with visit(browser, f"http://127.0.0.1:{embedding_shop.port}", viewport=PHONE, has_touch=True) as guest:
        page = guest.go("/")
        add_to_cart(page, javascript=True)
        fill_in(page, "ada@example.com")
        page.get_by_role("button", name="Order and pay").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^£"))
        yield guest


def pay_with(page: Page, number: str) -> None:
    page.frame_locator("#payment-element iframe").get_by_label("Test card number").fill(number)
    page.get_by_role("button", name=re.compile("^Pay £")).click()


def test_a_guest_pays_without_leaving_the_shop(payer: Visitor) -> None:
    payer.check_accessibility()
    pay_with(payer.page, "4242 4242 4242 4242")
    wait_until_paid(payer.page, javascript=True)


def test_a_declined_card_is_told_in_place_and_another_one_pays(payer: Visitor) -> None:
    pay_with(payer.page, "4000 0000 0000 0002")
    expect(payer.page.get_by_role("alert")).to_contain_text("Your card was declined.")
    expect(payer.page.get_by_role("alert")).to_be_focused()
    payer.check_accessibility()
    pay_with(payer.page, "4242 4242 4242 4242")
    wait_until_paid(payer.page, javascript=True)


def test_a_bank_that_asks_is_answered_and_the_order_is_paid(payer: Visitor) -> None:
    pay_with(payer.page, "4000 0025 0000 3155")
    payer.page.get_by_role("button", name=re.compile("Approve|Allow")).click()
    wait_until_paid(payer.page, javascript=True)


def test_fields_that_do_not_load_are_told_of(browser: Browser, payer: Visitor) -> None:
    payer.page.route("**/demo-pay/script.js", lambda route: route.abort())
    payer.page.reload()
    expect(payer.page.get_by_role("alert")).to_contain_text("could not be loaded")
    payer.complaints.clear()
