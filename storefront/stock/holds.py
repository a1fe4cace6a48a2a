"""Holds as the checkout uses them: through the gate while it answers, without it when it does not.

Nothing here may be called inside a transaction: the gate is another machine.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.core.db import db
from storefront.core.redis import connect
from storefront.stock.breaker import Breaker
from storefront.stock.gate import HOLD_SECONDS, Copy, Gate, GateAway, Hold, Short, Unknown, new_hold_id
from storefront.stock.models import StockItem
from storefront.stock.service import OutOfStock, short_lines

T = TypeVar("T")
TIMEOUT_SECONDS = 0.25
# More than this many holds that nobody waits for end by their own time.
MAX_UNSETTLED = 10_000
log = logging.getLogger("storefront.stock")


EXTENSION = "storefront_holds"


def init_holds(app: Flask, redis_url: str) -> None:
    """Hang the gate on the app; it connects when it is first asked."""
    app.extensions[EXTENSION] = Holds.at(redis_url)


def get_holds() -> "Holds":
    """The gate of the running shop."""
    holds: Holds = current_app.extensions[EXTENSION]
    return holds


class Holds:
    """The gate of one shop with its breaker, and what it counted since this process began."""

    def __init__(self, gate: Gate, breaker: Breaker | None = None) -> None:
        self.gate = gate
        self.breaker = breaker or Breaker()
        self.counts: Counter[str] = Counter()
        self.on_count: Callable[[str], None] = lambda outcome: None
        self._name, self._beats = new_hold_id(), 0
        self._unsettled: deque[str] = deque(maxlen=MAX_UNSETTLED)

    @classmethod
    def at(cls, redis_url: str) -> "Holds":
        """The gate on the server at `redis_url`."""
        return cls(Gate(connect(redis_url, TIMEOUT_SECONDS)))

    def hold(self, shopper: str, lines: Mapping[int, int], seconds: float = HOLD_SECONDS) -> Hold | None:
        """Keep {variant id: pieces} for a shopper, instead of what was kept before; all of it or nothing.

        None when the gate is away: the guard in SQL decides alone then. Raises OutOfStock with the short lines.
        """
        answer = self._ask(lambda: self._hold(shopper, lines, seconds))
        if isinstance(answer, Short):
            self._count("refused")
            raise OutOfStock.of(short_lines(db.session(), sorted(answer.free), lines, answer.free))
        self._count("held" if answer else "unguarded")
        return answer

    def settle(self, hold_id: str | None, variant_ids: Iterable[int]) -> None:
        """After an order's commit: publish what is left, drop the hold. What fails here the publisher makes good."""
        copies = read_copies(db.session(), variant_ids)
        if self._ask(lambda: self._settle(hold_id, copies)) is None and hold_id is not None:
            self._unsettled.append(hold_id)

    def publish(self, variant_ids: Iterable[int]) -> None:
        """After any other commit that changed stock."""
        self.settle(None, variant_ids)

    def watch(self) -> None:
        """Call once a second from one place: notices that the server came back with an old file, and forgets its holds.

        Among them may be holds of goods that are long sold, which would keep the rest from everybody.
        """
        self._ask(self._watch)

    def _watch(self) -> bool:
        former = self.gate.beat(self._name, self._beats + 1)
        if self._beats and former != self._beats:
            log.warning("the stock server has lost its latest history: %s variants let go", self.gate.forget_holds())
            self._count("rolled back")
            self.gate.note_rollback()
        self._beats += 1
        return True

    def release(self, hold_id: str) -> None:
        """Give up a hold before its time."""
        self._ask(lambda: self.gate.release(hold_id))

    def _hold(self, shopper: str, lines: Mapping[int, int], seconds: float) -> Hold | Short | None:
        # When all that seems left is such holds, nobody would place the next order that settles.
        self._drop_unsettled()
        hold_id = new_hold_id()
        try:
            answer = self.gate.hold(hold_id, shopper, lines, seconds)
            if isinstance(answer, Unknown):
                self.gate.publish(read_copies(db.session(), answer.variant_ids))
                answer = self.gate.hold(hold_id, shopper, lines, seconds)
        except GateAway:
            # It may hold all the same, and nobody knows of it: the shopper goes on without one.
            self._unsettled.append(hold_id)
            raise
        return None if isinstance(answer, Unknown) else answer

    def _settle(self, hold_id: str | None, copies: list[Copy]) -> bool:
        self.gate.settle(hold_id, copies)
        self._drop_unsettled()
        return True

    def _drop_unsettled(self) -> None:
        """Drop what could not be settled before, or whose answer was lost: nobody waits for such a hold."""
        while self._unsettled:
            left = self._unsettled.popleft()
            try:
                self.gate.release(left)
            except GateAway:
                self._unsettled.append(left)
                raise

    def _ask(self, question: Callable[[], T]) -> T | None:
        ticket = self.breaker.allows()
        if not ticket:
            self._count("skipped")
            return None
        try:
            answer = question()
        except GateAway as error:
            self.breaker.failed(ticket)
            self._count("failed")
            log.warning("the stock gate is away: %s", error.facts["reason"])
            return None
        except BaseException:
            # The gate did answer; what failed is something else, and not for the breaker to judge.
            self.breaker.succeeded(ticket)
            raise
        self.breaker.succeeded(ticket)
        return answer

    def _count(self, outcome: str) -> None:
        self.counts[outcome] += 1
        self.on_count(outcome)


def read_copies(session: Session, variant_ids: Iterable[int]) -> list[Copy]:
    """What SQL says now about these variants, committed; a variant without a stock row has nothing, at version 0."""
    wanted = sorted(set(variant_ids))
    query = select(StockItem.variant_id, StockItem.available, StockItem.version)
    found = {row.variant_id: row for row in session.execute(query.where(StockItem.variant_id.in_(wanted)))}
    session.rollback()
    return [
        Copy(variant_id, found[variant_id].available, found[variant_id].version)
        if variant_id in found
        else Copy(variant_id, 0, 0)
        for variant_id in wanted
    ]
