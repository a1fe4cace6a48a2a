"""Money that a bank holds until the goods are sent: taking it, giving it up, and what to do when the hold is over."""

from datetime import timedelta

from storefront.core import clock, outbox
from storefront.core.db import db, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict
from storefront.orders import service as orders
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments import credit
from storefront.payments.gateway import Gateway, PaymentStatus
from storefront.payments.models import Payment
from storefront.payments.offline import METHODS
from storefront.payments.queries import find_live_payment, get_payment
from storefront.payments.refunds import request_all
from storefront.payments.service import apply_state

# How long somebody has who is asked to pay again.
PAY_AGAIN_WITHIN = timedelta(days=3)


class NothingHeld(Conflict):
    """The bank holds no money for this order any more, so it must not be sent yet."""

    message = N_("The bank no longer holds the money for this order. Ask the customer to pay again, or cancel it.")


def take(order_id: int, gateway: Gateway, actor: str) -> None:
    """Take the money that is held for an order, before its goods leave; safe to run twice.

    An order that is paid, or paid to us later, needs nothing. Raises NothingHeld, GatewayUnavailable.
    """
    session = db.session()
    order, payment = get_order_by_id(session, order_id), find_live_payment(session, order_id)
    is_waiting = order.status is OrderStatus.ACCEPTED
    session.rollback()
    if not is_waiting or (payment is not None and payment.gateway in METHODS):
        return
    if payment is None or payment.status is not PaymentStatus.AUTHORISED:
        raise NothingHeld(id=order_id)
    _note(payment, "capture_requested", actor)
    state = gateway.capture(payment.session_id or "", payment.payment_ref or "", f"{payment.idempotency_key}-capture")
    apply_state(state, gateway)
    if state.status is not PaymentStatus.SUCCEEDED:
        raise NothingHeld(id=order_id)


def release(payment_id: int, gateway: Gateway) -> None:
    """Give up the money that is held with an attempt; safe to run twice. Raises GatewayUnavailable."""
    payment = get_payment(db.session(), payment_id)
    db.session.rollback()
    if payment.status is PaymentStatus.AUTHORISED:
        key = f"{payment.idempotency_key}-release"
        apply_state(gateway.release(payment.session_id or "", payment.payment_ref or "", key), gateway)


def cancel(order_id: int, gateway: Gateway, *, actor: str, reason: str, is_written_off: bool) -> None:
    """Give up the money that is held for an order, and cancel it. Raises OrderMoved, GatewayUnavailable."""
    payment = find_live_payment(db.session(), order_id)
    db.session.rollback()
    if payment is not None:
        release(payment.id, gateway)
    _cancel(order_id, actor, reason, is_written_off)


@retry_deadlocks
def ask_again(order_id: int, actor: str) -> None:
    """Wait for another payment of an order whose money the bank let go of, and stage the mail that asks for it.

    Opens a transaction. Raises OrderMoved when it is not accepted, or its money is still held.
    """
    with transaction() as session:
        order = orders.lock(session, order_id)
        if find_live_payment(session, order_id) is not None:
            raise orders.OrderMoved(status=order.status)
        orders.reopen(order_id, clock.now() + PAY_AGAIN_WITHIN, actor)
        credit.uncapture(order_id)
        count = sum(event.kind == orders.REOPENED for event in get_order_by_id(session, order_id).events)
        outbox.stage("orders.send_request", dedupe_key=f"payment-request-{order_id}-{count}", order_id=order_id)


@retry_deadlocks
def _cancel(order_id: int, actor: str, reason: str, is_written_off: bool) -> None:
    with transaction() as session:
        order = orders.lock(session, order_id)
        if find_live_payment(session, order_id) is not None:
            raise orders.OrderMoved(status=order.status)
        orders.cancel_accepted(order_id, actor, reason, is_written_off=is_written_off)
        request_all(order_id, reason, actor)


@retry_deadlocks
def _note(payment: Payment, kind: str, actor: str) -> None:
    """The intent: whoever finds the order in between sees that its money was about to be taken."""
    with transaction() as session:
        get_payment(session, payment.id).updated_at = clock.now()
        orders.record(payment.order_id, kind, actor, facts={"payment_id": payment.id})
