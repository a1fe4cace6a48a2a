"""Gift cards and store credit as money: a payment that is reserved with the order, taken with it, and paid back to."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.db import insert_rows, joined, retry_deadlocks, table_of, transaction
from storefront.orders import service as orders
from storefront.orders.models import Order
from storefront.orders.queries import get_order_by_id
from storefront.payments.gateway import MoneyState, PaymentStatus, RefundRequest, RefundState, RefundStatus
from storefront.payments.models import CREDIT, Payment, Refund
from storefront.promotions import credit


class Tender(NamedTuple):
    """What one gift card or store credit pays of an order, in minor units."""

    account_id: int
    amount_minor: int


class CreditGateway:
    """What the shop can ask of credit: to take money back."""

    name = CREDIT
    is_live = True
    form_origin = ""

    def look_up_money(self, payment_ref: str) -> MoneyState:
        """The ledger is the shop's own, and a refund is booked there once: there is nothing to find out before."""
        return MoneyState(payment_ref=payment_ref, attempt_id=0, currency="", is_live=True, captured_minor=0)

    @retry_deadlocks
    def refund(self, request: RefundRequest) -> RefundState:
        """Pay back onto the card or credit it came from or goes to; opens a transaction, idempotent on the refund."""
        with transaction() as session:
            row = session.get_one(Refund, request.refund_id)
            credit.refund(int(request.payment_ref), request.amount_minor, row.order_id, row.id, "shop")
            if row.credit_account_id is not None:
                credit.stage_mail(row.credit_account_id)
        return RefundState(
            refund_ref=f"credit-{request.refund_id}",
            refund_id=request.refund_id,
            amount_minor=request.amount_minor,
            status=RefundStatus.SUCCEEDED,
            failure_reason=None,
        )


def reserve(order_id: int, tenders: Sequence[Tender], currency: str, turn: int, actor: str) -> None:
    """Take what credit pays of an order from its balances; joins. Raises CreditGone: nothing may be kept then.

    After the stock: whoever takes both takes them in this order.
    """
    for tender in sorted(tenders):
        credit.spend(tender.account_id, tender.amount_minor, order_id, turn, actor)
        row = {
            "order_id": order_id,
            "gateway": CREDIT,
            "status": PaymentStatus.CREATED,
            "amount_minor": tender.amount_minor,
            "currency": currency,
            "payment_ref": str(tender.account_id),
            "idempotency_key": f"credit-{order_id}-{tender.account_id}-{turn}",
            "expires_at": clock.now(),
        }
        insert_rows(joined(), Payment, [row])


def capture(order_id: int) -> None:
    """What was reserved has paid for the order; joins, idempotent."""
    payments = table_of(Payment)
    joined().execute(
        update(payments)
        .where(_reserved(order_id))
        .values(status=PaymentStatus.SUCCEEDED, captured_minor=payments.c.amount_minor, updated_at=clock.now())
    )


def uncapture(order_id: int) -> None:
    """The order waits for its payment again, and what credit pays of it is only reserved; joins, idempotent."""
    payments = table_of(Payment)
    is_credit = (payments.c.order_id == order_id) & (payments.c.gateway == CREDIT)
    is_taken = (payments.c.status == PaymentStatus.SUCCEEDED) & (payments.c.refunded_minor == 0)
    values = {"status": PaymentStatus.CREATED, "captured_minor": 0, "updated_at": clock.now()}
    joined().execute(update(payments).where(is_credit, is_taken).values(values))


def release(order_id: int, actor: str) -> None:
    """The order is over, and what was reserved for it can be spent again; joins, idempotent."""
    session, payments = joined(), table_of(Payment)
    query = select(payments.c.payment_ref, payments.c.amount_minor).where(_reserved(order_id))
    tenders = [Tender(int(ref), amount) for ref, amount in session.execute(query)]
    if not tenders:
        return
    turn = get_order_by_id(session, order_id).turn
    for tender in sorted(tenders):
        credit.release(tender.account_id, tender.amount_minor, order_id, turn, actor)
    ended = {"status": PaymentStatus.CANCELED, "updated_at": clock.now()}
    session.execute(update(payments).where(_reserved(order_id)).values(ended))


def reserve_again(order: Order, actor: str) -> None:
    """Take from the balances what a revived order was to be paid with; joins. Raises CreditGone."""
    session = joined()
    tenders = _last_tenders(session, order)
    if tenders:
        reserve(order.id, tenders, order.currency, order.turn, actor)
        capture(order.id)
        orders.record(order.id, "credit_taken_again", actor)


def _reserved(order_id: int) -> Any:
    payments = table_of(Payment)
    is_credit = (payments.c.order_id == order_id) & (payments.c.gateway == CREDIT)
    return is_credit & (payments.c.status == PaymentStatus.CREATED)


def _last_tenders(session: Session, order: Order) -> list[Tender]:
    suffix = f"-{order.turn - 1}"
    query = select(Payment).where(Payment.order_id == order.id, Payment.gateway == CREDIT)
    ended = [payment for payment in session.scalars(query) if str(payment.idempotency_key).endswith(suffix)]
    return [Tender(int(payment.payment_ref or 0), payment.amount_minor) for payment in ended]
