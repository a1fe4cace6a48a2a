"""The only writers of stock. Every step here joins the caller's transaction, except `receive`, `adjust`, `write_off`.

Lock order: stock rows come last in a transaction and in the order of variant_id, so that a hot row is locked only
across the commit and two orders never wait for each other in a circle.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from storefront.catalog.models import Variant
from storefront.core import clock
from storefront.core.db import insert_once, insert_rows, joined, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict, InvalidInput
from storefront.stock.models import EntryKind, StockEntry, StockItem

MAX_CHANGE = 1_000_000
ITEMS = table_of(StockItem)
TAKE = (
    update(ITEMS)
    .where(ITEMS.c.variant_id == bindparam("wanted_id"), ITEMS.c.available >= bindparam("pieces"))
    .values(
        available=ITEMS.c.available - bindparam("pieces"),
        version=ITEMS.c.version + 1,
        changed_at=bindparam("moment"),
    )
)


@dataclass(frozen=True)
class StockLine:
    """So many pieces of one variant for one order line in its order's `turn`, or for one line of a return."""

    variant_id: int
    quantity: int
    order_line_id: int | None = None
    return_line_id: int | None = None
    turn: int = 1


@dataclass(frozen=True)
class ShortLine:
    """A variant of which fewer are available than were wanted."""

    variant_id: int
    sku: str
    name: str
    wanted: int
    available: int


class OutOfStock(Conflict):
    """Not all of it is there; `lines` are the ShortLines."""

    message = N_("Some of this is sold out: %(names)s.")

    @classmethod
    def of(cls, lines: list[ShortLine]) -> "OutOfStock":
        """The error that names the short lines."""
        return cls(lines=tuple(lines), names=", ".join(line.name for line in lines))


class InvalidQuantity(InvalidInput):
    """The change is zero or too large to be meant."""

    message = N_("Enter a whole number other than 0, at most 1,000,000.")


class NotEnoughStock(Conflict):
    """The change would leave less than nothing."""

    message = N_("Only %(available)s are available, so stock cannot change by %(quantity)s.")


class NotOnShelf(Conflict):
    """More is to be shipped than lies on the shelf: counting and ledger disagree."""

    message = N_("Fewer than %(quantity)s lie on the shelf. Count them and correct the stock first.")


def ensure_item(variant_id: int) -> None:
    """Give a new variant its stock row with nothing in it; joins the caller's transaction, idempotent."""
    session = joined()
    if session.get(StockItem, variant_id) is None:
        row = {"variant_id": variant_id, "available": 0, "on_hand": 0, "version": 0}
        session.execute(insert_once(session, StockItem).values(row))


def take(lines: Iterable[StockLine], actor: str) -> None:
    """Sell `lines`, all or none: ledger entries first, then the guarded rows; joins the caller's transaction.

    Raises OutOfStock, and the caller's transaction must not commit then. Idempotent per order line: the ledger's
    UNIQUE(order_line_id, kind, turn) refuses a second sale.
    """
    session, wanted = joined(), list(lines)
    _write_entries(session, wanted, EntryKind.SALE, sign=-1, actor=actor)
    totals = _per_variant(wanted)
    short = [variant_id for variant_id in sorted(totals) if not _subtract(session, variant_id, totals[variant_id])]
    if short:
        raise OutOfStock.of(short_lines(session, short, totals))


def release(lines: Iterable[StockLine], actor: str, reason: str) -> None:
    """Give back what an order that will not be shipped had taken; joins. The ledger refuses a second release."""
    session, given = joined(), list(lines)
    _write_entries(session, given, EntryKind.RELEASE, sign=1, actor=actor, reason=reason)
    for variant_id, quantity in sorted(_per_variant(given).items()):
        _add(session, variant_id, available=quantity)


def discard(lines: Iterable[StockLine], actor: str, reason: str) -> None:
    """End a sale whose goods cannot be sold again: given back and written off at once; joins. Raises NotOnShelf."""
    session, given = joined(), list(lines)
    release(given, actor, reason)
    _write_entries(session, given, EntryKind.WRITE_OFF, sign=-1, actor=actor, reason=reason)
    for variant_id, quantity in sorted(_per_variant(given).items()):
        if not _add(session, variant_id, available=-quantity, on_hand=-quantity):
            raise NotOnShelf(variant_id=variant_id, quantity=quantity)


def take_back(lines: Iterable[StockLine], actor: str, reason: str) -> None:
    """Put what a customer sent back on the shelf and on sale; joins. The ledger refuses a return line's second time."""
    session, given = joined(), list(lines)
    _write_entries(session, given, EntryKind.RETURN, sign=1, actor=actor, reason=reason)
    for variant_id, quantity in sorted(_per_variant(given).items()):
        _add(session, variant_id, available=quantity, on_hand=quantity)


