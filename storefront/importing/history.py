"""Orders from elsewhere, written in bulk as they ended: they are history and do not touch present stock."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.importing.bulk import BATCH, chunks, ids_by, insert_rows
from storefront.orders.models import Order, OrderEvent, OrderLine, OrderReturn, OrderStatus, ReturnLine


@dataclass(frozen=True, slots=True)
class NewLine:
    """What was bought, as it was called and priced then, in minor units."""

    variant_id: int
    sku: str
    name: str
    variant_name: str
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened to an order."""

    kind: str
    from_status: OrderStatus | None
    to_status: OrderStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order with its lines and events; `external_ref` finds it again, `buyer` are further columns of Order."""

    external_ref: str
    number: str
    source: str
    status: OrderStatus
    currency: str
    placed_at: datetime
    lines: Sequence[NewLine]
    events: Sequence[NewEvent]
    buyer: Mapping[str, Any]
    shipping_minor: int = 0

    @property
    def items_minor(self) -> int:
        """The value of the goods."""
        return sum(line.quantity * line.unit_price_minor for line in self.lines)


def add_orders(session: Session, orders: Iterable[NewOrder], actor: str) -> dict[str, int]:
    """Write new orders and return their ids by reference; joins the session's transaction."""
    ids: dict[str, int] = {}
    remaining = iter(orders)
    while some := list(islice(remaining, BATCH)):
        insert_rows(session, Order, map(_order_row, some))
        written = ids_by(session, Order.id, Order.external_ref, (order.external_ref for order in some))
        insert_rows(session, OrderLine, _line_rows(some, written))
        insert_rows(session, OrderEvent, _event_rows(some, written, actor))
        ids |= written
    return ids


def _order_row(order: NewOrder) -> dict[str, Any]:
    items = order.items_minor
    return {
        "number": order.number,
        "token": secrets.token_urlsafe(32),
        "source": order.source,
        "external_ref": order.external_ref,
        "status": order.status,
        "currency": order.currency,
        "items_minor": items,
        "shipping_minor": order.shipping_minor,
        "total_minor": items + order.shipping_minor,
        "placed_at": order.placed_at,
        "paid_at": order.placed_at,
        **order.buyer,
    }


def _line_rows(orders: Iterable[NewOrder], ids: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for order in orders:
        order_id = ids[order.external_ref]
        for line in order.lines:
            yield {
                "order_id": order_id,
                "variant_id": line.variant_id,
                "sku": line.sku,
                "name": line.name,
                "variant_name": line.variant_name,
                "quantity": line.quantity,
                "unit_price_minor": line.unit_price_minor,
                "total_minor": line.quantity * line.unit_price_minor,
            }


def _event_rows(orders: Iterable[NewOrder], ids: Mapping[str, int], actor: str) -> Iterator[dict[str, Any]]:
    for order in orders:
        for event in order.events:
            yield {
                "order_id": ids[order.external_ref],
                "kind": event.kind,
                "from_status": event.from_status,
                "to_status": event.to_status,
                "actor": actor,
                "facts": {},
                "created_at": event.at,
            }


@dataclass(frozen=True, slots=True)
class NewReturn:
    """Goods of one order that came back: (place of the order line, pieces, value in minor units)."""

    external_ref: str
    order_id: int
    reason: str
    at: datetime
    lines: Sequence[tuple[int, int, int]]


def add_returns(session: Session, returns: Sequence[NewReturn]) -> None:
    """Write new returns; a line's place counts the order's lines by id. Joins the session's transaction."""
    rows = (
        {"external_ref": new.external_ref, "order_id": new.order_id, "reason": new.reason, "created_at": new.at}
        for new in returns
    )
    insert_rows(session, OrderReturn, rows)
    return_ids = known_returns(session, (new.external_ref for new in returns))
    places = _line_ids(session, {new.order_id for new in returns})
    lines = (
        {
            "return_id": return_ids[new.external_ref, new.order_id],
            "order_line_id": places[new.order_id][place],
            "quantity": quantity,
            "amount_minor": amount,
        }
        for new in returns
        for place, quantity, amount in new.lines
    )
    insert_rows(session, ReturnLine, lines)


def known_returns(session: Session, external_refs: Iterable[str]) -> dict[tuple[str, int], int]:
    """The ids of the returns there are under those references, by reference and order id."""
    found: dict[tuple[str, int], int] = {}
    for some in chunks(external_refs):
        query = select(OrderReturn.external_ref, OrderReturn.order_id, OrderReturn.id)
        for ref, order_id, key in session.execute(query.where(OrderReturn.external_ref.in_(some))):
            found[str(ref), order_id] = key
    return found


def _line_ids(session: Session, order_ids: Iterable[int]) -> dict[int, list[int]]:
    """The ids of the lines of some orders, in their order."""
    found: dict[int, list[int]] = defaultdict(list)
    for some in chunks(order_ids):
        query = select(OrderLine.order_id, OrderLine.id).where(OrderLine.order_id.in_(some)).order_by(OrderLine.id)
        for order_id, key in session.execute(query):
            found[order_id].append(key)
    return found
