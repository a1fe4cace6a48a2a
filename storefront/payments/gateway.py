"""What the shop asks of a payment provider: requests, results and named errors, free of any provider's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from storefront.core.errors import N_, Conflict, InvalidInput, Unavailable


class PaymentStatus(StrEnum):
    """Where an attempt to pay stands. Succeeded, failed and canceled are final."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, kw_only=True)
class SessionLine:
    """One line as the provider's page shows it."""

    name: str
    quantity: int
    unit_minor: int


@dataclass(frozen=True, kw_only=True)
class SessionRequest:
    """Everything a provider needs to take one payment on its own page.

    The same `idempotency_key` goes with the same values on every retry, `expires_at` included, which lies 30 minutes
    to 24 hours after the first call. `success_url` may hold `{CHECKOUT_SESSION_ID}` for the provider to fill.
    `shipping_name` is what the shopper reads beside the shipping cost, in the language of `locale`.
    """

    order_id: int
    order_number: str
    attempt_id: int
    currency: str
    amount_minor: int
    lines: tuple[SessionLine, ...]
    shipping_minor: int
    email: str
    locale: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    idempotency_key: str
    shipping_name: str = "Shipping"


@dataclass(frozen=True, kw_only=True)
class SessionResult:
    """The provider's page for one attempt: send the shopper to `url`."""

    session_id: str
    url: str


@dataclass(frozen=True, kw_only=True)
class PaymentState:
    """What the provider says about one attempt right now.

    `status` is failed only when the session can no longer be paid. After a decline on an open session it is
    requires_action (authenticate, or try another card) and `decline_code` says why. `amount_minor` is what was
    received once succeeded, and what is asked before. A session that this shop did not start has no
    `order_number` ("") and no `attempt_id` (0).
    """

    session_id: str
    payment_ref: str | None
    status: PaymentStatus
    amount_minor: int
    currency: str
    is_live: bool
    order_number: str
    attempt_id: int
    is_session_open: bool
    decline_code: str | None


class RefundStatus(StrEnum):
    """Where a refund stands. A bank may send back what had succeeded, so only failed is final."""

    REQUESTED = "requested"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """What is to be paid back of one payment; the same `idempotency_key` goes with the same values on every retry."""

    refund_id: int
    payment_ref: str
    order_number: str
    amount_minor: int
    currency: str
    idempotency_key: str


@dataclass(frozen=True, kw_only=True)
class RefundState:
    """What the provider says about one refund; `refund_id` is ours, 0 for one that was made on the provider's site."""

    refund_ref: str
    refund_id: int
    amount_minor: int
    status: RefundStatus
    failure_reason: str | None


@dataclass(frozen=True, kw_only=True)
class DisputeState:
    """What the provider says about a complaint of the card's owner; `status` and `reason` are its own words."""

    dispute_ref: str
    status: str
    reason: str
    amount_minor: int
    evidence_due_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class MoneyState:
    """Where the money of one payment is: what was taken, and everything that went back or is disputed.

    A payment that this shop did not ask for has no `attempt_id` (0). What was held and never taken is no refund.
    """

    payment_ref: str
    attempt_id: int
    currency: str
    is_live: bool
    captured_minor: int
    refunds: tuple[RefundState, ...] = ()
    disputes: tuple[DisputeState, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReceivedPayment:
    """One payment in the provider's own books, for comparing them with ours."""

    payment_ref: str
    attempt_id: int
    currency: str
    captured_minor: int
    refunded_minor: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ProviderEvent:
    """The envelope of a verified message: it says what to look up, and is never itself believed about money.

    `kind` is the provider's own word for what happened.
    """

    id: str
    kind: str
    session_id: str | None
    payment_ref: str | None
    is_live: bool
    created_at: datetime


class InvalidSignature(InvalidInput):
    """The provider did not sign the message, or too long ago; `reason` is missing, malformed, mismatch or stale."""

    message = N_("The signature of this message is not valid.")


class GatewayUnavailable(Unavailable):
    """The outcome is unknown or nothing happened: ask again with the same idempotency key."""

    message = N_("The payment provider did not answer. Please try again in a moment.")


class GatewayRejected(Conflict):
    """The provider refused this request, and would refuse it again; `reason` and `param` are its own words."""

    message = N_("The payment provider did not accept this request.")


class Gateway(Protocol):
    """A payment provider as the shop sees it. No method may be called inside a transaction.

    Every method raises GatewayUnavailable or GatewayRejected, apart from `read_event`, which makes no call.
    """

    name: str
    """Which provider: "stripe", "demo"."""

    is_live: bool
    """Whether real money moves; what the provider reports of the other mode is refused."""

    form_origin: str
    """The origin that a form's answer may redirect to ("https://pay.example"); "" when it is the shop's own."""

    def start(self, request: SessionRequest) -> SessionResult:
        """Open the provider's page for one attempt; idempotent on `request.idempotency_key`."""
        ...

    def look_up(self, session_id: str) -> PaymentState:
        """Ask what has become of an attempt."""
        ...

    def cancel(self, session_id: str, idempotency_key: str) -> PaymentState:
        """Close the provider's page so that it can no longer be paid, and say how the attempt ended.

        A payment that already succeeded, failed or was canceled is no error: its state is the answer.
        """
        ...

    def refund(self, request: RefundRequest) -> RefundState:
        """Pay back; idempotent on `request.idempotency_key`. GatewayRejected when there is not so much left."""
        ...

    def look_up_money(self, payment_ref: str) -> MoneyState:
        """Ask what has become of the money of a payment that succeeded."""
        ...

    def list_events(self, since: datetime) -> Iterator[tuple[ProviderEvent, str]]:
        """Every event since then that a message would tell of, the oldest first, with its body."""
        ...

    def list_received(self, since: datetime) -> Iterator[ReceivedPayment]:
        """Every payment of this shop since then of which money was taken."""
        ...

    def read_event(self, body: bytes, signature: str) -> ProviderEvent:
        """Verify and read a message from the provider; raises InvalidSignature."""
        ...
