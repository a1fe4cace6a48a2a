"""The daily comparison: the provider's books, our payments and orders, and the stock ledger, down to the penny."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.db import db, insert_rows, retry_deadlocks, transaction
from storefront.core.errors import ShopError
from storefront.orders.models import Order, OrderLine, OrderStatus
from storefront.payments.gateway import Gateway, PaymentStatus, ReceivedPayment, RefundStatus
from storefront.payments.models import MoneyComparison, Payment, Refund
from storefront.payments.money import follow
from storefront.payments.service import confirm
from storefront.promotions.models import CardSale, CreditEntry, CreditEntryKind
from storefront.promotions.queries import list_unbalanced
from storefront.stock.models import EntryKind, StockEntry

SHOWN = 200
# So long a paid gift card may take to be made before the books are red.
MADE_WITHIN = timedelta(minutes=15)
OVER = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})


@dataclass(frozen=True)
class Difference:
    """One thing that does not agree: what kind, of which order, what is here and what ought to be (minor units)."""

    kind: str
    order: str
    here: int
    there: int


@dataclass(frozen=True)
class Comparison:
    """What agreed and what did not, since when; `mended` counts what had differed and agrees now."""

    since: datetime
    payments: int
    orders: int
    captured: Mapping[str, int]
    refunded: Mapping[str, int]
    differences: tuple[Difference, ...]
    mended: int = 0

    @property
    def is_green(self) -> bool:
        """Whether everything agrees now."""
        return not self.differences


def compare(gateway: Gateway, since: datetime, *, is_mending: bool = False) -> Comparison:
    """Compare everything since then; with `is_mending`, ask the provider again about what differs, and compare anew.

    Raises GatewayUnavailable.
    """
    first = _compare(gateway, since)
    if not first.differences or not is_mending:
        return first
    for received in gateway.list_received(since):
        _mend(received, gateway)
    second = _compare(gateway, since)
    mended = len(set(first.differences) - set(second.differences))
    return Comparison(**{**vars(second), "mended": mended})


@retry_deadlocks
def keep(found: Comparison, gateway_name: str) -> None:
    """Keep the result for the desk; opens a transaction."""
    facts: dict[str, Any] = {
        "payments": found.payments,
        "orders": found.orders,
        "captured": dict(found.captured),
        "refunded": dict(found.refunded),
        "mended": found.mended,
        "count": len(found.differences),
        "differences": [asdict(one) for one in found.differences[:SHOWN]],
    }
    row = {"gateway": gateway_name, "since": found.since, "is_green": found.is_green, "facts": facts}
    with transaction() as session:
        insert_rows(session, MoneyComparison, [row])


def _compare(gateway: Gateway, since: datetime) -> Comparison:
    received = list(gateway.list_received(since))
    session = db.session()
    captured: Counter[str] = Counter()
    refunded: Counter[str] = Counter()
    for one in received:
        captured[one.currency] += one.captured_minor
        refunded[one.currency] += one.refunded_minor
    differences = (
        *_compare_payments(session, gateway.name, since, received),
        *_compare_orders(session, since),
        *_compare_stock(session, since),
        *_compare_cards(session, since),
        *(Difference("credit", f"#{account_id}", ours, due) for account_id, ours, due in list_unbalanced(session)),
    )
    orders = session.scalar(select(func.count()).select_from(Order).where(_of_shop(since))) or 0
    session.rollback()
    return Comparison(since, len(received), orders, captured, refunded, differences)


def _compare_payments(
    session: Session, gateway_name: str, since: datetime, received: list[ReceivedPayment]
) -> Iterator[Difference]:
    known = {one.attempt_id: one for one in received}
    is_taken = (Payment.gateway == gateway_name) & (Payment.captured_minor > 0) & (Payment.created_at >= since)
    wanted = Payment.id.in_(known) | is_taken
    back = _refunded(session, wanted)
    query = select(Payment, Order.number).join(Order, Order.id == Payment.order_id).where(wanted)
    for payment, number in session.execute(query):
        theirs = known.pop(payment.id, None)
        taken = theirs.captured_minor if theirs else 0
        if taken != payment.captured_minor or (theirs and theirs.currency != payment.currency):
            yield Difference("captured", number, payment.captured_minor, taken)
        elif theirs and back[payment.id] != theirs.refunded_minor:
            yield Difference("refunded", number, back[payment.id], theirs.refunded_minor)
    for one in known.values():
        yield Difference("unknown_payment", one.payment_ref, 0, one.captured_minor)


def _refunded(session: Session, wanted: ColumnElement[bool]) -> Counter[int]:
    """What went back of each payment, as far as the provider has it."""
    query = (
        select(Refund.payment_id, func.sum(Refund.amount_minor))
        .join(Payment, Payment.id == Refund.payment_id)
        .where(wanted, Refund.status.in_([RefundStatus.PROCESSING, RefundStatus.SUCCEEDED]))
        # What became credit never left the provider.
        .where(Refund.credit_account_id.is_(None))
        .group_by(Refund.payment_id)
    )
    return Counter({payment_id: int(minor) for payment_id, minor in session.execute(query)})


def _compare_orders(session: Session, since: datetime) -> Iterator[Difference]:
    """Every order that was paid has its money, and of every order that is over all the money went back."""
    paid = case((Payment.status == PaymentStatus.SUCCEEDED, Payment.captured_minor), else_=0)
    kept = func.coalesce(func.sum(paid), 0).label("kept")
    back = func.coalesce(func.sum(Payment.refunded_minor), 0).label("back")
    query = (
        select(Order.number, Order.status, Order.paid_at, Order.total_minor, kept, back)
        .outerjoin(Payment, Payment.order_id == Order.id)
        .where(_of_shop(since))
        .group_by(Order.id, Order.number, Order.status, Order.paid_at, Order.total_minor)
    )
    for row in session.execute(query):
        ours, money = int(row.kept), int(row.kept) - int(row.back)
        if row.status in OVER and money:
            yield Difference("kept_of_ended_order", row.number, money, 0)
        elif row.status is OrderStatus.PENDING and ours:
            yield Difference("paid_but_pending", row.number, ours, 0)
        elif row.paid_at is not None and row.status not in OVER and ours != row.total_minor:
            yield Difference("order_total", row.number, ours, row.total_minor)


def _compare_stock(session: Session, since: datetime) -> Iterator[Difference]:
    """An order has taken its pieces out of stock, and one that is over has given them back."""
    taken = (
        select(OrderLine.order_id, func.sum(StockEntry.quantity).label("pieces"))
        .join(StockEntry, StockEntry.order_line_id == OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(StockEntry.kind.in_([EntryKind.SALE, EntryKind.RELEASE]), _of_shop(since))
        .group_by(OrderLine.order_id)
        .subquery()
    )
    ordered = (
        select(Order.number, Order.status, func.sum(OrderLine.quantity).label("ordered"), taken.c.pieces)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(taken, taken.c.order_id == Order.id)
        .where(_of_shop(since), OrderLine.variant_id.is_not(None))
        .group_by(Order.id, Order.number, Order.status, taken.c.pieces)
    )
    for row in session.execute(ordered):
        ours, due = -int(row.pieces or 0), 0 if row.status in OVER else int(row.ordered)
        if ours != due:
            yield Difference("stock", row.number, ours, due)


def _compare_cards(session: Session, since: datetime) -> Iterator[Difference]:
    """Every gift card that was sold holds what was paid for it; one whose money came just now may still be made."""
    is_issue = (CreditEntry.account_id == CardSale.account_id) & (CreditEntry.kind == CreditEntryKind.ISSUE)
    is_done = or_(Order.status == OrderStatus.FULFILLED, Order.paid_at < clock.now() - MADE_WITHIN)
    back = select(func.sum(Payment.refunded_minor)).where(Payment.order_id == Order.id).scalar_subquery()
    query = (
        select(Order.number, Order.total_minor, CreditEntry.amount_minor)
        .join(CardSale, CardSale.order_id == Order.id)
        .outerjoin(CreditEntry, is_issue)
        .where(_of_shop(since), is_done, Order.status.not_in(OVER))
        .where(or_(CardSale.account_id.is_not(None), func.coalesce(back, 0) == 0))
    )
    for number, due, made in session.execute(query):
        if made != due:
            yield Difference("card", number, int(made or 0), due)


def _of_shop(since: datetime) -> ColumnElement[bool]:
    return (Order.source == "shop") & (Order.placed_at >= since)


def _mend(received: ReceivedPayment, gateway: Gateway) -> None:
    """Ask the provider about one payment once more; what cannot be mended so stays in the comparison."""
    try:
        if db.session.get(Payment, received.attempt_id) is not None:
            db.session.rollback()
            confirm(received.attempt_id, gateway)
            follow(received.payment_ref, gateway)
    except ShopError:
        db.session.rollback()
