"""The only writers of payments. Every money step: commit the intent, call the provider, commit the outcome."""

from typing import Any

from sqlalchemy import bindparam, func, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.core import clock, outbox
from storefront.core.db import db, insert_rows, joined, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments import credit
from storefront.payments.attempts import start as start
from storefront.payments.gateway import (
    Gateway,
    PaymentState,
    PaymentStatus,
    ProviderEvent,
)
from storefront.payments.models import FINAL, TRANSITIONS, Payment, WebhookEvent
from storefront.payments.money import follow
from storefront.payments.offline import METHODS
from storefront.payments.queries import find_held, find_live_payment, get_event_facts, get_payment
from storefront.payments.refunds import request_rest
from storefront.payments.shield import get_shield
from storefront.promotions.credit import CreditGone
from storefront.stock.service import OutOfStock

# Why money goes back by itself; the customer's mail explains it.
LATE = "paid after the order was over"
SESSION_KINDS = "checkout.session."
GOOD = frozenset({PaymentStatus.AUTHORISED, PaymentStatus.SUCCEEDED})
DECLINED = "payment_intent.payment_failed"
MONEY_KINDS = ("refund.", "charge.refunded", "charge.dispute.")
HOLD_KINDS = frozenset({"charge.captured", "payment_intent.canceled"})
INBOX = table_of(WebhookEvent)
PROCESSED = update(INBOX).where(INBOX.c.id == bindparam("event")).values(processed_at=bindparam("moment"))


class PaymentMismatch(Conflict):
    """What the provider reports is not what we asked for; `facts` say what differs. Nothing is moved."""

    message = N_("The provider's report does not match the order: %(differs)s.")


class StillPayable(Conflict):
    """The provider has not confirmed that the order can no longer be paid."""

    message = N_("A payment for this order is under way. Please try again in a moment.")


@retry_deadlocks
def receive_event(event: ProviderEvent, provider: str, payload: str) -> bool:
    """Store a verified event once and stage its job; opens a transaction. False when it was known."""
    row: dict[str, Any] = {"provider": provider, "event_id": event.id, "kind": event.kind, "payload": payload}
    row |= {"session_id": event.session_id, "payment_ref": event.payment_ref}
    try:
        with transaction() as session:
            (event_id,) = insert_rows(session, WebhookEvent, [row])
            outbox.stage("payments.process_event", dedupe_key=f"event-{event_id}", event_id=event_id)
    except IntegrityError:
        return False
    return True


def process_event(event_id: int, gateway: Gateway) -> None:
    """Act on an event from the inbox by asking the provider for the present state; safe to run twice.

    Raises UnknownPayment while the attempt it is about is not committed here, so that the job tries again.
    """
    event = get_event_facts(db.session(), event_id)
    session_id, payment_ref, kind = event.session_id, event.payment_ref, event.kind
    db.session.rollback()
    if event.processed_at is not None:
        return
    if session_id and kind.startswith(SESSION_KINDS):
        state = gateway.look_up(session_id)
        if state.attempt_id:  # The provider's account may sell elsewhere as well: that is none of our business.
            apply_state(state, gateway, event_id)
            return
    elif payment_ref and kind.startswith(MONEY_KINDS):
        follow(payment_ref, gateway)
    elif payment_ref and kind == DECLINED:
        attempt_id = gateway.look_up_money(payment_ref).attempt_id
        if attempt_id:
            is_enough = get_shield().note_decline(attempt_id, str(event_id))
            (close if is_enough else confirm)(attempt_id, gateway)
    elif payment_ref and kind in HOLD_KINDS:
        # A hold that is not known here yet is told of by its session, and what is final has nothing new.
        held_id = find_held(db.session(), gateway.name, payment_ref)
        db.session.rollback()
        if held_id is not None:
            confirm(held_id, gateway)
    with transaction():
        _mark_processed(event_id)


def confirm(payment_id: int, gateway: Gateway) -> None:
    """Ask the provider how an attempt stands and act on it; safe to run twice and beside the webhook."""
    payment = get_payment(db.session(), payment_id)
    session_id, status = payment.session_id, payment.status
    db.session.rollback()
    if session_id and status not in FINAL:
        _touch(payment_id)
        apply_state(gateway.look_up(session_id), gateway)


def close(payment_id: int, gateway: Gateway) -> None:
    """Close an attempt's page at the provider; its order can be paid with another one. Safe to run twice."""
    payment = get_payment(db.session(), payment_id)
    session_id, status, key = payment.session_id, payment.status, payment.idempotency_key
    db.session.rollback()
    if session_id and status not in FINAL:
        _touch(payment_id)
        apply_state(gateway.cancel(session_id, f"{key}-cancel"), gateway)


def apply_state(state: PaymentState, gateway: Gateway, event_id: int | None = None) -> None:
    """Bring attempt and order to what the provider says, and tell the shield; opens a transaction, idempotent.

    A report that does not match (amount, currency, order, mode) moves nothing and is noted with the order. The event
    of the inbox that told of it is marked as processed in the same commit.
    """
    _apply(state, gateway, event_id)
    if state.status in GOOD:
        get_shield().note_success(state.attempt_id)


@retry_deadlocks
def _apply(state: PaymentState, gateway: Gateway, event_id: int | None) -> None:
    actor = f"provider:{gateway.name}"
    try:
        with transaction() as session:
            payment = get_payment(session, state.attempt_id)
            order = orders.lock(session, payment.order_id)
            _check(payment, order, state, gateway)
            if _move(session, payment, state):
                _tell_order(order, payment, state, actor)
            if event_id is not None:
                _mark_processed(event_id)
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
    order_id, has_credit = order.id, order.credit_minor > 0
    facts = {"payment_id": state.attempt_id, "payment_ref": state.payment_ref, "decline_code": state.decline_code}
    if state.status is not PaymentStatus.SUCCEEDED:
        orders.record(order_id, f"payment_{state.status}", actor, facts=facts)
    if state.status not in GOOD:
        return
    if order.status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
        _settle_late(order, payment, state.status, actor, facts)
        return
    if state.status is PaymentStatus.AUTHORISED:
        orders.accept(order_id, actor, **facts)
    elif order.status is OrderStatus.ACCEPTED:
        orders.settle(order_id, actor, **facts)
    else:
        orders.mark_paid(order_id, actor, **facts)
    if has_credit:
        credit.capture(order_id)


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


def _mark_processed(event_id: int) -> None:
    joined().connection().execute(PROCESSED, {"event": event_id, "moment": clock.now()})


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
