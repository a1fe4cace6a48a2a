"""The only writers of orders. A transition is a conditional UPDATE on the state it expects, plus an event row."""

import secrets
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.catalog.models import Variant
from storefront.catalog.service import count_sold
from storefront.core import clock, outbox
from storefront.core.db import insert_rows, joined, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict
from storefront.core.text import spoken_number
from storefront.orders.draft import Address, CreatedOrder, DraftLine, OrderDraft
from storefront.orders.models import TRANSITIONS, Order, OrderEvent, OrderLine, OrderStatus
from storefront.orders.queries import UnknownOrder, get_order_by_id
from storefront.orders.totals import LineTotals
from storefront.promotions import coupons, sold_cards
from storefront.stock import service as stock

ORDERS = table_of(Order)
# Made once: every order in a rush goes through them.
_move = update(ORDERS).where(ORDERS.c.id == bindparam("order"), ORDERS.c.status == bindparam("expected"))
MOVE = _move.values(status=bindparam("new"))
PAY = _move.values(status=bindparam("new"), paid_at=bindparam("moment"))
LOCK = select(Order).where(Order.id == bindparam("order")).with_for_update()
SOLD = (
    select(Variant.product_id, OrderLine.quantity)
    .join(OrderLine, OrderLine.variant_id == Variant.id)
    .where(OrderLine.order_id == bindparam("order"))
)
REOPENED = "reopened"
UNSENT = frozenset({OrderStatus.PENDING, OrderStatus.ACCEPTED, OrderStatus.PAID})


class OrderMoved(Conflict):
    """The order is no longer in the state the step expects; `status` is where it stands."""

    message = N_("This order has moved on in the meantime, so this is no longer possible.")


class CountryFixed(Conflict):
    """Tax and delivery of the order follow its country, so it cannot be sent to another one for the same money."""

    message = N_("Tax and delivery depend on the country. Cancel this order and place a new one for the other country.")


class NumberTaken(Conflict):
    """The number that was drawn belongs to another order: the transaction is undone, and another one is drawn."""


def create(
    draft: OrderDraft, actor: str, before_stock: Callable[[CreatedOrder], None] = lambda _: None
) -> CreatedOrder:
    """Write a pending order and take its stock, all or nothing; joins the caller's transaction.

    Raises OutOfStock, CodeRefused, and NumberTaken: the whole transaction is tried again then. The stock rows are
    touched last, so that they are locked only across the commit; `before_stock` is what else has to be written.
    """
    order = _insert(joined(), draft)
    facts = {"kept_until": draft.kept_until.isoformat(timespec="seconds")} if draft.kept_until else {}
    record(order.id, "placed", actor, to_status=OrderStatus.PENDING, facts=facts)
    if draft.coupon is not None:
        coupons.use(draft.coupon, order.id, draft.address.email)
    rows = [{"order_id": order.id, **_line(*pair)} for pair in zip(draft.lines, draft.totals.lines, strict=True)]
    line_ids = insert_rows(joined(), OrderLine, rows) if rows else []
    before_stock(order)
    stock.take(
        [
            stock.StockLine(line.variant_id, line.quantity, line_id)
            for line, line_id in zip(draft.lines, line_ids, strict=True)
            if line.variant_id is not None
        ],
        actor,
    )
    return order


def move(order_id: int, expected: OrderStatus, to: OrderStatus, actor: str, kind: str, **facts: Any) -> None:
    """Move an order from `expected` to `to` and note it; joins. Raises OrderMoved when it stands elsewhere."""
    if to not in TRANSITIONS[expected]:
        raise ValueError(f"{expected} -> {to} is no transition")
    session = joined()
    session.flush()
    facts_of_it = {"order": order_id, "expected": expected, "new": to, "moment": clock.now()}
    changed: Any = session.connection().execute(PAY if to is OrderStatus.PAID else MOVE, facts_of_it)
    session.expire_all()
    if changed.rowcount != 1:
        raise OrderMoved(status=_status(session, order_id))
    record(order_id, kind, actor, from_status=expected, to_status=to, facts=facts)


