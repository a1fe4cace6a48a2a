"""The gateway over Stripe-hosted Checkout. The first call loads `stripe`, so a process that never pays lacks it."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from storefront.core.errors import PaymentDeclined
from storefront.core.money import minor_digits
from storefront.payments.gateway import (
    GatewayRejected,
    GatewayUnavailable,
    InvalidSignature,
    PaymentState,
    PaymentStatus,
    ProviderEvent,
    SessionRequest,
    SessionResult,
)

if TYPE_CHECKING:
    from stripe import HTTPClient, StripeClient
    from stripe.checkout import Session
    from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItem

API_VERSION = "2026-10-28.endive"
API_URL = "https://api.stripe.com"
CHECKOUT_ORIGIN = "https://checkout.stripe.com"
TIMEOUT_SECONDS = 10
SIGNATURE_TOLERANCE_SECONDS = 300
MAX_LINES = 100

# https://docs.stripe.com/currencies: every currency that is not listed has two decimals at the API, even ISK and UGX,
# which people and ISO 4217 write without any.
ZERO_DECIMAL = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
THREE_DECIMAL = "BHD JOD KWD OMR TND"

# https://docs.stripe.com/js/appendix/supported_locales, as hosted Checkout accepts them.
LOCALES = (
    "bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl "
    "sv th tr vi zh zh-HK zh-TW"
)
CHINESE = {"zh-Hans": "zh", "zh-CN": "zh", "zh-Hans-CN": "zh", "zh-Hant": "zh-TW", "zh-Hant-TW": "zh-TW"}


class StripeGateway:
    """Takes payments on Stripe's hosted page, or on anything that answers the same API at `api_url`.

    `http_client` makes the client that carries the calls; it is called once, at the first of them.
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
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.form_origin = form_origin
        self.is_live = api_key.startswith(("sk_live_", "rk_live_"))
        self._api_key = api_key
        self._webhook_secrets = tuple(webhook_secrets)
        self._make_http_client = http_client or _default_http_client
        self._api_url = api_url
        self._max_network_retries = max_network_retries
        self._now = now

    def start(self, request: SessionRequest) -> SessionResult:
        """Open a hosted page; idempotent on the request's key. Raises GatewayUnavailable or GatewayRejected."""
        with _translated():
            session = self._client.v1.checkout.sessions.create(
                session_params(request), {"idempotency_key": request.idempotency_key}
            )
        if session.url is None or session.amount_total != to_provider(request.amount_minor, request.currency):
            # Nobody may be asked for another sum than the order's, so the page is closed before anyone sees it.
            self.cancel(session.id, f"{request.idempotency_key}-mismatch")
            raise GatewayRejected(reason="amount_mismatch", param="amount_total")
        return SessionResult(session_id=session.id, url=session.url)

    def look_up(self, session_id: str) -> PaymentState:
        """What has become of an attempt; raises GatewayUnavailable or GatewayRejected (unknown session)."""
        with _translated():
            session = self._client.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]})
        return _state(session)

    def cancel(self, session_id: str, idempotency_key: str) -> PaymentState:
        """Expire the hosted page and say how the attempt ended; one that had already ended is no error."""
        try:
            with _translated():
                session = self._client.v1.checkout.sessions.expire(
                    session_id, {"expand": ["payment_intent"]}, {"idempotency_key": idempotency_key}
                )
        except GatewayRejected:
            # What is already paid or expired cannot be expired: what it is now is the answer.
            state = self.look_up(session_id)
            if state.is_session_open:
                raise
            return state
        return _state(session)

    def read_event(self, body: bytes, signature: str) -> ProviderEvent:
        """Verify with any of the secrets (there are two while one is rotated) and read; raises InvalidSignature."""
        verify_signature(body, signature, self._webhook_secrets, self._now())
        try:
            return _event(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidSignature(reason="malformed") from error

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


def verify_signature(body: bytes, header: str, secrets: Sequence[str], now: float) -> None:
    """Check a `Stripe-Signature` header against each secret; raises InvalidSignature.

    The scheme is https://docs.stripe.com/webhooks#verify-manually. It is checked here rather than by the library so
    that receiving a message neither loads the library nor accepts a time stamp from the future.
    """
    if not header:
        raise InvalidSignature(reason="missing")
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for key, _, value in parts if key == "t"]
    given = [value.encode() for key, _, value in parts if key == "v1"]
    if len(stamps) != 1 or not stamps[0].isascii() or not stamps[0].isdigit() or not given:
        raise InvalidSignature(reason="malformed")
    signed = stamps[0].encode() + b"." + body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode() for secret in secrets if secret]
    # Every pair is compared, so that the time taken tells nothing about which one matched.
    matches = [hmac.compare_digest(one, other) for one in expected for other in given]
    if not any(matches):
        raise InvalidSignature(reason="mismatch")
    if abs(now - int(stamps[0])) > SIGNATURE_TOLERANCE_SECONDS:
        raise InvalidSignature(reason="stale")


