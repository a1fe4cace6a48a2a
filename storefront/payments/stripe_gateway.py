"""The gateway over Stripe-hosted Checkout. The first call loads `stripe`, so a process that never pays lacks it."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from storefront.core.errors import PaymentDeclined
from storefront.payments.gateway import (
    CustomerRequest,
    GatewayRejected,
    GatewayUnavailable,
    InvalidSignature,
    MoneyState,
    PaymentState,
    ProviderEvent,
    ProviderScript,
    ReceivedPayment,
    RefundRequest,
    RefundState,
    SessionRequest,
    SessionResult,
)
from storefront.payments.pacing import Pace
from storefront.payments.stripe_api.events import KINDS, event_of
from storefront.payments.stripe_api.money import money_of, received_of, refund_of
from storefront.payments.stripe_api.sessions import session_params, state_of
from storefront.payments.stripe_api.signing import verify_signature
from storefront.payments.stripe_api.units import to_provider

if TYPE_CHECKING:
    from stripe import HTTPClient, StripeClient

API_VERSION = "2026-10-28.endive"
API_URL = "https://api.stripe.com"
CHECKOUT_ORIGIN = "https://checkout.stripe.com"
TIMEOUT_SECONDS = 10
# With the charge, which knows until when a hold lasts.
EXPANDED = ["payment_intent.latest_charge"]
# https://docs.stripe.com/security/guide#content-security-policy: what the Payment Element needs, and no more.
SCRIPT_ORIGINS = ("https://js.stripe.com", "https://*.js.stripe.com")
SCRIPT_URL = f"https://js.stripe.com/{API_VERSION.partition('.')[2]}/stripe.js"
FRAME_ORIGINS = (*SCRIPT_ORIGINS, "https://hooks.stripe.com")
PAGE_SIZE = 100


class StripeGateway:
    """Takes payments on Stripe's hosted page, or on anything that answers the same API at `api_url`.

    `http_client` makes the client that carries the calls; it is called once, at the first of them. With
    `calls_per_second` the calls of this process wait for each other rather than meet the provider's rate limit.
    """

    def __init__(
        self,
        api_key: str,
        webhook_secrets: Sequence[str],
        *,
        name: str = "stripe",
        form_origin: str = CHECKOUT_ORIGIN,
        http_client: "Callable[[], HTTPClient] | None" = None,
        api_url: str = API_URL,
        max_network_retries: int = 2,
        calls_per_second: float = 0,
        is_held: bool = False,
        is_embedded: bool = False,
        script: ProviderScript | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.is_held = is_held
        self.is_embedded = is_embedded
        self.script = script or stripe_script("")
        self.form_origin = form_origin
        self.is_live = api_key.startswith(("sk_live_", "rk_live_"))
        self._api_key = api_key
        self._webhook_secrets = tuple(webhook_secrets)
        self._make_http_client = http_client or _default_http_client
        self._api_url = api_url
        self._max_network_retries = max_network_retries
        self._now = now
        self._pace = Pace(calls_per_second)

    def start(self, request: SessionRequest) -> SessionResult:
        """Open a hosted page; idempotent on the request's key. Raises GatewayUnavailable or GatewayRejected."""
        with self._calling():
            session = self._client.v1.checkout.sessions.create(
                session_params(request), {"idempotency_key": request.idempotency_key}
            )
        way_in = session.client_secret if request.is_embedded else session.url
        if way_in is None or session.amount_total != to_provider(request.amount_minor, request.currency):
            # Nobody may be asked for another sum than the order's, so the page is closed before anyone sees it.
            self.cancel(session.id, f"{request.idempotency_key}-mismatch")
            raise GatewayRejected(reason="amount_mismatch", param="amount_total")
        return SessionResult(session_id=session.id, url=session.url or "", client_secret=session.client_secret)

    def create_customer(self, request: CustomerRequest) -> str:
        """Let Stripe know somebody; idempotent on the request's key. Raises GatewayUnavailable or GatewayRejected."""
        with self._calling():
            customer = self._client.v1.customers.create(
                {"email": request.email, "name": request.name, "metadata": {"user_id": str(request.user_id)}},
                {"idempotency_key": request.idempotency_key},
            )
        return customer.id

    def delete_customer(self, customer_ref: str) -> None:
        """Let Stripe forget somebody and their cards. Raises GatewayUnavailable, or GatewayRejected (unknown)."""
        with self._calling():
            self._client.v1.customers.delete(customer_ref)

    def look_up(self, session_id: str) -> PaymentState:
        """What has become of an attempt; raises GatewayUnavailable or GatewayRejected (unknown session)."""
        # As it comes: the library would make an object of every part of it, only for us to take them apart again.
        with self._calling():
            answer: Any = self._client.raw_request("get", f"/v1/checkout/sessions/{quote(session_id)}", expand=EXPANDED)
        return state_of(answer.data)

    def cancel(self, session_id: str, idempotency_key: str) -> PaymentState:
        """Expire the hosted page and say how the attempt ended; one that had already ended is no error."""
        try:
            with self._calling():
                session = self._client.v1.checkout.sessions.expire(
                    session_id, {"expand": EXPANDED}, {"idempotency_key": idempotency_key}
                )
        except GatewayRejected:
            # What is already paid or expired cannot be expired: what it is now is the answer.
            state = self.look_up(session_id)
            if state.is_session_open:
                raise
            return state
        return state_of(session.to_dict())

    def capture(self, session_id: str, payment_ref: str, idempotency_key: str) -> PaymentState:
        """Take what is held, whole, and say how the attempt stands; raises GatewayUnavailable."""
        with suppress(GatewayRejected), self._calling():
            self._client.v1.payment_intents.capture(payment_ref, {}, {"idempotency_key": idempotency_key})
        return self.look_up(session_id)

    def release(self, session_id: str, payment_ref: str, idempotency_key: str) -> PaymentState:
        """Give up what is held, and say how the attempt stands; raises GatewayUnavailable."""
        with suppress(GatewayRejected), self._calling():
            self._client.v1.payment_intents.cancel(payment_ref, {}, {"idempotency_key": idempotency_key})
        return self.look_up(session_id)

    def refund(self, request: RefundRequest) -> RefundState:
        """Pay back; idempotent on the request's key. Raises GatewayUnavailable, or GatewayRejected: nothing is left."""
        with self._calling():
            refund = self._client.v1.refunds.create(
                {
                    "payment_intent": request.payment_ref,
                    "amount": to_provider(request.amount_minor, request.currency),
                    "metadata": {"refund_id": str(request.refund_id), "order_number": request.order_number},
                },
                {"idempotency_key": request.idempotency_key},
            )
        return refund_of(refund.to_dict())

    def look_up_money(self, payment_ref: str) -> MoneyState:
        """Where the money of a payment is; raises GatewayUnavailable or GatewayRejected (unknown payment)."""
        api, wanted = self._client.v1, {"payment_intent": payment_ref, "limit": PAGE_SIZE}
        with self._calling():
            intent = api.payment_intents.retrieve(payment_ref, {"expand": ["latest_charge"]}).to_dict()
            refunds = [one.to_dict() for one in api.refunds.list(wanted).auto_paging_iter()]  # type: ignore[arg-type]
            disputes = [one.to_dict() for one in api.disputes.list(wanted).auto_paging_iter()]  # type: ignore[arg-type]
        return money_of(intent, refunds, disputes)

    def list_events(self, since: datetime) -> Iterator[tuple[ProviderEvent, str]]:
        """Every event since then that a message would tell of, the oldest first; raises GatewayUnavailable."""
        with self._calling():
            found = self._client.v1.events.list(
                {"created": {"gte": int(since.timestamp())}, "types": list(KINDS), "limit": PAGE_SIZE}
            )
            events = [event.to_dict() for event in found.auto_paging_iter()]
        for event in reversed(events):
            yield event_of(event), json.dumps(event)

    def list_received(self, since: datetime) -> Iterator[ReceivedPayment]:
        """Every payment of this shop since then of which money was taken; raises GatewayUnavailable."""
        with self._calling():
            found = self._client.v1.payment_intents.list(
                {
                    "created": {"gte": int(since.timestamp())},
                    "limit": PAGE_SIZE,
                    "expand": ["data.latest_charge"],
                }
            )
            received = [received_of(intent.to_dict()) for intent in found.auto_paging_iter()]
        yield from (one for one in received if one.attempt_id and one.captured_minor)

    def read_event(self, body: bytes, signature: str) -> ProviderEvent:
        """Verify with any of the secrets (there are two while one is rotated) and read; raises InvalidSignature."""
        verify_signature(body, signature, self._webhook_secrets, self._now())
        try:
            return event_of(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidSignature(reason="malformed") from error

    @contextmanager
    def _calling(self) -> Iterator[None]:
        """Around each call: wait for its turn, and tell what fails in the shop's words."""
        self._pace.wait()
        with _translated():
            yield

    def load(self) -> None:
        """Load the provider's library now (75 ms, 8 MB) and not at the first call: for whoever forks."""
        self._client  # noqa: B018  # It is made when it is asked for.

    @cached_property
    def _client(self) -> "StripeClient":
        import stripe

        stripe.enable_telemetry = False
        return stripe.StripeClient(
            self._api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": self._api_url},
            max_network_retries=self._max_network_retries,
            http_client=self._make_http_client(),
        )


def stripe_script(public_key: str) -> ProviderScript:
    """What Stripe's own fields need on a page."""
    return ProviderScript(
        url=SCRIPT_URL, public_key=public_key, scripts=SCRIPT_ORIGINS, frames=FRAME_ORIGINS, calls=(API_URL,)
    )


def _default_http_client() -> "HTTPClient":
    from stripe import RequestsClient

    return RequestsClient(timeout=TIMEOUT_SECONDS)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the library's errors into the shop's. What is not a plain refusal may have happened: Unavailable."""
    import stripe

    try:
        yield
    except stripe.CardError as error:
        raise PaymentDeclined(reason=error.code) from error
    except stripe.IdempotencyError as error:
        # Another process is at this very step: what comes of it is seen when it is asked again.
        if error.code == "idempotency_key_in_use":
            raise GatewayUnavailable(reason=error.code, status=error.http_status) from error
        raise GatewayRejected(reason="idempotency_error", param=None) from error
    except stripe.InvalidRequestError as error:
        raise GatewayRejected(reason=error.code or "invalid_request", param=error.param) from error
    except stripe.StripeError as error:
        raise GatewayUnavailable(reason=type(error).__name__, status=error.http_status) from error
