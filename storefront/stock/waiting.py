"""The only writer of stock requests: who asked to hear when a variant is back, and who was told.

Nothing that raises stock has to think of them: `tell_waiting` looks for itself, so no way for goods to come back can be
forgotten. A request is open, then told, then sent; one whose goods are gone before its mail went out is open again.
"""

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.accounts.service import normalise_email
from storefront.catalog.queries import UnknownProduct, get_variant
from storefront.core import clock, outbox
from storefront.core.db import insert_once, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict
from storefront.stock.models import StockRequest
from storefront.stock.queries import (
    count_open,
    find_request,
    list_restocked_ids,
    list_waiting_ids,
    map_available,
)

MAX_OPEN = 50
# Not everybody who hears of it buys; of more people than this most would come too late.
PEOPLE_PER_PIECE = 5
# One run is a minute long. Its mails are spread over it, so that no confirmation of an order waits behind them.
MAX_PER_RUN = 100
SPACING_SECONDS = 0.5
KEEP_WAITING = timedelta(days=180)
# For so long the mail's own link can stop further mails.
KEEP_TOLD = timedelta(days=30)


class InStock(Conflict):
    """There is nothing to wait for."""

    message = N_("This is in stock again. You can buy it now.")


@retry_deadlocks
def ask(variant_id: int, email: str, locale: str, user_id: int | None = None) -> None:
    """Note that `email` wants to hear when the variant is back; raises UnknownProduct, InStock.

    Idempotent while the request is open. An address that waits for MAX_OPEN variants already is not told so, because
    whoever types it need not be its owner: nobody learns here what somebody else waits for.
    """
    address = normalise_email(email)
    with transaction() as session:
        if not get_variant(session, variant_id).can_be_bought:
            raise UnknownProduct(id=variant_id)
        if map_available(session, [variant_id])[variant_id] > 0:
            raise InStock(id=variant_id)
        if count_open(session, address) >= MAX_OPEN:
            return
        row = {
            "variant_id": variant_id,
            "open_variant_id": variant_id,
            "email": address,
            "locale": locale,
            "user_id": user_id,
            "token": secrets.token_urlsafe(32),
        }
        session.execute(insert_once(session, StockRequest).values(row))


def tell_waiting(session: Session) -> int:
    """Stage a mail for those who have waited longest for what is back, and return how many; opens transactions.

    At most PEOPLE_PER_PIECE for each piece there is, and MAX_PER_RUN in all; the next run goes on while stock lasts.
    """
    told = 0
    for variant_id in list_restocked_ids(session):
        if told >= MAX_PER_RUN:
            break
        told += _tell(variant_id, told)
    return told


def note_sent(request_id: int) -> None:
    """The mail is out; idempotent."""
    with transaction() as session:
        session.execute(
            update(StockRequest)
            .where(StockRequest.id == request_id, StockRequest.sent_at.is_(None))
            .values(sent_at=clock.now())
        )


def put_back(request_id: int) -> None:
    """Let a told request wait on, because the goods are gone before its mail went out; keeps its place in the line.

    When the same person has asked again meanwhile, that request waits for both.
    """
    is_unsent = (StockRequest.id == request_id) & StockRequest.told_at.is_not(None) & StockRequest.sent_at.is_(None)
    try:
        with transaction() as session:
            opened = {"open_variant_id": StockRequest.variant_id, "told_at": None}
            session.execute(update(StockRequest).where(is_unsent).values(opened))
    except IntegrityError:
        with transaction() as session:
            session.execute(delete(StockRequest).where(is_unsent))


def drop(request_id: int) -> None:
    """Forget a request whose address does not exist."""
    with transaction() as session:
        session.execute(delete(StockRequest).where(StockRequest.id == request_id))


@retry_deadlocks
def stop(token: str) -> None:
    """Forget every request of the address behind `token` whose mail is not out yet; an unknown token stops nothing."""
    with transaction() as session:
        request = find_request(session, token)
        if request is not None:
            unsent = (StockRequest.email == request.email) & StockRequest.sent_at.is_(None)
            session.execute(delete(StockRequest).where(unsent))


def forget_old() -> int:
    """Delete who was told 30 days ago or has waited for 180, and return how many; opens a transaction."""
    moment = clock.now()
    told = StockRequest.told_at < moment - KEEP_TOLD
    waited = StockRequest.told_at.is_(None) & (StockRequest.created_at < moment - KEEP_WAITING)
    with transaction() as session:
        return _rows(session.execute(delete(StockRequest).where(told | waited)))


@retry_deadlocks
def _tell(variant_id: int, told: int) -> int:
    """The same for one variant, after `told` others in this run."""
    with transaction() as session:
        people = PEOPLE_PER_PIECE * map_available(session, [variant_id])[variant_id]
        waiting = list_waiting_ids(session, variant_id, min(people, MAX_PER_RUN - told))
        return sum(_claim(session, request_id, told + place) for place, request_id in enumerate(waiting))


def _claim(session: Session, request_id: int, place: int) -> bool:
    """Tell one request, unless somebody else just did. The time is in the key: what was put back is told anew."""
    moment = clock.now()
    claimed = session.execute(
        update(StockRequest)
        .where(StockRequest.id == request_id, StockRequest.open_variant_id.is_not(None))
        .values(open_variant_id=None, told_at=moment)
    )
    if _rows(claimed) != 1:
        return False
    key = f"stock-request-{request_id}-{moment:%Y%m%d%H%M%S%f}"
    delay_seconds = place * SPACING_SECONDS
    outbox.stage("stock.send_back", dedupe_key=key, delay_seconds=delay_seconds, request_id=request_id)
    return True


def _rows(result: Any) -> int:
    return int(result.rowcount)
