"""What the shop asks of a payment provider: requests, results and named errors, free of any provider's words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from storefront.core.errors import N_, Conflict, InvalidInput, Unavailable


class PaymentStatus(StrEnum):
    """Where an attempt to pay stands. Succeeded, failed and canceled are final; authorised is held and not taken."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    AUTHORISED = "authorised"
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
    `shipping_name` is what the shopper reads beside the shipping cost, in the language of `locale`. With `is_held` the
    money is only authorised, and taken by `Gateway.capture`. With `is_embedded` the page is the shop's own.
    `customer_ref` is the provider's name for somebody it knows from an earlier payment.
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
    is_held: bool = False
    is_embedded: bool = False
    customer_ref: str | None = None


@dataclass(frozen=True, kw_only=True)
class SessionResult:
    """The provider's page for one attempt: send the shopper to `url`.

    An embedded one has no page of its own ("") but a `client_secret` for the provider's script on ours.
    """

    session_id: str
    url: str
    client_secret: str | None = None


@dataclass(frozen=True, kw_only=True)
class CustomerRequest:
    """Somebody with an account here, as the provider shall know them; `user_id` is ours."""

    user_id: int
    email: str
    name: str
    idempotency_key: str


@dataclass(frozen=True, kw_only=True)
class PaymentState:
    """What the provider says about one attempt right now.

    `status` is failed only when the session can no longer be paid. After a decline on an open session it is
    requires_action (authenticate, or try another card) and `decline_code` says why. `amount_minor` is what was
    received once succeeded, and what is asked before. A session that this shop did not start has no
    `order_number` ("") and no `attempt_id` (0). What is authorised can be taken until `held_until`.
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
    held_until: datetime | None = None


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


@dataclass(frozen=True, kw_only=True)
class ProviderScript:
    """The one script of a provider that an embedded payment needs, its public key, and where it may load from and call.

    The tuples hold origins for the content security policy of that page, and of no other.
    """

    url: str
    public_key: str
    scripts: tuple[str, ...]
    frames: tuple[str, ...]
    calls: tuple[str, ...]


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

    is_held: bool
    """Whether new attempts only hold the money until the goods are sent."""

    is_embedded: bool
    """Whether new attempts are paid on a page of the shop."""

    script: "ProviderScript"
    """What a page needs on which the provider's own fields stand."""

    def load(self) -> None:
        """Load what its calls need, before a process forks; makes none."""
        ...

    def create_customer(self, request: CustomerRequest) -> str:
        """Let the provider know somebody, and return its name for them; idempotent on `request.idempotency_key`."""
        ...

    def delete_customer(self, customer_ref: str) -> None:
        """Let the provider forget somebody and their cards; one that it does not know is refused."""
        ...

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

    def capture(self, session_id: str, payment_ref: str, idempotency_key: str) -> PaymentState:
        """Take what is held, whole. What was taken before, or is no longer held, is no error: see the state."""
        ...

    def release(self, session_id: str, payment_ref: str, idempotency_key: str) -> PaymentState:
        """Give up what is held. What was taken before, or is no longer held, is no error: see the state."""
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
