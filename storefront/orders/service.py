"""The only writers of orders. A transition is a conditional UPDATE on the state it expects, plus an event row."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.catalog.models import Variant
from storefront.catalog.service import count_sold
from storefront.core import clock, outbox
from storefront.core.db import insert_rows, joined, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict
from storefront.core.text import spoken_number
from storefront.orders.models import TRANSITIONS, Order, OrderEvent, OrderLine, OrderStatus
from storefront.orders.queries import UnknownOrder, get_order_by_id
from storefront.stock import service as stock


class OrderMoved(Conflict):
    """The order is no longer in the state the step expects; `status` is where it stands."""

    message = N_("This order has moved on in the meantime, so this is no longer possible.")


class NumberTaken(Conflict):
    """The number that was drawn belongs to another order: the transaction is undone, and another one is drawn."""


class CreatedOrder(NamedTuple):
    """What a new order is found by, and what it costs."""

    id: int
    number: str
    token: str
    total_minor: int


@dataclass(frozen=True, kw_only=True)
class Address:
    """Who gets the parcel, as entered at checkout; country is ISO 3166-1 alpha-2."""

    email: str
    name: str
    line1: str
    city: str
    postcode: str
    country: str
    line2: str = ""
    region: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class DraftLine:
    """One line as it will be written into the order; price in minor units."""

    variant_id: int
    sku: str
    name: str
    variant_name: str
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, kw_only=True)
class OrderDraft:
    """Everything an order is made of. `checkout_key` makes it once, however often it is sent."""

    checkout_key: str
    address: Address
    lines: Sequence[DraftLine]
    currency: str
    shipping_method: str
    shipping_minor: int
    locale: str
    expires_at: datetime
    user_id: int | None = None
    customer_id: int | None = None


def create(draft: OrderDraft, actor: str) -> CreatedOrder:
    """Write a pending order and take its stock, all or nothing; joins the caller's transaction.

    Raises OutOfStock, and NumberTaken: the whole transaction is tried again then. The stock rows are touched last, so
    that they are locked only across the commit.
    """
    order = _insert(joined(), draft)
    record(order.id, "placed", actor, to_status=OrderStatus.PENDING)
    rows = [{"order_id": order.id, **_line(line)} for line in draft.lines]
    line_ids = insert_rows(joined(), OrderLine, rows) if rows else []
    lines = zip(draft.lines, line_ids, strict=True)
    stock.take([stock.StockLine(line.variant_id, line.quantity, line_id) for line, line_id in lines], actor)
    return order


def move(order_id: int, expected: OrderStatus, to: OrderStatus, actor: str, kind: str, **facts: Any) -> None:
    """Move an order from `expected` to `to` and note it; joins. Raises OrderMoved when it stands elsewhere."""
    if to not in TRANSITIONS[expected]:
        raise ValueError(f"{expected} -> {to} is no transition")
    session = joined()
    stamp = {"paid_at": clock.now()} if to is OrderStatus.PAID else {}
    changed: Any = session.execute(
        update(Order)
        .where(Order.id == order_id, Order.status == expected)
        .values(status=to, **stamp)
        .execution_options(synchronize_session=False)
    )
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
    outbox.stage("orders.send_confirmation", dedupe_key=f"order-confirmation-{order_id}", order_id=order_id)
    count_sold(_sold_per_product(session, order_id))
    return True


def cancel_pending(order_id: int, actor: str, reason: str, *, is_written_off: bool = False) -> None:
    """Cancel an unpaid order and give its stock back, or write it off; joins.

    Its payment must be stopped before (checkout.service). Raises OrderMoved, NotOnShelf.
    """
    facts = {"is_written_off": True} if is_written_off else {}
    move(order_id, OrderStatus.PENDING, OrderStatus.CANCELLED, actor, "cancelled", reason=reason, **facts)
    order = get_order_by_id(joined(), order_id)
    end = stock.discard if is_written_off else stock.release
    end(stock_lines(order), actor, reason)


def expire_pending(order_id: int, actor: str) -> None:
    """End an order that was not paid in time and give its stock back; joins. Its payment must be stopped before."""
    move(order_id, OrderStatus.PENDING, OrderStatus.EXPIRED, actor, "expired")
    stock.release(stock_lines(get_order_by_id(joined(), order_id)), actor, "not paid in time")


@retry_deadlocks
def fulfil(order_id: int, actor: str) -> None:
    """Note that a paid order was shipped whole, and take it from the shelf; opens a transaction."""
    with transaction() as session:
        move(order_id, OrderStatus.PAID, OrderStatus.FULFILLED, actor, "fulfilled")
        stock.ship(stock_lines(get_order_by_id(session, order_id)))


@retry_deadlocks
def change_address(order_id: int, address: Address, actor: str) -> None:
    """Correct where a pending or paid order goes, and note what it was; opens a transaction. Raises OrderMoved."""
    with transaction() as session:
        order = lock(session, order_id)
        if order.status not in {OrderStatus.PENDING, OrderStatus.PAID}:
            raise OrderMoved(status=order.status)
        before = {name: getattr(order, name) for name in vars(address)}
        for name, value in vars(address).items():
            setattr(order, name, value)
        changed = {name: value for name, value in before.items() if value != getattr(order, name)}
        if changed:
            record(order_id, "address_changed", actor, facts={"before": changed})


def add_note(order_id: int, text: str, actor: str) -> None:
    """Keep a remark of staff with the order; opens a transaction."""
    with transaction() as session:
        lock(session, order_id)
        record(order_id, "note", actor, facts={"text": text})


def lock(session: Session, order_id: int) -> Order:
    """The order, locked until the caller's transaction ends; raises UnknownOrder."""
    order = session.scalar(select(Order).where(Order.id == order_id).with_for_update())
    if order is None:
        raise UnknownOrder()
    return order


