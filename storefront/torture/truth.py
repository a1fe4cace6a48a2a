"""What SQL and the gate say once the crowd has left, held against what must never happen."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.core.db import db
from storefront.orders.models import Order, OrderLine, OrderStatus
from storefront.stock.gate import Gate, GateAway
from storefront.stock.holds import read_copies
from storefront.stock.models import EntryKind, StockEntry, StockItem
from storefront.torture.crowd import Crowd
from storefront.torture.plan import Facts, Plan

DRIFT_SECONDS = 5.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Shelf:
    """One variant: what can be sold, what its ledger adds up to, and how many pieces went out as sales."""

    variant_id: int
    available: int
    ledger: int
    sold: int


def read_shelves(session: Session, variant_ids: Sequence[int]) -> list[Shelf]:
    """The shelves as SQL has them now."""
    session.rollback()
    is_sale = StockEntry.kind == EntryKind.SALE
    ledger = select(StockEntry.variant_id, func.sum(StockEntry.quantity)).group_by(StockEntry.variant_id)
    sums = {row[0]: int(row[1]) for row in session.execute(ledger)}
    sales = {row[0]: -int(row[1]) for row in session.execute(ledger.where(is_sale))}
    items = {item.variant_id: item.available for item in session.scalars(select(StockItem))}
    return [Shelf(one, items[one], sums.get(one, 0), sales.get(one, 0)) for one in variant_ids]


def buyers_of(session: Session, *statuses: OrderStatus) -> list[str]:
    """The e-mail address of every order that stands so (of all orders without `statuses`)."""
    session.rollback()
    query = select(Order.email).where(Order.status.in_(statuses)) if statuses else select(Order.email)
    return list(session.scalars(query))


def lines_without_sale(session: Session) -> int:
    """How many order lines have taken no stock."""
    sold = select(StockEntry.order_line_id).where(StockEntry.kind == EntryKind.SALE)
    query = select(func.count()).select_from(OrderLine).where(OrderLine.id.not_in(sold))
    return int(session.scalar(query) or 0)


def settle_drift(session: Session, gate: Gate, variant_ids: Sequence[int]) -> int:
    """The number of variants whose copy is not what SQL says; waits up to 5 s for it to be none."""
    drift = len(variant_ids)

    def is_settled() -> bool:
        nonlocal drift
        try:
            copies = gate.read_copies(variant_ids)
        except GateAway:
            return False
        drift = sum(copies.get(truth.variant_id) != truth for truth in read_copies(session, variant_ids))
        return drift == 0

    wait_for(is_settled, DRIFT_SECONDS)
    return drift


def wait_for(is_so: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def broken_rules(plan: Plan, facts: Facts, crowd: Crowd, shelves: Sequence[Shelf]) -> Iterator[str]:
    """Each rule that does not hold, as a sentence."""
    session = db.session()
    emails = buyers_of(session)
    if facts.sold != plan.expected:
        yield f"{facts.sold} orders instead of {plan.expected}"
    for shelf in shelves:
        if shelf.available < 0 or shelf.available != plan.stock - shelf.sold:
            yield f"variant {shelf.variant_id}: {shelf.sold} of {plan.stock} sold, {shelf.available} available"
        if shelf.ledger != shelf.available:
            yield f"variant {shelf.variant_id}: the ledger says {shelf.ledger}, not {shelf.available}"
        if shelf.sold != len(emails):
            yield f"variant {shelf.variant_id}: {shelf.sold} pieces went out with {len(emails)} orders"
    if missing := lines_without_sale(session):
        yield f"{missing} order lines took no stock"
    if lost := crowd.acknowledged - set(emails):
        yield f"{len(lost)} orders were acknowledged and are gone"
    if len(emails) != len(set(emails)):
        yield "somebody has two orders"
    if facts.drift:
        yield f"gate and SQL disagree on {facts.drift} variants after {DRIFT_SECONDS:g} s"
    if facts.errors:
        yield f"{facts.errors} buyers were let down"
    if unconfirmed := crowd.paid - set(buyers_of(session, OrderStatus.PAID)):
        yield f"{len(unconfirmed)} payments were never confirmed"
