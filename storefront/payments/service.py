"""The only writers of payments. Every money step: commit the intent, call the provider, commit the outcome."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.core import clock, outbox
from storefront.core.db import db, joined, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments import credit
from storefront.payments.asking import session_request
from storefront.payments.gateway import (
    Gateway,
    GatewayRejected,
    PaymentState,
    PaymentStatus,
    ProviderEvent,
    SessionRequest,
)
from storefront.payments.models import FINAL, TRANSITIONS, Payment, WebhookEvent
from storefront.payments.money import follow
from storefront.payments.offline import METHODS
from storefront.payments.queries import find_customer_ref, find_held, find_live_payment, get_event, get_payment
from storefront.payments.refunds import request_rest
from storefront.payments.shield import get_shield
from storefront.promotions.credit import CreditGone
from storefront.stock.service import OutOfStock

# The provider wants at least 30 minutes from the moment it hears of a session.
MIN_SESSION = timedelta(minutes=40)
# And takes no more than a day; an order that lives longer gets another attempt then.
MAX_SESSION = timedelta(hours=23)
# Why money goes back by itself; the customer's mail explains it.
LATE = "paid after the order was over"
SESSION_KINDS = "checkout.session."
GOOD = frozenset({PaymentStatus.AUTHORISED, PaymentStatus.SUCCEEDED})
DECLINED = "payment_intent.payment_failed"
MONEY_KINDS = ("refund.", "charge.refunded", "charge.dispute.")
HOLD_KINDS = frozenset({"charge.captured", "payment_intent.canceled"})


class PaymentMismatch(Conflict):
    """What the provider reports is not what we asked for; `facts` say what differs. Nothing is moved."""

    message = N_("The provider's report does not match the order: %(differs)s.")


class StillPayable(Conflict):
    """The provider has not confirmed that the order can no longer be paid."""

    message = N_("A payment for this order is under way. Please try again in a moment.")


def start(order_id: int, gateway: Gateway, base_url: str) -> str:
    """The provider's page for a pending order; opens transactions, idempotent: the live attempt is used again.

    Raises OrderMoved, GatewayUnavailable (the intent stays and is used again).
    """
    payment, request = _intend(order_id, gateway, base_url)
    if payment.url is not None:
        return payment.url
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
    return url


@retry_deadlocks
def receive_event(event: ProviderEvent, provider: str, payload: str) -> bool:
    """Store a verified event once and stage its job; opens a transaction. False when it was known."""
    row = WebhookEvent(provider=provider, event_id=event.id, kind=event.kind, payload=payload)
    row.session_id, row.payment_ref = event.session_id, event.payment_ref
    try:
        with transaction() as session:
            session.add(row)
            session.flush()
            outbox.stage("payments.process_event", dedupe_key=f"event-{row.id}", event_id=row.id)
    except IntegrityError:
        return False
    return True


def process_event(event_id: int, gateway: Gateway) -> None:
    """Act on an event from the inbox by asking the provider for the present state; safe to run twice.

    Raises UnknownPayment while the attempt it is about is not committed here, so that the job tries again.
    """
    event = get_event(db.session(), event_id)
    session_id, payment_ref, kind = event.session_id, event.payment_ref, event.kind
    is_done = event.processed_at is not None
    db.session.rollback()
    if is_done:
        return
    if session_id and kind.startswith(SESSION_KINDS):
        state = gateway.look_up(session_id)
        if state.attempt_id:  # The provider's account may sell elsewhere as well: that is none of our business.
            apply_state(state, gateway)
    elif payment_ref and kind.startswith(MONEY_KINDS):
        follow(payment_ref, gateway)
    elif payment_ref and kind == DECLINED:
        attempt_id = gateway.look_up_money(payment_ref).attempt_id
        if attempt_id:
            get_shield().note_decline(attempt_id, str(event_id))
            confirm(attempt_id, gateway)
    elif payment_ref and kind in HOLD_KINDS:
        # A hold that is not known here yet is told of by its session, and what is final has nothing new.
        held_id = find_held(db.session(), gateway.name, payment_ref)
        db.session.rollback()
        if held_id is not None:
            confirm(held_id, gateway)
    with transaction() as session:
        get_event(session, event_id).processed_at = clock.now()


def confirm(payment_id: int, gateway: Gateway) -> None:
    """Ask the provider how an attempt stands and act on it; safe to run twice and beside the webhook."""
    payment = get_payment(db.session(), payment_id)
    session_id, status = payment.session_id, payment.status
    db.session.rollback()
    if session_id and status not in FINAL:
        _touch(payment_id)
        apply_state(gateway.look_up(session_id), gateway)


def apply_state(state: PaymentState, gateway: Gateway) -> None:
    """Bring attempt and order to what the provider says, and tell the shield; opens a transaction, idempotent.

    A report that does not match (amount, currency, order, mode) moves nothing and is noted with the order.
    """
    _apply(state, gateway)
    if state.status in GOOD:
        get_shield().note_success(state.attempt_id)


@retry_deadlocks
def _apply(state: PaymentState, gateway: Gateway) -> None:
    actor = f"provider:{gateway.name}"
    try:
        with transaction() as session:
            payment = get_payment(session, state.attempt_id)
            order = orders.lock(session, payment.order_id)
            _check(payment, order, state, gateway)
            if _move(session, payment, state):
                _tell_order(order, payment, state, actor)
    except PaymentMismatch as error:
        _note_mismatch(state.attempt_id, str(error), actor)
        raise


def stop(order_id: int, gateway: Gateway, base_url: str) -> None:
    """Make sure that an order can no longer be paid; call it before cancelling. Raises StillPayable.

    When the payment has succeeded meanwhile the order becomes paid, and the caller's transition fails on that.
    """
    payment = find_live_payment(db.session(), order_id)
    if payment is None or payment.gateway in METHODS:
        return
    payment_id, session_id, key = payment.id, payment.session_id, payment.idempotency_key
    db.session.rollback()
    if session_id is None:
        # The provider may or may not have heard of this intent: asked again under its key, it tells us the session.
        start(order_id, gateway, base_url)
        session_id = get_payment(db.session(), payment_id).session_id or ""
        db.session.rollback()
    state = gateway.cancel(session_id, f"{key}-cancel")
    apply_state(state, gateway)
    if state.status not in FINAL:
        raise StillPayable(id=payment_id)


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
    payment = Payment(
        order_id=order.id,
        live_order_id=order.id,
        gateway=gateway.name,
        # A gift card leaves at once, and money that is only held may never come.
        is_held=gateway.is_held and not order.is_mailed,
        is_embedded=gateway.is_embedded,
        customer_ref=find_customer_ref(session, order.user_id, gateway.name),
        status=PaymentStatus.CREATED,
        amount_minor=order.due_minor,
        currency=order.currency,
        idempotency_key=f"order-{order.token[:16]}-attempt-{count + 1}",
        expires_at=_session_end(order.expires_at),
    )
    session.add(payment)
    session.flush()
    orders.record(order.id, "payment_started", "shopper", facts={"payment_id": payment.id, "gateway": gateway.name})
    return payment


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


def _check(payment: Payment, order: Order, state: PaymentState, gateway: Gateway) -> None:
    ours = (payment.amount_minor, payment.currency, order.number, gateway.is_live)
    theirs = (state.amount_minor, state.currency, state.order_number, state.is_live)
    names = ("amount", "currency", "order", "mode")
    differs = [name for name, ours_, theirs_ in zip(names, ours, theirs, strict=True) if ours_ != theirs_]
    if payment.session_id is not None and payment.session_id != state.session_id:
        differs.append("session")
    if differs:
        raise PaymentMismatch(differs=", ".join(differs))


def _move(session: Session, payment: Payment, state: PaymentState) -> bool:
    """The conditional update; False when the attempt is there already or has gone further."""
    is_earlier = Payment.status.in_([status for status, later in TRANSITIONS.items() if state.status in later])
    # A second decline is news too, although the attempt stands where it stood.
    is_news = (Payment.status == state.status) & (func.coalesce(Payment.decline_code, "") != (state.decline_code or ""))
    is_open = state.status not in FINAL
    changed: Any = session.execute(
        update(Payment)
        .where(Payment.id == payment.id, is_earlier | is_news if is_open else is_earlier)
        .values(
            status=state.status,
            live_order_id=Payment.live_order_id if is_open else None,
            session_id=state.session_id,
            payment_ref=state.payment_ref,
            decline_code=state.decline_code,
            captured_minor=state.amount_minor if state.status is PaymentStatus.SUCCEEDED else 0,
            expires_at=state.held_until or Payment.expires_at,
            updated_at=clock.now(),
        )
        .execution_options(synchronize_session=False)
    )
    session.expire(payment)
    return bool(changed.rowcount == 1)


def _tell_order(order: Order, payment: Payment, state: PaymentState, actor: str) -> None:
    facts = {"payment_id": payment.id, "payment_ref": state.payment_ref, "decline_code": state.decline_code}
    if state.status is not PaymentStatus.SUCCEEDED:
        orders.record(order.id, f"payment_{state.status}", actor, facts=facts)
    if state.status not in GOOD:
        return
    if order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
        _settle_late(order, payment, state.status, actor, facts)
        return
    if state.status is PaymentStatus.AUTHORISED:
        orders.accept(order.id, actor, **facts)
    elif order.status is OrderStatus.ACCEPTED:
        orders.settle(order.id, actor, **facts)
    else:
        orders.mark_paid(order.id, actor, **facts)
    credit.capture(order.id)


def _settle_late(order: Order, payment: Payment, status: PaymentStatus, actor: str, facts: dict[str, Any]) -> None:
    """Money for an order that is over: it goes on while its goods and credit can be had, else the money goes back."""
    session, is_taken = joined(), status is PaymentStatus.SUCCEEDED
    if order.status is OrderStatus.EXPIRED:
        try:
            with session.begin_nested():
                orders.revive(order.id, OrderStatus.PAID if is_taken else OrderStatus.ACCEPTED, actor, **facts)
                credit.reserve_again(get_order_by_id(session, order.id), actor)
        except (OutOfStock, CreditGone):
            session.expire_all()
        else:
            return
    if is_taken:
        orders.record(order.id, "paid_too_late", actor, facts=facts)
        request_rest(payment, LATE, "shop")
        return
    orders.record(order.id, "held_too_late", actor, facts=facts)
    outbox.stage("payments.release", dedupe_key=f"release-{payment.id}", payment_id=payment.id)


def _touch(payment_id: int) -> None:
    """Note that somebody asks, so that the sweep does not ask again at once."""
    with transaction() as session:
        get_payment(session, payment_id).updated_at = clock.now()


def _note_mismatch(payment_id: int, text: str, actor: str) -> None:
    with transaction() as session:
        payment = session.get(Payment, payment_id)
        if payment is None:
            return
        order = get_order_by_id(session, payment.order_id)
        if not any(event.kind == "payment_mismatch" and event.facts["text"] == text for event in order.events):
            orders.record(order.id, "payment_mismatch", actor, facts={"text": text})
