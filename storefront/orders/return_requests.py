"""A customer asks to send goods back; staff accept or refuse, and note when they have come (orders.returns).

No money and no stock moves here: what comes back is taken in by `returns.take_back`, what is owed is paid back by hand.
"""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from storefront.core.db import insert_rows, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict, InvalidInput, NotFound
from storefront.core.paging import Page, fetch_page
from storefront.orders.models import (
    OPEN_REQUESTS,
    Order,
    RequestLine,
    RequestStatus,
    ReturnReason,
    ReturnRequest,
)
from storefront.orders.request_moves import move_request, stage_mail
from storefront.orders.returns import map_left
from storefront.orders.service import lock, record

SHOPPER = "shopper"
PAGE_SIZE = 25


class NothingAsked(InvalidInput):
    """No pieces, or fewer than none, or pieces of another order."""

    message = N_("Enter how many pieces you want to send back.")


class AskedTooMany(Conflict):
    """More than can still be sent back; `line_id` is the line, `left` how many can."""

    message = N_("Of %(name)s only %(left)s can still be sent back.")


class UnknownRequest(NotFound):
    """The order has no such wish."""

    message = N_("We could not find this return.")


def map_askable(session: Session, order: Order) -> dict[int, int]:
    """How many pieces of each line (by its id) can still be asked for: sent, not back, and not asked for already."""
    left = map_left(session, order)
    asked = (
        select(RequestLine.order_line_id, func.sum(RequestLine.quantity))
        .join(ReturnRequest, ReturnRequest.id == RequestLine.request_id)
        .where(ReturnRequest.order_id == order.id, ReturnRequest.status.in_(OPEN_REQUESTS))
        .group_by(RequestLine.order_line_id)
    )
    taken: dict[int, int] = dict(session.execute(asked).all())
    return {line_id: max(0, number - int(taken.get(line_id, 0))) for line_id, number in left.items()}


@retry_deadlocks
def ask(order_id: int, pieces: Mapping[int, int], reason: ReturnReason, note: str) -> int:
    """Note what a customer wants to send back, and tell them so by mail; opens a transaction, returns the id.

    Raises NothingAsked, AskedTooMany: nothing can be asked of an order that was not sent.
    """
    with transaction() as session:
        order = lock(session, order_id)
        _check(order, pieces, map_askable(session, order))
        row = {"order_id": order_id, "reason": reason, "note": note.strip()[:500]}
        request = ReturnRequest(**row)
        session.add(request)
        session.flush()
        rows = [{"request_id": request.id, "order_line_id": id_, "quantity": n} for id_, n in pieces.items() if n]
        insert_rows(session, RequestLine, rows)
        record(order_id, "return_requested", SHOPPER, facts={"request": request.id})
        stage_mail(request.id, RequestStatus.REQUESTED)
        return request.id


@retry_deadlocks
def withdraw(order_id: int, request_id: int) -> None:
    """The customer keeps the goods after all; opens a transaction. Raises RequestMoved."""
    with transaction():
        move_request(order_id, request_id, RequestStatus.WITHDRAWN, SHOPPER)


@retry_deadlocks
def accept(order_id: int, request_id: int, answer: str, actor: str) -> None:
    """Let the customer send the goods; `answer` says how. Opens a transaction. Raises RequestMoved."""
    with transaction():
        move_request(order_id, request_id, RequestStatus.ACCEPTED, actor, answer=answer)


@retry_deadlocks
def refuse(order_id: int, request_id: int, answer: str, actor: str) -> None:
    """Say no, and why; opens a transaction. Raises RequestMoved."""
    with transaction():
        move_request(order_id, request_id, RequestStatus.REFUSED, actor, answer=answer)


def list_requests_of(session: Session, order_id: int) -> list[ReturnRequest]:
    """All wishes of an order, the newest first."""
    query = select(ReturnRequest).where(ReturnRequest.order_id == order_id).order_by(ReturnRequest.id.desc())
    return list(session.scalars(query))


def get_request(session: Session, order_id: int, request_id: int) -> ReturnRequest:
    """One wish of that order; raises UnknownRequest."""
    own = (ReturnRequest.id == request_id) & (ReturnRequest.order_id == order_id)
    request = session.scalar(select(ReturnRequest).where(own))
    if request is None:
        raise UnknownRequest()
    return request


def list_requests(session: Session, status: RequestStatus | None, number: int = 1) -> Page[ReturnRequest]:
    """One page of wishes for staff: those that wait the longest first, what is settled the newest first."""
    query = select(ReturnRequest).options(joinedload(ReturnRequest.order).selectinload(Order.lines))
    if status is not None:
        query = query.where(ReturnRequest.status == status)
    is_waiting = status in OPEN_REQUESTS
    return fetch_page(session, query.order_by(ReturnRequest.id if is_waiting else ReturnRequest.id.desc()), number, 25)


def count_requests(session: Session) -> dict[RequestStatus, int]:
    """How many wishes stand where."""
    rows = session.execute(select(ReturnRequest.status, func.count()).group_by(ReturnRequest.status)).all()
    found: dict[RequestStatus, int] = dict(rows)
    return {status: found.get(status, 0) for status in RequestStatus}


def _check(order: Order, pieces: Mapping[int, int], askable: Mapping[int, int]) -> None:
    if not any(pieces.values()) or any(number < 0 for number in pieces.values()) or set(pieces) - set(askable):
        raise NothingAsked()
    for line in order.lines:
        if pieces.get(line.id, 0) > askable[line.id]:
            raise AskedTooMany(name=line.name, left=askable[line.id], line_id=line.id)
