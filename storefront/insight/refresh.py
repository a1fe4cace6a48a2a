"""Follows what happens to orders: each change appends an event, and the days it touches are written anew."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.core import clock, outbox
from storefront.core.db import insert_once, retry_deadlocks, transaction
from storefront.insight.days import Books
from storefront.insight.models import InsightCursor
from storefront.insight.queries import CURSOR
from storefront.insight.rollup import write_days
from storefront.orders.models import Order, OrderEvent, OrderReturn
from storefront.payments.models import Payment, Refund

# Numbers are given before a commit, so a smaller one may appear after a larger one. Nothing commits later than this.
SETTLED = timedelta(minutes=10)
# More than a job should do at once is handed on in parts.
DAYS_AT_ONCE = 40


@retry_deadlocks
def refresh(books: Books) -> int:
    """Write the days anew that anything has happened to since the last time; opens a transaction, safe to run twice.

    Returns how many days that were; a long history (an import) is staged in parts.
    """
    with transaction() as session:
        cursor = _lock_cursor(session)
        days = _touched(session, cursor.position, books)
        if len(days) > DAYS_AT_ONCE:
            _stage(days, cursor.position)
        else:
            write_days(days, books)
        is_settled = OrderEvent.created_at < clock.now() - SETTLED
        newest = select(func.max(OrderEvent.id)).where(OrderEvent.id > cursor.position, is_settled)
        cursor.position = session.scalar(newest) or cursor.position
        cursor.updated_at = clock.now()
        return len(days)


def _lock_cursor(session: Session) -> InsightCursor:
    """One at a time: who comes second waits for the first, and finds less to do."""
    session.execute(insert_once(session, InsightCursor).values(name=CURSOR, position=0, updated_at=clock.now()))
    return session.scalars(select(InsightCursor).where(InsightCursor.name == CURSOR).with_for_update()).one()


def _touched(session: Session, position: int, books: Books) -> list[date]:
    """The days of the orders with newer events, and of their returns, payments and refunds."""
    orders = select(OrderEvent.order_id).where(OrderEvent.id > position)
    found = {books.day_of(moment) for moment in session.scalars(select(Order.placed_at).where(Order.id.in_(orders)))}
    for model in (OrderReturn, Refund, Payment):
        moments = session.scalars(select(model.created_at).where(model.order_id.in_(orders)))
        found |= {books.day_of(moment) for moment in moments}
    return sorted(found)


def _stage(days: Sequence[date], position: int) -> None:
    """The parts of one history are asked for once, however often it is looked at before its events are settled."""
    for start in range(0, len(days), DAYS_AT_ONCE):
        some = [day.isoformat() for day in days[start : start + DAYS_AT_ONCE]]
        key = f"insight-days-{position}-{len(days)}-{some[0]}-{clock.now():%Y%m%d%H}"
        outbox.stage("insight.rebuild_days", dedupe_key=key, days=some)