def session_params(request: SessionRequest) -> "SessionCreateParams":
    """The request in Stripe's words. The lines always add up to the order's total."""
    metadata = {"order_number": request.order_number, "attempt_id": str(request.attempt_id)}
    return {
        "mode": "payment",
        "line_items": _line_items(request),
        "client_reference_id": request.order_number,
        "customer_email": request.email,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        # The shopper pays the order's own currency, so that what is received is what the order says.
        "adaptive_pricing": {"enabled": False},
        "locale": checkout_locale(request.locale),
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": int(request.expires_at.timestamp()),
    }


def checkout_locale(locale: str) -> str:
    """Stripe's name for a locale such as "zh_Hans"; "auto" when its page does not speak the language."""
    tag = locale.replace("_", "-")
    for candidate in (CHINESE.get(tag, tag), tag.partition("-")[0]):
        if candidate in LOCALES.split():
            return candidate
    return "auto"


def to_provider(minor: int, currency: str) -> int:
    """The amount in the unit Stripe counts this currency in; raises GatewayRejected when it cannot be said exactly."""
    code = currency.upper()
    digits = 0 if code in ZERO_DECIMAL.split() else 3 if code in THREE_DECIMAL.split() else 2
    if digits < minor_digits(code):
        raise GatewayRejected(reason="amount_not_representable", param=code)
    return minor * int(10 ** (digits - minor_digits(code)))


def from_provider(amount: int, currency: str) -> int:
    """The shop's minor units of an amount in Stripe's unit; raises GatewayRejected when it cannot be said exactly."""
    unit = to_provider(1, currency)
    if amount % unit:
        raise GatewayRejected(reason="amount_not_representable", param=currency)
    return amount // unit


def _line_items(request: SessionRequest) -> "list[SessionCreateParamsLineItem]":
    """One item per line and one for shipping.

    A shipping rate would be counted only once the page has chosen it; a line counts from the start. Where lines do not
    add up to the total (a discount), or are too many for the page, one item stands for the order.
    """
    lines = [(line.name, line.unit_minor, line.quantity) for line in request.lines]
    if request.shipping_minor:
        lines.append((request.shipping_name, request.shipping_minor, 1))
    if len(lines) > MAX_LINES or sum(unit * quantity for _, unit, quantity in lines) != request.amount_minor:
        lines = [(request.order_number, request.amount_minor, 1)]
    return [_line_item(name, to_provider(unit, request.currency), n, request.currency) for name, unit, n in lines]


def _line_item(name: str, unit_amount: int, quantity: int, currency: str) -> "SessionCreateParamsLineItem":
    return {
        "price_data": {"currency": currency.lower(), "product_data": {"name": name[:250]}, "unit_amount": unit_amount},
        "quantity": quantity,
    }


def _state(session: "Session") -> PaymentState:
    facts = session.to_dict()
    intent: Mapping[str, Any] = facts.get("payment_intent") or {}
    status = _status(facts, intent)
    amount = intent["amount_received"] if status is PaymentStatus.SUCCEEDED and intent else facts["amount_total"] or 0
    metadata = facts.get("metadata") or {}
    failure = intent.get("last_payment_error") or {}
    currency = (facts["currency"] or "").upper()
    attempt = metadata.get("attempt_id", "")
    return PaymentState(
        session_id=facts["id"],
        payment_ref=intent.get("id"),
        status=status,
        amount_minor=from_provider(amount, currency),
        currency=currency,
        is_live=facts["livemode"],
        order_number=metadata.get("order_number", ""),
        attempt_id=int(attempt) if attempt.isdecimal() else 0,
        is_session_open=facts["status"] == "open",
        decline_code=failure.get("decline_code") or failure.get("code"),
    )


def _status(session: Mapping[str, Any], intent: Mapping[str, Any]) -> PaymentStatus:
    """The session says whether it can still be paid, its payment intent how far the present try has come."""
    if session["payment_status"] in {"paid", "no_payment_required"}:
        return PaymentStatus.SUCCEEDED
    if session["status"] == "expired":
        return PaymentStatus.CANCELED
    if intent.get("status") in {"processing", "requires_capture"}:
        return PaymentStatus.PROCESSING
    if session["status"] == "complete":
        return PaymentStatus.FAILED
    return PaymentStatus.REQUIRES_ACTION if intent else PaymentStatus.CREATED


def _event(event: Mapping[str, Any]) -> ProviderEvent:
    subject = event["data"]["object"]
    is_session, is_intent = subject["object"] == "checkout.session", subject["object"] == "payment_intent"
    return ProviderEvent(
        id=str(event["id"]),
        kind=str(event["type"]),
        session_id=subject["id"] if is_session else None,
        payment_ref=subject["id"] if is_intent else subject.get("payment_intent"),
        is_live=bool(event["livemode"]),
        created_at=datetime.fromtimestamp(event["created"], UTC),
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
        raise GatewayRejected(reason="idempotency_error", param=None) from error
    except stripe.InvalidRequestError as error:
        raise GatewayRejected(reason=error.code or "invalid_request", param=error.param) from error
    except stripe.StripeError as error:
        raise GatewayUnavailable(reason=type(error).__name__, status=error.http_status) from error
