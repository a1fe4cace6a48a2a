"""Steps on the way to an order, counted without knowing whose: numbers by day, no cookie, nobody's path.

A step costs an addition in memory. Every ten seconds what was added is written to SQL by a thread of its own; a web
process that is killed loses at most that. Orders are not counted here: they are in SQL anyway.
"""

import atexit
import logging
import time
from collections import Counter
from datetime import date
from enum import StrEnum
from threading import Lock, Thread
from typing import NamedTuple

from flask import Flask, current_app
from sqlalchemy import case, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from storefront.core.db import db, insert_once, retry_deadlocks, transaction
from storefront.insight.days import Books
from storefront.insight.definitions import is_sold
from storefront.insight.models import FunnelCount
from storefront.insight.periods import Span
from storefront.orders.models import BY_MAIL, Order

EXTENSION = "storefront_funnel"
EVERY_SECONDS = 10.0
OWN_SOURCE = "shop"
log = logging.getLogger("storefront.funnel")


class FunnelStep(StrEnum):
    """What is counted here."""

    PRODUCT = "product"
    CART = "cart"
    CHECKOUT = "checkout"


class Tally:
    """What one web process has counted and not written yet."""

    def __init__(self, app: Flask, books: Books, *, is_threaded: bool) -> None:
        self._app = app
        self._books = books
        self._is_threaded = is_threaded
        self._counts: Counter[tuple[date, FunnelStep]] = Counter()
        self._lock = Lock()
        self._writer: Thread | None = None

    def note(self, step: FunnelStep) -> None:
        """One more today; never raises, never waits for a server."""
        with self._lock:
            self._counts[self._books.today(), step] += 1
            if self._is_threaded and self._writer is None:
                self._writer = Thread(target=self._write_on, name="funnel", daemon=True)
                self._writer.start()
                atexit.register(self.write)

    def write(self) -> None:
        """Add what was counted to SQL; what cannot be written now is kept for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            with self._app.app_context():
                add_counts(counts)
                db.session.remove()
        except SQLAlchemyError as error:
            log.warning("steps could not be written: %s", error)
            with self._lock:
                self._counts.update(counts)

    def _write_on(self) -> None:
        while True:
            time.sleep(EVERY_SECONDS)
            self.write()


class Funnel(NamedTuple):
    """How often each step was taken in a span; `placed` and `paid` are the shop's own orders."""

    seen: int
    carts: int
    checkouts: int
    placed: int
    paid: int


def init_funnel(app: Flask) -> None:
    """Count in this process."""
    settings = app.config["SETTINGS"]
    app.extensions[EXTENSION] = Tally(app, Books.of(settings), is_threaded=not settings.testing)


def get_tally() -> Tally:
    """The running shop's."""
    tally: Tally = current_app.extensions[EXTENSION]
    return tally


@retry_deadlocks
def add_counts(counts: Counter[tuple[date, FunnelStep]]) -> None:
    """Add to the days' numbers; opens a transaction."""
    with transaction() as session:
        for (day, step), count in sorted(counts.items()):
            session.execute(insert_once(session, FunnelCount).values(day=day, step=str(step), count=0))
            is_it = (FunnelCount.day == day) & (FunnelCount.step == str(step))
            session.execute(update(FunnelCount).where(is_it).values(count=FunnelCount.count + count))


def read_funnel(session: Session, span: Span, books: Books) -> Funnel:
    """Every step over some days."""
    query = select(FunnelCount.step, func.sum(FunnelCount.count)).group_by(FunnelCount.step)
    rows = session.execute(query.where(FunnelCount.day.between(span.first, span.last)))
    found = {step: int(count) for step, count in rows}
    begin, end = books.begin(span.first), books.bounds(span.last)[1]
    is_in = (Order.placed_at >= begin) & (Order.placed_at < end) & (Order.source == OWN_SOURCE)
    own = is_in & Order.checkout_key.is_not(None) & (Order.shipping_method != BY_MAIL)
    placed, paid = session.execute(select(func.count(), func.sum(case((is_sold(), 1), else_=0))).where(own)).one()
    seen, carts, checkouts = (found.get(str(step), 0) for step in FunnelStep)
    return Funnel(seen, carts, checkouts, placed, int(paid or 0))
