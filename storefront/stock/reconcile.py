"""Where the gate's copies differ from SQL, and putting that right.

A copy is read before the row it is compared with, never after: what was published had been committed, so a copy that
is then ahead of SQL, or says something else at the same version, proves that SQL has lost history.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from storefront.catalog.models import Variant
from storefront.core import clock
from storefront.stock.gate import BATCH, Copy, Gate
from storefront.stock.models import StockItem

log = logging.getLogger("storefront.stock")


class DriftKind(StrEnum):
    """How a copy differs: there is none, it is older than SQL, or SQL has lost what it was made from."""

    MISSING = "missing"
    BEHIND = "behind"
    LOST = "lost"


@dataclass(frozen=True)
class Drift:
    """A variant whose copy (None: there is none) differs from SQL's `truth`, which changed at `changed_at`."""

    truth: Copy
    copy: Copy | None
    sku: str
    changed_at: datetime | None

    @property
    def variant_id(self) -> int:
        """The variant."""
        return self.truth.variant_id

    @property
    def kind(self) -> DriftKind:
        """How the copy differs."""
        if self.copy is None:
            return DriftKind.MISSING
        return DriftKind.BEHIND if self.copy.version < self.truth.version else DriftKind.LOST

    @property
    def age_seconds(self) -> int | None:
        """Seconds since SQL changed; None for a variant that never had stock."""
        return max(0, int((clock.now() - self.changed_at).total_seconds())) if self.changed_at else None


@dataclass(frozen=True)
class Report:
    """How many variants were compared, and which of them differed."""

    checked: int
    drifts: Sequence[Drift]

    @property
    def lost(self) -> list[Drift]:
        """Those that prove that SQL has lost history."""
        return [drift for drift in self.drifts if drift.kind is DriftKind.LOST]

    @property
    def lag_seconds(self) -> int:
        """For how long the oldest change has waited to be published; 0 when none does."""
        return max((drift.age_seconds or 0 for drift in self.drifts if drift.kind is not DriftKind.LOST), default=0)

    def count_by_kind(self) -> dict[str, int]:
        """How many copies differ in which way, zeros too."""
        return {kind.value: sum(drift.kind is kind for drift in self.drifts) for kind in DriftKind}


def find_drift(session: Session, gate: Gate, since: datetime | None = None) -> Report:
    """Compare every variant's copy with SQL, or of those changed `since` then; changes nothing. Raises GateAway.

    Opens no transaction of its own.
    """
    checked, drifts = 0, list[Drift]()
    for batch in _batches(session, since):
        checked += len(batch)
        drifts += _compare(session, gate, batch)
    return Report(checked, drifts)


def reconcile(session: Session, gate: Gate) -> Report:
    """Publish what is missing or old, and replace what SQL no longer knows, saying so in the log.

    The report names what was found, and is right now. Raises GateAway; may be repeated for ever, also at the same time.
    """
    report = find_drift(session, gate)
    lost = report.lost
    gate.publish([drift.truth for drift in report.drifts if drift.kind is not DriftKind.LOST])
    gate.publish([drift.truth for drift in lost], is_reset=True)
    if lost:
        named = ", ".join(str(drift.variant_id) for drift in lost[:20])
        log.error("SQL has lost history of %d variant(s), their copies were replaced; first: %s", len(lost), named)
    gate.note_report({"at": int(clock.now().timestamp()), "checked": report.checked, **report.count_by_kind()})
    return report


def publish_all(session: Session, gate: Gate, *, is_reset: bool = False) -> int:
    """Publish every variant whatever its copy says, and with `is_reset` replace every copy; returns how many variants.

    A copy replaced while an order was being committed may be old: the publisher of the next second makes it good.
    """
    count = 0
    for batch in _batches(session):
        gate.publish([row.truth for row in batch], is_reset=is_reset)
        count += len(batch)
    return count


@dataclass(frozen=True)
class _Row:
    truth: Copy
    sku: str
    changed_at: datetime | None


def _batches(session: Session, since: datetime | None = None) -> Iterator[list[_Row]]:
    """Every variant with what SQL says, by id; no transaction is open while a batch is looked at."""
    query = _rows().order_by(Variant.id).limit(BATCH)
    if since is not None:
        query = query.where(StockItem.changed_at >= since)
    last = 0
    while True:
        batch = _read(session, query.where(Variant.id > last))
        if not batch:
            return
        last = batch[-1].truth.variant_id
        yield batch


def _compare(session: Session, gate: Gate, batch: list[_Row]) -> list[Drift]:
    """What differs, seen twice: once as the batch was read, then with SQL read again, after the copies."""
    copies = gate.read_copies([row.truth.variant_id for row in batch])
    differing = [row.truth.variant_id for row in batch if copies.get(row.truth.variant_id) != row.truth]
    if not differing:
        return []
    rows = _read(session, _rows().where(_are(differing)).order_by(Variant.id))
    drifts = [Drift(row.truth, copies.get(row.truth.variant_id), row.sku, row.changed_at) for row in rows]
    wanted = set(differing)
    return [drift for drift in drifts if drift.copy != drift.truth and drift.variant_id in wanted]


def _are(variant_ids: Sequence[int]) -> ColumnElement[bool]:
    """The condition that reads these (in order): a range with a few others in it is read faster than a thousand ids."""
    first, last = variant_ids[0], variant_ids[-1]
    return Variant.id.between(first, last) if last - first < 2 * BATCH else Variant.id.in_(variant_ids)


def _rows() -> Any:
    """Every variant, also one without a stock row: that one has nothing, at version 0."""
    columns = (Variant.id, Variant.sku, StockItem.available, StockItem.version, StockItem.changed_at)
    return select(*columns).outerjoin(StockItem, StockItem.variant_id == Variant.id)


def _read(session: Session, query: Any) -> list[_Row]:
    """Read committed rows and end the transaction, so that the next reading sees what was committed meanwhile."""
    found = session.execute(query).all()
    session.rollback()
    return [_Row(Copy(row.id, row.available or 0, row.version or 0), row.sku, row.changed_at) for row in found]
