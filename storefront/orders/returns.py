"""Goods that come back from a customer: how many of an order still can, and taking them back. No money moves here."""

from collections.abc import Mapping

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
        order = lock(session, order_id)
        ref = f"desk:{key}"
        if session.scalar(select(OrderReturn.id).where(OrderReturn.external_ref == ref)):
            return
        if order.status not in SENT:
            raise OrderMoved(status=order.status)
        lines = _wanted(session, order, pieces)
        row = {"order_id": order_id, "external_ref": ref, "reason": reason, "is_restocked": is_restocked}
        (return_id,) = insert_rows(session, OrderReturn, [row])
        rows = [
            {
                "return_id": return_id,
                "order_line_id": line.id,
                "quantity": quantity,
                "amount_minor": share_minor(line.paid_minor, gone + quantity, line.quantity)
                - share_minor(line.paid_minor, gone, line.quantity),
            }
            for line, quantity, gone in lines
        ]
        line_ids = insert_rows(session, ReturnLine, rows)
        names = [f"{quantity} × {line.name}" for line, quantity, _gone in lines]
        facts = {"lines": names, "is_restocked": is_restocked, "reason": reason}
        record(order_id, "returned", actor, facts=facts)
        if request_id is not None:
            move_request(order_id, request_id, RequestStatus.RECEIVED, actor, return_id=return_id)
        if is_restocked:
            found = zip(lines, line_ids, strict=True)
            stock.take_back(
                [
                    stock.StockLine(line.variant_id, quantity, return_line_id=line_id)
                    for (line, quantity, _gone), line_id in found
                    if line.variant_id is not None
                ],
                actor,
                reason,
            )


def _wanted(session: Session, order: Order, pieces: Mapping[int, int]) -> list[tuple[OrderLine, int, int]]:
    """(line, pieces that come back now, pieces that came back before)."""
    left = map_left(session, order)
    if not any(pieces.values()) or any(number < 0 for number in pieces.values()) or set(pieces) - set(left):
        raise NothingReturned()
    for line in order.lines:
        if pieces.get(line.id, 0) > left[line.id]:
            raise ReturnedTooMany(name=line.name, left=left[line.id], line_id=line.id)
    wanted = [line for line in order.lines if pieces.get(line.id)]
    return [(line, pieces[line.id], line.quantity - left[line.id]) for line in wanted]