def record(
    order_id: int,
    kind: str,
    actor: str,
    *,
    from_status: OrderStatus | None = None,
    to_status: OrderStatus | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    """Note that something happened to an order; joins the caller's transaction."""
    row = {"order_id": order_id, "kind": kind, "actor": actor, "facts": facts or {}}
    insert_rows(joined(), OrderEvent, [{**row, "from_status": from_status, "to_status": to_status}])


def mark_paid(order_id: int, actor: str, **facts: Any) -> bool:
    """Move a pending order to paid and stage its mail; joins. False when it was paid before: nothing happens then.

    Raises OrderMoved when the order was cancelled or has expired.
    """
    session = joined()
    try:
        move(order_id, OrderStatus.PENDING, OrderStatus.PAID, actor, "paid", **facts)
    except OrderMoved as error:
        if error.facts["status"] in {OrderStatus.PAID, OrderStatus.PARTLY_FULFILLED, OrderStatus.FULFILLED}:
            return False
        raise
    _count_as_sold(session, order_id)
    return True


def accept(order_id: int, actor: str, **facts: Any) -> None:
    """Take a pending order that is paid later: it can be sent, and does not expire; joins. Raises OrderMoved."""
    move(order_id, OrderStatus.PENDING, OrderStatus.ACCEPTED, actor, "accepted", **facts)
    _count_as_sold(joined(), order_id)


def reopen(order_id: int, expires_at: datetime, actor: str) -> None:
    """Wait for the payment of an accepted order again, whose money could not be taken; joins. Raises OrderMoved."""
    move(order_id, OrderStatus.ACCEPTED, OrderStatus.PENDING, actor, REOPENED)
    session = joined()
    session.execute(update(Order).where(Order.id == order_id).values(expires_at=expires_at))
    session.expire_all()
    _uncount(session, order_id)


def settle(order_id: int, actor: str, **facts: Any) -> None:
    """Note that an accepted order was paid, whether or not it was sent before; joins. Raises OrderMoved."""
    session = joined()
    if _status(session, order_id) is OrderStatus.ACCEPTED:
        move(order_id, OrderStatus.ACCEPTED, OrderStatus.PAID, actor, "paid", **facts)
        return
    is_sent = (Order.id == order_id) & (Order.status == OrderStatus.FULFILLED) & Order.paid_at.is_(None)
    changed: Any = session.execute(
        update(Order).where(is_sent).values(paid_at=clock.now()).execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        raise OrderMoved(status=_status(session, order_id))
    record(order_id, "paid", actor, facts=facts)


def revive(order_id: int, to: OrderStatus, actor: str, **facts: Any) -> None:
    """Make an expired order whole whose money came late: paid or accepted, with its stock taken again; joins.

    Raises OutOfStock when it cannot be had any more: what was done here must be undone then (a savepoint will do).
    """
    session = joined()
    move(order_id, OrderStatus.EXPIRED, to, actor, "paid_after_all", **facts)
    session.execute(update(Order).where(Order.id == order_id).values(turn=Order.turn + 1))
    _count_as_sold(session, order_id)
    order = get_order_by_id(session, order_id)
    if order.coupon_code and not coupons.take_again(order_id, order.coupon_code, order.email):
        record(order_id, "coupon_used_up", actor, facts={"code": order.coupon_code})
    stock.take(stock_lines(order), actor)


def cancel_paid(order_id: int, actor: str, reason: str, *, is_written_off: bool) -> None:
    """Cancel a paid order that was not sent and give its stock back, or write it off; joins.

    Its money is given back beside this (payments.refunds). Raises OrderMoved, NotOnShelf.
    """
    _cancel_sold(order_id, OrderStatus.PAID, actor, reason, is_written_off)


def cancel_accepted(order_id: int, actor: str, reason: str, *, is_written_off: bool) -> None:
    """Cancel an accepted order that was neither sent nor paid, and give its stock back or write it off; joins.

    Raises OrderMoved, NotOnShelf.
    """
    _cancel_sold(order_id, OrderStatus.ACCEPTED, actor, reason, is_written_off)


def _cancel_sold(order_id: int, expected: OrderStatus, actor: str, reason: str, is_written_off: bool) -> None:
    facts = {"is_written_off": True} if is_written_off else {}
    move(order_id, expected, OrderStatus.CANCELLED, actor, "cancelled", reason=reason, **facts)
    coupons.give_back(order_id)
    session = joined()
    _uncount(session, order_id)
    end = stock.discard if is_written_off else stock.release
    end(stock_lines(get_order_by_id(session, order_id)), actor, reason)


def cancel_pending(order_id: int, actor: str, reason: str, *, is_written_off: bool = False) -> None:
    """Cancel an unpaid order and give its stock back, or write it off; joins.

    Its payment must be stopped before (checkout.service). Raises OrderMoved, NotOnShelf.
    """
    facts = {"is_written_off": True} if is_written_off else {}
    move(order_id, OrderStatus.PENDING, OrderStatus.CANCELLED, actor, "cancelled", reason=reason, **facts)
    coupons.give_back(order_id)
    order = get_order_by_id(joined(), order_id)
    end = stock.discard if is_written_off else stock.release
    end(stock_lines(order), actor, reason)


def expire_pending(order_id: int, actor: str) -> None:
    """End an order that was not paid in time and give its stock back; joins. Its payment must be stopped before."""
    move(order_id, OrderStatus.PENDING, OrderStatus.EXPIRED, actor, "expired")
    coupons.give_back(order_id)
    stock.release(stock_lines(get_order_by_id(joined(), order_id)), actor, "not paid in time")


@retry_deadlocks
def fulfil(order_id: int, actor: str) -> None:
    """Note that a paid or accepted order was shipped whole, and take it from the shelf; opens a transaction."""
    with transaction() as session:
        is_accepted = lock(session, order_id).status is OrderStatus.ACCEPTED
        expected = OrderStatus.ACCEPTED if is_accepted else OrderStatus.PAID
        move(order_id, expected, OrderStatus.FULFILLED, actor, "fulfilled")
        stock.ship(stock_lines(get_order_by_id(session, order_id)))


@retry_deadlocks
def change_address(order_id: int, address: Address, actor: str) -> None:
    """Correct where an order that was not sent goes, and note what it was; opens a transaction.

    Raises OrderMoved, CountryFixed.
    """
    with transaction() as session:
        order = lock(session, order_id)
        if order.status not in UNSENT:
            raise OrderMoved(status=order.status)
        if order.country and address.country != order.country:
            raise CountryFixed(field="country")
        before = {name: getattr(order, name) for name in vars(address)}
        for name, value in vars(address).items():
            setattr(order, name, value)
        changed = {name: value for name, value in before.items() if value != getattr(order, name)}
        if changed:
            record(order_id, "address_changed", actor, facts={"before": changed})


@retry_deadlocks
def claim(user_id: int, email: str) -> int:
    """Give an account the orders that its owner placed as a guest, and return how many; opens a transaction.

    The address must have been shown to be theirs.
    """
    with transaction() as session:
        is_guest = (Order.email == email) & Order.user_id.is_(None)
        ids = list(session.scalars(select(Order.id).where(is_guest)))
        if ids:
            session.execute(update(Order).where(Order.id.in_(ids)).values(user_id=user_id))
        return len(ids)


def add_note(order_id: int, text: str, actor: str) -> None:
    """Keep a remark of staff with the order; opens a transaction."""
    with transaction() as session:
        lock(session, order_id)
        record(order_id, "note", actor, facts={"text": text})


def lock(session: Session, order_id: int) -> Order:
    """The order, locked until the caller's transaction ends; raises UnknownOrder."""
    order = session.scalar(LOCK, {"order": order_id})
    if order is None:
        raise UnknownOrder()
    return order


def stock_lines(order: Order) -> list[stock.StockLine]:
    """The order's lines as stock counts them."""
    return [
        stock.StockLine(line.variant_id, line.quantity, line.id, turn=order.turn)
        for line in order.lines
        if line.variant_id is not None
    ]


def _insert(session: Session, draft: OrderDraft) -> CreatedOrder:
    """Numbers are random, so that nobody can count our orders."""
    totals = draft.totals
    row = {
        "number": spoken_number(),
        "token": secrets.token_urlsafe(32),
        "checkout_key": draft.checkout_key,
        "user_id": draft.user_id,
        "customer_id": draft.customer_id,
        "locale": draft.locale,
        "currency": draft.currency,
        "shipping_method": draft.shipping_method,
        "shipping_name": draft.shipping_name,
        "coupon_code": draft.coupon.code if draft.coupon else "",
        "items_minor": totals.items_minor,
        "discount_minor": totals.discount_minor,
        "shipping_minor": totals.shipping_minor,
        "shipping_tax_minor": totals.shipping_tax_minor,
        "tax_minor": totals.tax_minor,
        "included_tax_minor": totals.included_tax_minor,
        "taxes": [tax._asdict() for tax in totals.taxes],
        "total_minor": totals.total_minor,
        "credit_minor": draft.credit_minor,
        "expires_at": draft.expires_at,
        "ship_by": draft.ship_by,
        **vars(draft.address),
    }
    try:
        (order_id,) = insert_rows(session, Order, [row])
    except IntegrityError as error:
        if "shop_order_number" in str(error.orig) or "shop_order.number" in str(error.orig):
            raise NumberTaken(number=row["number"]) from error
        raise
    due = totals.total_minor - draft.credit_minor
    return CreatedOrder(order_id, str(row["number"]), str(row["token"]), totals.total_minor, due)


def _line(draft: DraftLine, totals: LineTotals) -> dict[str, Any]:
    facts = {name: value for name, value in vars(draft).items() if name != "tax"}
    return {**facts, **totals._asdict(), "tax_rate_ppm": draft.tax.rate_ppm}


def _count_as_sold(session: Session, order_id: int) -> None:
    outbox.stage("orders.send_confirmation", dedupe_key=f"order-confirmation-{order_id}", order_id=order_id)
    sold = _sold_per_product(session, order_id)
    count_sold(sold)
    if not sold:
        sold_cards.stage(order_id)


def _uncount(session: Session, order_id: int) -> None:
    sold = _sold_per_product(session, order_id)
    count_sold({product_id: -pieces for product_id, pieces in sold.items()})


def _status(session: Session, order_id: int) -> OrderStatus:
    status = session.scalar(select(Order.status).where(Order.id == order_id))
    if status is None:
        raise UnknownOrder()
    return status


def _sold_per_product(session: Session, order_id: int) -> dict[int, int]:
    sold: Counter[int] = Counter()
    for product_id, quantity in session.execute(SOLD, {"order": order_id}):
        sold[product_id] += quantity
    return dict(sold)
