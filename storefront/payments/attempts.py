"""Attempts to pay: the intent is committed first, under its key, and then the provider is asked for its page."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session, selectinload

from storefront.core import clock
from storefront.core.db import db, insert_rows, joined, retry_deadlocks, table_of, transaction
from storefront.orders import service as orders
from storefront.orders.draft import CreatedOrder, OrderDraft
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments.asking import session_request
from storefront.payments.gateway import Gateway, GatewayRejected, PaymentStatus, SessionRequest
from storefront.payments.models import Payment
from storefront.payments.queries import find_customer_ref, find_live_payment, get_payment

# The provider wants at least 30 minutes from the moment it hears of a session.
MIN_SESSION = timedelta(minutes=40)
# And takes no more than a day; an order that lives longer gets another attempt then.
MAX_SESSION = timedelta(hours=23)
LIVE = (
    select(Payment, Order)
    .join(Order, Order.id == Payment.order_id)
    .where(Payment.live_order_id == bindparam("order_id"), Order.status == OrderStatus.PENDING)
    .options(selectinload(Order.lines))
)


class Due(NamedTuple):
    """What an attempt to pay an order is made of."""

    order_id: int
    token: str
    user_id: int | None
    amount_minor: int
    currency: str
    expires_at: datetime | None
    is_mailed: bool = False

    @classmethod
    def of_new(cls, order: CreatedOrder, draft: OrderDraft) -> "Due":
        """That of an order of goods which is being placed."""
        return cls(order.id, order.token, draft.user_id, order.due_minor, draft.currency, draft.expires_at)


class Started(NamedTuple):
    """A live attempt and where it is paid."""

    payment_id: int
    url: str


def begin(due: Due, gateway: Gateway, number: int = 1) -> int:
    """Write the intent to pay an order, its attempt `number`, and return the attempt's id; joins."""
    session = joined()
    row = {
        "order_id": due.order_id,
        "live_order_id": due.order_id,
        "gateway": gateway.name,
        # A gift card leaves at once, and money that is only held may never come.
        "is_held": gateway.is_held and not due.is_mailed,
        "is_embedded": gateway.is_embedded,
        "customer_ref": find_customer_ref(session, due.user_id, gateway.name),
        "status": PaymentStatus.CREATED,
        "amount_minor": due.amount_minor,
        "currency": due.currency,
        "idempotency_key": f"order-{due.token[:16]}-attempt-{number}",
        "expires_at": _session_end(due.expires_at),
    }
    (payment_id,) = insert_rows(session, Payment, [row])
    orders.record(due.order_id, "payment_started", "shopper", facts={"payment_id": payment_id, "gateway": gateway.name})
    return payment_id


def start(order_id: int, gateway: Gateway, base_url: str) -> str:
    """The page of `start_attempt`."""
    return start_attempt(order_id, gateway, base_url).url


def start_attempt(order_id: int, gateway: Gateway, base_url: str) -> Started:
    """The provider's page for a pending order; opens transactions, idempotent: the live attempt is used again.

    Raises OrderMoved, GatewayUnavailable (the intent stays and is used again).
    """
    payment, request = _find_intent(order_id, base_url) or _intend(order_id, gateway, base_url)
    if payment.url is not None:
        return Started(payment.id, payment.url)
    try:
        result = gateway.start(request)
    except GatewayRejected as error:
        if error.facts.get("param") != "expires_at":
            raise
        # The first call never arrived, and its end is too near by now: nothing exists under this key, so it may move.
        result = gateway.start(_read_request(_prolong(payment.id), base_url))
    url = result.url if result.client_secret is None else f"{request.cancel_url}/payment"
    facts = {"session_id": result.session_id, "url": url, "client_secret": result.client_secret}
    with transaction() as session:
        values = {**facts, "updated_at": clock.now()}
        session.execute(update(table_of(Payment)).where(table_of(Payment).c.id == payment.id).values(values))
    return Started(payment.id, url)


def _find_intent(order_id: int, base_url: str) -> tuple[Payment, SessionRequest] | None:
    """The live attempt of a pending order, and what the provider is asked for; nobody is kept waiting for it."""
    session = db.session()
    found = session.execute(LIVE, {"order_id": order_id}).first()
    if found is None:
        session.rollback()
        return None
    payment, order = found
    request = session_request(order, payment, base_url)
    session.expunge(payment)
    session.rollback()
    return payment, request


@retry_deadlocks
def _intend(order_id: int, gateway: Gateway, base_url: str) -> tuple[Payment, SessionRequest]:
    with transaction() as session:
        order = orders.lock(session, order_id)
        if order.status is not OrderStatus.PENDING:
            raise orders.OrderMoved(status=order.status)
        payment = find_live_payment(session, order_id)
        if payment is None:
            payment = _new_attempt(session, order, gateway)
        request = session_request(order, payment, base_url)
        session.expunge(payment)
        return payment, request


def _new_attempt(session: Session, order: Order, gateway: Gateway) -> Payment:
    count = session.scalar(select(func.count()).where(Payment.order_id == order.id)) or 0
    due = Due(
        order.id,
        order.token,
        order.user_id,
        order.due_minor,
        order.currency,
        order.expires_at,
        is_mailed=order.is_mailed,
    )
    return get_payment(session, begin(due, gateway, count + 1))


def _session_end(order_end: datetime | None) -> datetime:
    moment = clock.now()
    end = max(order_end or moment, moment + MIN_SESSION)
    return min(end, moment + MAX_SESSION)


def _prolong(payment_id: int) -> Payment:
    with transaction() as session:
        payment = get_payment(session, payment_id)
        payment.expires_at = clock.now() + MIN_SESSION
        session.flush()
        session.expunge(payment)
        return payment


def _read_request(payment: Payment, base_url: str) -> SessionRequest:
    request = session_request(get_order_by_id(db.session(), payment.order_id), payment, base_url)
    db.session.rollback()
    return request
