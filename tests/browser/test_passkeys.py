"""Passkeys in a real browser, with the authenticator that Chromium has for tests: as a phone with a finger does it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.fixtures.browser import Visitor, make_account, sign_in
from tests.run.shop_process import ShopProcess

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


class Device:
    """The authenticator inside of the browser that `page` lives in."""

    def __init__(self, page: Page, *, offers: bool = False) -> None:
        """A browser that `offers` shows passkeys under the field for the address; this one's device chooses at once."""
        if not offers:
            page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def credentials(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return found


@pytest.fixture
def here(running_shop: ShopProcess) -> str:
    """Passkeys are made for a name, and this machine's is localhost."""
    return f"http://localhost:{running_shop.port}"


def add_passkey(guest: Visitor, name: str) -> None:
    page = guest.go("/account/settings")
    section = page.locator("#passkeys-panel")
    section.get_by_label("Name of the passkey").last.fill(name)
    section.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Your passkey is added.")).to_be_visible()
    expect(section.get_by_text(name, exact=True)).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("main").get_by_role("button", name="Sign out").first.click()


@pytest.fixture
def owner(visitor: Callable[..., Visitor], running_shop: ShopProcess, here: str) -> Callable[[str], Visitor]:
    """`owner(email)` has an account and has just signed in."""

    def arrive(email: str) -> Visitor:
        guest = visitor()
        guest.base_url = here
        make_account(running_shop, email)
        sign_in(guest.go("/account/sign-in"), email)
        return guest

    return arrive


def test_a_passkey_is_added_used_and_removed(owner: Callable[[str], Visitor]) -> None:
    guest = owner("keys@example.com")
    device, page = Device(guest.page), guest.page
    add_passkey(guest, "My phone")
    guest.check_accessibility()
    (kept,) = device.credentials()
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    guest.go("/account")
    sign_out(page)
    guest.go("/account/sign-in?next=/account/settings")
    guest.check_accessibility()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/account/settings$"))
    expect(page.get_by_text(re.compile("^last used"))).to_be_visible()
    page.get_by_text("Change", exact=True).click()
    page.get_by_role("button", name="Remove My phone").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    guest.go("/account")
    sign_out(page)
    guest.go("/account/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This passkey did not work here.")).to_be_visible()


def test_the_browser_offers_passkeys_in_the_field_for_the_address(owner: Callable[[str], Visitor]) -> None:
    """Chromium's device chooses at once what a person would choose from the list under the field."""
    guest = owner("offer@example.com")
    Device(guest.page, offers=True)
    add_passkey(guest, "My phone")
    guest.go("/account")
    sign_out(guest.page)
    guest.page.goto(f"{guest.base_url}/account/sign-in?next=/account/settings")
    expect(guest.page).to_have_url(re.compile("/account/settings$"))
    expect(guest.page.get_by_text(re.compile("^last used"))).to_be_visible()


def test_a_device_that_keeps_one_already_is_told_so(owner: Callable[[str], Visitor]) -> None:
    guest = owner("twice@example.com")
    device, page = Device(guest.page), guest.page
    add_passkey(guest, "My phone")
    section = page.locator("#passkeys-panel")
    section.get_by_role("button", name="Add a passkey").click()
    expect(section.get_by_text("This device keeps a passkey for your account already.")).to_be_visible()
    expect(section.get_by_role("button", name="Add a passkey")).to_be_enabled()
    assert len(device.credentials()) == 1


def test_at_another_address_of_the_shop_it_says_where_to_go(visitor: Callable[..., Visitor], here: str) -> None:
    guest = visitor()
    page = guest.go("/account/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text(f"Passkeys work only at {here}. Open the shop there.")).to_be_visible()


def test_without_javascript_it_says_what_to_do(visitor: Callable[..., Visitor], here: str) -> None:
    guest = visitor(javascript=False)
    guest.base_url = here
    page = guest.go("/account/sign-in")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    expect(page.get_by_text("Passkeys need JavaScript. Sign in with your password or by mail.")).to_be_visible()
