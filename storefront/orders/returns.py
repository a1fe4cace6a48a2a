"""Goods that come back from a customer: how many of an order still can, and taking them back. No money moves here."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.core.db import insert_rows, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict, InvalidInput
from storefront.core.money import share_minor
from storefront.orders.models import Order, OrderLine, OrderReturn, OrderStatus, RequestStatus, ReturnLine
from storefront.orders.request_moves import move_request
from storefront.orders.service import OrderMoved, lock, record
from storefront.stock import service as stock

SENT = frozenset({OrderStatus.PARTLY_FULFILLED, OrderStatus.FULFILLED})


class NothingReturned(InvalidInput):
    """No pieces, or fewer than none, or pieces of another order."""

    message = N_("Enter how many pieces came back.")


class ReturnedTooMany(Conflict):
    """More would have come back than were sent; `line_id` is the line, `left` how many can still come back."""

    message = N_("Of %(name)s only %(left)s can still come back.")


class Came(NamedTuple):
    """Pieces of a line that come back now, and how many of it came back before."""

    line: OrderLine
    quantity: int
    gone: int

    def row(self, return_id: int) -> dict[str, int]:
        """The line of a return; what was paid for the pieces adds up to the line, whatever the steps."""
        line, together = self.line, self.gone + self.quantity
        before = share_minor(line.paid_minor, self.gone, line.quantity)
        amount = share_minor(line.paid_minor, together, line.quantity) - before
        return {"return_id": return_id, "order_line_id": line.id, "quantity": self.quantity, "amount_minor": amount}


def map_left(session: Session, order: Order) -> dict[int, int]:
    """How many pieces of each line (by its id) can still come back; none of an order that was not sent."""
    if order.status not in SENT:
        return {line.id: 0 for line in order.lines}
    counted = (
        select(ReturnLine.order_line_id, func.sum(ReturnLine.quantity))
        .where(ReturnLine.order_line_id.in_([line.id for line in order.lines]))
        .group_by(ReturnLine.order_line_id)
    )
    returned: dict[int, int] = dict(session.execute(counted).all())
    return {line.id: line.quantity - int(returned.get(line.id, 0)) for line in order.lines}


@retry_deadlocks
def take_back(
    order_id: int,
    key: str,
    pieces: Mapping[int, int],
    *,
    is_restocked: bool,
    reason: str,
    actor: str,
    request_id: int | None = None,
) -> None:
    """Note that `pieces` ({line id: number}) came back, and put them on the shelf and on sale when `is_restocked`.

    With `request_id` they are those that the customer asked to send. Opens a transaction; idempotent on `key`, which is
    made with the form. Raises OrderMoved unless the order was sent, NothingReturned, ReturnedTooMany, RequestMoved.
    """
    with transaction() as session:
        order, ref = lock(session, order_id), f"desk:{key}"
        if session.scalar(select(OrderReturn.id).where(OrderReturn.external_ref == ref)):
            return
        if order.status not in SENT:
            raise OrderMoved(status=order.status)
        came = _wanted(session, order, pieces)
        row = {"order_id": order_id, "external_ref": ref, "reason": reason, "is_restocked": is_restocked}
        (return_id,) = insert_rows(session, OrderReturn, [row])
        line_ids = insert_rows(session, ReturnLine, [one.row(return_id) for one in came])
        names = [f"{one.quantity} × {one.line.name}" for one in came]
        record(order_id, "returned", actor, facts={"lines": names, "is_restocked": is_restocked, "reason": reason})
        if request_id is not None:
            move_request(order_id, request_id, RequestStatus.RECEIVED, actor, return_id=return_id)
        if is_restocked:
            _restock(came, line_ids, actor, reason)


def _restock(came: Sequence[Came], line_ids: Sequence[int], actor: str, reason: str) -> None:
    """Put what came back on the shelf and on sale; what was never on a shelf has none."""
    found = [
        stock.StockLine(one.line.variant_id, one.quantity, return_line_id=line_id)
        for one, line_id in zip(came, line_ids, strict=True)
        if one.line.variant_id is not None
    ]
    stock.take_back(found, actor, reason)


def _wanted(session: Session, order: Order, pieces: Mapping[int, int]) -> list[Came]:
    left = map_left(session, order)
    if not any(pieces.values()) or any(number < 0 for number in pieces.values()) or set(pieces) - set(left):
        raise NothingReturned()
    for line in order.lines:
        if pieces.get(line.id, 0) > left[line.id]:
            raise ReturnedTooMany(name=line.name, left=left[line.id], line_id=line.id)
    wanted = [line for line in order.lines if pieces.get(line.id)]
    return [Came(line, pieces[line.id], line.quantity - left[line.id]) for line in wanted]