def stock_lines(order: Order) -> list[stock.StockLine]:
    """The order's lines as stock counts them."""
    return [
        stock.StockLine(line.variant_id, line.quantity, line.id) for line in order.lines if line.variant_id is not None
    ]


def _insert(session: Session, draft: OrderDraft) -> CreatedOrder:
    """Numbers are random, so that nobody can count our orders."""
    items = sum(line.quantity * line.unit_price_minor for line in draft.lines)
    row = {
        "number": spoken_number(),
        "token": secrets.token_urlsafe(32),
        "checkout_key": draft.checkout_key,
        "user_id": draft.user_id,
        "customer_id": draft.customer_id,
        "locale": draft.locale,
        "currency": draft.currency,
        "shipping_method": draft.shipping_method,
        "items_minor": items,
        "shipping_minor": draft.shipping_minor,
        "total_minor": items + draft.shipping_minor,
        "expires_at": draft.expires_at,
        **vars(draft.address),
    }
    try:
        (order_id,) = insert_rows(session, Order, [row])
    except IntegrityError as error:
        if "shop_order_number" in str(error.orig) or "shop_order.number" in str(error.orig):
            raise NumberTaken(number=row["number"]) from error
        raise
    return CreatedOrder(order_id, str(row["number"]), str(row["token"]), items + draft.shipping_minor)


def _line(draft: DraftLine) -> dict[str, Any]:
    return {**vars(draft), "total_minor": draft.quantity * draft.unit_price_minor}


def _status(session: Session, order_id: int) -> OrderStatus:
    status = session.scalar(select(Order.status).where(Order.id == order_id))
    if status is None:
        raise UnknownOrder()
    return status


def _sold_per_product(session: Session, order_id: int) -> dict[int, int]:
    query = (
        select(Variant.product_id, OrderLine.quantity)
        .join(OrderLine, OrderLine.variant_id == Variant.id)
        .where(OrderLine.order_id == order_id)
    )
    sold: Counter[int] = Counter()
    for product_id, quantity in session.execute(query):
        sold[product_id] += quantity
    return dict(sold)
