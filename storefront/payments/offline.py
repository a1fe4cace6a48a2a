"""Paying later: on invoice, or to the courier. The order is accepted at once, and staff note the money when it came."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storefront.core import clock, outbox
from storefront.core.db import insert_rows, joined, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict
from storefront.orders import service as orders
from storefront.orders.models import Order
from storefront.payments import credit
from storefront.payments.gateway import MoneyState, PaymentStatus, RefundRequest, RefundState, RefundStatus
from storefront.payments.models import Payment
from storefront.payments.queries import find_live_payment
from storefront.payments.refunds import request_all

ONLINE = "online"
# A first and a last reminder, so long after an invoice was due.
REMIND_AFTER = (timedelta(days=3), timedelta(days=14))


class NothingDue(Conflict):
    """No money is awaited for this order: it was paid, or is over."""

    message = N_("No payment is awaited for this order.")


@dataclass(frozen=True)
class OfflineMethod:
    """One way to pay later: how many days after the order it is due; `is_home_only` goes with our own country."""

    code: str
    label: Any
    hint: Any
    due_days: int
    is_home_only: bool = False


METHODS = {
    "invoice": OfflineMethod("invoice", _l("On invoice"), _l("By bank transfer within 14 days"), 14),
    "cash_on_delivery": OfflineMethod("cash_on_delivery", _l("Cash on delivery"), _l("To the courier"), 14, True),
}


class OfflineGateway:
    """What the shop can ask of money that no provider moves: staff pay back by hand, and this notes that they do."""

    is_live = True
    form_origin = ""

    def __init__(self, name: str) -> None:
        self.name = name

    def look_up_money(self, payment_ref: str) -> MoneyState:
        """Nobody else keeps books of it, so there is nothing to find out before a refund is noted (again)."""
        return MoneyState(payment_ref=payment_ref, attempt_id=0, currency="", is_live=True, captured_minor=0)

    def refund(self, request: RefundRequest) -> RefundState:
        """Paid back by hand: done as soon as it is asked for."""
        return RefundState(
            refund_ref=f"by-hand-{request.refund_id}",
            refund_id=request.refund_id,
            amount_minor=request.amount_minor,
            status=RefundStatus.SUCCEEDED,
            failure_reason=None,
        )


def list_offline(enabled: tuple[str, ...], country: str, home: str) -> list[OfflineMethod]:
    """The ways to pay later that are offered to `country` (ISO 3166-1 alpha-2) by a shop in `home`."""
    methods = [METHODS[code] for code in enabled if code in METHODS]
    return [method for method in methods if not method.is_home_only or country == home]


def accept(order_id: int, code: str, due_minor: int, currency: str, actor: str) -> None:
    """Accept a new order that is paid later, with the attempt that awaits its money; joins the caller's transaction."""
    method, moment = METHODS[code], clock.now()
    due_at = moment + timedelta(days=method.due_days)
    row = {
        "order_id": order_id,
        "live_order_id": order_id,
        "gateway": code,
        "status": PaymentStatus.CREATED,
        "amount_minor": due_minor,
        "currency": currency,
        "idempotency_key": f"offline-{order_id}",
        "expires_at": due_at,
    }
    insert_rows(joined(), Payment, [row])
    credit.capture(order_id)
    orders.accept(order_id, actor, method=code, due_at=due_at.isoformat(timespec="seconds"))


@retry_deadlocks
def note_paid(order_id: int, reference: str, actor: str) -> None:
    """Note that the money of an accepted order came; opens a transaction. Raises NothingDue."""
    with transaction() as session:
        orders.lock(session, order_id)
        payment = _end(session, order_id, PaymentStatus.SUCCEEDED)
        orders.settle(order_id, actor, payment_id=payment.id, reference=reference)


@retry_deadlocks
def cancel(order_id: int, *, actor: str, reason: str, is_written_off: bool) -> None:
    """Cancel an accepted order that was neither sent nor paid; opens a transaction. Raises OrderMoved, NothingDue."""
    with transaction() as session:
        orders.lock(session, order_id)
        _end(session, order_id, PaymentStatus.CANCELED)
        orders.cancel_accepted(order_id, actor, reason, is_written_off=is_written_off)
        request_all(order_id, reason, actor)


@retry_deadlocks
def stage_reminders() -> int:
    """Stage the reminder of every invoice that is overdue, the first and the last; opens a transaction, idempotent."""
    moment, staged = clock.now(), 0
    with transaction() as session:
        for number, after in enumerate(REMIND_AFTER, 1):
            for payment in list_overdue(session, moment - after):
                key = f"reminder-{payment.id}-{number}"
                outbox.stage("payments.send_reminder", dedupe_key=key, payment_id=payment.id, number=number)
                staged += 1
    return staged


def list_overdue(session: Session, moment: datetime) -> list[Payment]:
    """Invoices that were due before then and are not paid, the oldest first."""
    is_due = (Payment.gateway == "invoice") & Payment.live_order_id.is_not(None) & (Payment.expires_at < moment)
    return list(session.scalars(select(Payment).where(is_due).order_by(Payment.expires_at)))


def due_payment(session: Session, order: Order) -> Payment | None:
    """The attempt that awaits money for an accepted order."""
    payment = find_live_payment(session, order.id)
    return payment if payment and payment.gateway in METHODS else None


def _end(session: Session, order_id: int, to: PaymentStatus) -> Payment:
    payment = find_live_payment(session, order_id)
    if payment is None or payment.gateway not in METHODS:
        raise NothingDue(id=order_id)
    captured = payment.amount_minor if to is PaymentStatus.SUCCEEDED else 0
    changed: Any = session.execute(
        update(Payment)
        .where(Payment.id == payment.id, Payment.status == PaymentStatus.CREATED)
        .values(status=to, live_order_id=None, captured_minor=captured, updated_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        raise NothingDue(id=order_id)
    session.refresh(payment)
    return payment
