"""A demo provider with its gateway, and a shopper who pays on its page as a browser without scripts would."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.test import Client, TestResponse

from storefront.payments.demo_provider import DemoProvider
from storefront.payments.gateway import SessionLine, SessionRequest
from storefront.payments.stripe_api.sessions import session_params
from storefront.payments.stripe_gateway import StripeGateway

if TYPE_CHECKING:
    from stripe._v1_services import V1Services

PUBLIC_URL = "http://shop.example/demo-pay"
API_KEY = "sk_test_demo_0123456789"
WEBHOOK_SECRET = "whsec_demo_0123456789"
LATER = timedelta(hours=1)


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = float(int(datetime.now(UTC).timestamp()))

    def __call__(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class Demo:
    """The provider over one file, the gateway that talks to it, and the clock of both."""

    provider: DemoProvider
    gateway: StripeGateway
    clock: Clock

    def pay(self, session_id: str, card: str = "", choice: str = "pay") -> TestResponse:
        """Send the form of the pay page."""
        form = {"card_number": card, "choice": choice}
        return Client(self.provider).post(f"/pay/{session_id}", data=form, headers={"Sec-Fetch-Site": "same-origin"})

    def authenticate(self, session_id: str, choice: str = "approve") -> TestResponse:
        """Send the form of the authentication page."""
        path = f"/pay/{session_id}/authentication"
        return Client(self.provider).post(path, data={"choice": choice}, headers={"Sec-Fetch-Site": "same-origin"})

    @property
    def api(self) -> "V1Services":
        """The official library's calls, without its retries."""
        from stripe import StripeClient

        return StripeClient(API_KEY, http_client=self.provider.http_client(), max_network_retries=0).v1

    def session_params(self) -> dict[str, Any]:
        """What the gateway sends for an order, for a session that is to differ from it."""
        return dict(session_params(make_request()))

    def event_kinds(self) -> list[str]:
        """What happened, the newest last."""
        return [event.type for event in reversed(self.api.events.list({"limit": 100}).data)]

    def page(self, session_id: str) -> TestResponse:
        """Open the pay page."""
        return Client(self.provider).get(f"/pay/{session_id}")


def make_demo(
    database: Path, clock: Clock | None = None, webhook_url: str = "http://127.0.0.1:9/hook", settle_seconds: float = 60
) -> Demo:
    """A provider over `database`; two over the same file are two processes' view of one provider."""
    clock = clock or Clock()
    provider = DemoProvider(
        database,
        PUBLIC_URL,
        webhook_url,
        WEBHOOK_SECRET,
        API_KEY,
        shop_name="Linden",
        settle_seconds=settle_seconds,
        now=clock,
    )
    gateway = StripeGateway(
        API_KEY, [WEBHOOK_SECRET], name="demo", form_origin="", http_client=provider.http_client, now=clock
    )
    return Demo(provider, gateway, clock)


def make_request(**changes: object) -> SessionRequest:
    """An order of two mugs and a teapot with delivery: 31.47 GBP."""
    order = SessionRequest(
        order_id=7,
        order_number="LR-7K2M9",
        attempt_id=41,
        currency="GBP",
        amount_minor=3147,
        lines=(
            SessionLine(name="Mug, speckled", quantity=2, unit_minor=850),
            SessionLine(name="Teapot", quantity=1, unit_minor=1052),
        ),
        shipping_minor=395,
        shipping_name="Standard delivery",
        email="ada@example.org",
        locale="en",
        success_url="https://shop.example/orders/t0ken/return?session={CHECKOUT_SESSION_ID}",
        cancel_url="https://shop.example/orders/t0ken",
        expires_at=datetime.now(UTC) + LATER,
        idempotency_key="order-7-attempt-1",
    )
    return replace(order, **changes)  # type: ignore[arg-type]  # The tests name real fields.


def session_of(response: TestResponse) -> str:
    """The session's id in a pay page's address."""
    found = re.search(r"/pay/([^/?]+)", urlsplit(response.headers["Location"]).path)
    assert found
    return found[1]