def ship(lines: Iterable[StockLine]) -> None:
    """Take shipped pieces from the shelf: `on_hand` goes down, `available` did when they were sold; joins.

    Raises NotOnShelf, and the caller's transaction must not commit then.
    """
    session = joined()
    for variant_id, quantity in sorted(_per_variant(lines).items()):
        if not _add(session, variant_id, on_hand=-quantity):
            raise NotOnShelf(variant_id=variant_id, quantity=quantity)


@retry_deadlocks
def receive(variant_id: int, quantity: int, actor: str, reason: str = "") -> None:
    """Book goods that arrived; opens a transaction. Raises InvalidQuantity unless 1 <= quantity <= 1,000,000."""
    if not 1 <= quantity <= MAX_CHANGE:
        raise InvalidQuantity(field="quantity")
    with transaction():
        change(variant_id, quantity, EntryKind.RECEIPT, actor, reason)


@retry_deadlocks
def adjust(variant_id: int, quantity: int, actor: str, reason: str) -> None:
    """Correct stock by a signed number after counting; opens a transaction. Raises NotEnoughStock below zero."""
    with transaction():
        change(variant_id, quantity, EntryKind.ADJUSTMENT, actor, reason)


@retry_deadlocks
def write_off(variant_id: int, quantity: int, actor: str, reason: str) -> None:
    """Take broken or lost goods out of stock; opens a transaction. Raises InvalidQuantity, NotEnoughStock."""
    if not 1 <= quantity <= MAX_CHANGE:
        raise InvalidQuantity(field="quantity")
    with transaction():
        change(variant_id, -quantity, EntryKind.WRITE_OFF, actor, reason)


def change(variant_id: int, quantity: int, kind: EntryKind, actor: str, reason: str) -> None:
    """Change what lies on the shelf and can be sold by a signed `quantity`; joins the caller's transaction."""
    if quantity == 0 or abs(quantity) > MAX_CHANGE:
        raise InvalidQuantity(field="quantity")
    session = joined()
    ensure_item(variant_id)
    _write_entries(session, [StockLine(variant_id, quantity)], kind, sign=1, actor=actor, reason=reason)
    if not _add(session, variant_id, available=quantity, on_hand=quantity):
        available = session.scalar(select(StockItem.available).where(StockItem.variant_id == variant_id))
        raise NotEnoughStock(available=available, quantity=quantity)


def _write_entries(
    session: Session, lines: Iterable[StockLine], kind: EntryKind, *, sign: int, actor: str, reason: str = ""
) -> None:
    rows = [
        {
            "variant_id": line.variant_id,
            "quantity": sign * line.quantity,
            "kind": kind,
            "order_line_id": line.order_line_id,
            "return_line_id": line.return_line_id,
            "turn": line.turn,
            "actor": actor,
            "reason": reason,
        }
        for line in lines
    ]
    if rows:
        insert_rows(session, StockEntry, rows)


def _per_variant(lines: Iterable[StockLine]) -> Counter[int]:
    totals: Counter[int] = Counter()
    for line in lines:
        totals[line.variant_id] += line.quantity
    return totals


def _subtract(session: Session, variant_id: int, quantity: int) -> bool:
    """The guard: this condition alone makes overselling impossible, whatever any cache says."""
    moment = clock.now()
    changed = session.connection().execute(TAKE, {"wanted_id": variant_id, "pieces": quantity, "moment": moment})
    return changed.rowcount == 1


def _add(session: Session, variant_id: int, *, available: int = 0, on_hand: int = 0) -> bool:
    enough = (StockItem.available >= -available) & (StockItem.on_hand >= -on_hand)
    return _update(
        session, variant_id, enough, available=StockItem.available + available, on_hand=StockItem.on_hand + on_hand
    )


def _update(session: Session, variant_id: int, condition: Any, **values: Any) -> bool:
    changed: Any = session.execute(
        update(StockItem)
        .where(StockItem.variant_id == variant_id, condition)
        .values(version=StockItem.version + 1, changed_at=clock.now(), **values)
        .execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount == 1)


def short_lines(
    session: Session, variant_ids: list[int], totals: Mapping[int, int], free: Mapping[int, int] | None = None
) -> list[ShortLine]:
    """What to tell of variants that are short; `free` is what can be had where holds make it less than `available`."""
    query = (
        select(Variant, StockItem.available)
        .outerjoin(StockItem, StockItem.variant_id == Variant.id)
        .where(Variant.id.in_(variant_ids))
        .order_by(Variant.id)
    )
    return [
        ShortLine(
            variant.id,
            variant.sku,
            display_name(variant),
            totals[variant.id],
            max(0, free[variant.id]) if free else available or 0,
        )
        for variant, available in session.execute(query)
    ]


def display_name(variant: Variant) -> str:
    """The variant as a person would call it: product, and what tells it from its sisters."""
    return f"{variant.product.name} – {variant.name}" if variant.name else variant.product.name
