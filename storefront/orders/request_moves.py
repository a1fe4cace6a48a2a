"""How a wish to send goods back moves on: by the one table of moves, with an event and a mail for each."""

from typing import Any

from sqlalchemy import update

from storefront.core import clock, outbox
from storefront.core.db import joined, table_of
from storefront.core.errors import N_, Conflict
from storefront.orders.models import REQUEST_MOVES, RequestStatus, ReturnRequest
from storefront.orders.service import record

# What the customer does is told to nobody; what the shop does, to the customer.
TOLD = frozenset({RequestStatus.ACCEPTED, RequestStatus.REFUSED, RequestStatus.RECEIVED})


class RequestMoved(Conflict):
    """The wish is no longer where the step expects it."""

    message = N_("This return has moved on in the meantime, so this is no longer possible.")


def move_request(order_id: int, request_id: int, to: RequestStatus, actor: str, **values: Any) -> None:
    """Move a wish of that order to where the table allows it from, and stage its mail; joins. Raises RequestMoved."""
    rows = table_of(ReturnRequest)
    before = [status for status, after in REQUEST_MOVES.items() if to in after]
    is_there = (rows.c.id == request_id) & (rows.c.order_id == order_id) & rows.c.status.in_(before)
    moved: Any = joined().execute(update(rows).where(is_there).values(status=to, decided_at=clock.now(), **values))
    if moved.rowcount != 1:
        raise RequestMoved(id=request_id)
    record(order_id, f"return_{to}", actor, facts={"request": request_id})
    if to in TOLD:
        stage_mail(request_id, to)


def stage_mail(request_id: int, status: RequestStatus) -> None:
    """Stage the mail about where a wish stands; joins."""
    key = f"return-request-{request_id}-{status}"
    outbox.stage("orders.send_return", dedupe_key=key, request_id=request_id, status=str(status))
