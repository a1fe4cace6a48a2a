"""What goes wrong between the shop and the provider: chosen call by call, or by chance that can be repeated."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from random import Random
from typing import Any

from storefront.payments.demo_provider.store import Store

ANY = "*"


class Fault(StrEnum):
    """What may happen to one call."""

    REFUSED = "refused"
    """Nothing arrives: the connection is refused."""
    RATE_LIMITED = "rate_limited"
    """Answered with 429 before anything else is looked at; nothing is kept under its key."""
    FAILED = "failed"
    """Answered with 500; nothing was done, and the key answers so for a day."""
    FAILED_LATE = "failed_late"
    """Answered with 500 although everything was done; the key answers so for a day."""
    TIMED_OUT = "timed_out"
    """Everything is done, and the answer is lost on its way back."""
    SLOW = "slow"
    """Answered as ever, after `slow_seconds`; meanwhile its key is in use."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """A plan of what goes wrong, for calls (shop to provider) and for messages (provider to shop).

    `next_calls` names endpoints (of api.ENDPOINTS, or "*" for any): each entry strikes the next call of its endpoint,
    once, the first fitting entry first. `rates` strikes all other calls by chance (0 to 1, together at most 1). With
    the same `seed` the same calls in the same order meet the same faults. Messages are sent `late_seconds` after what
    they tell of, and up to `shuffled_seconds` later still, each by its own chance, so that they come out of order;
    a share of them (`duplicated`, 0 to 1) comes twice. While the shop is unreachable every try to deliver fails.
    """

    seed: int = 0
    next_calls: tuple[tuple[str, Fault], ...] = ()
    rates: Mapping[Fault, float] = field(default_factory=dict)
    slow_seconds: float = 0.5
    late_seconds: float = 0
    shuffled_seconds: float = 0
    duplicated: float = 0
    is_shop_unreachable: bool = False


def plan(store: Store, faults: Faults) -> None:
    """From now on this goes wrong, in every process that opens the store; `Faults()` ends it all."""
    with store.write() as db:
        db.execute("DELETE FROM settings WHERE name IN ('faults', 'calls')")
        if faults != Faults():
            db.execute("INSERT INTO settings (name, value) VALUES ('faults', ?)", (json.dumps(asdict(faults)),))


def strike(store: Store, endpoint: str) -> tuple[Fault | None, float]:
    """What happens to this call, and how long a slow one takes; counts the call."""
    with store.read() as db:
        if read(db) is None:
            return None, 0
    with store.write() as db:
        planned = read(db)
        if planned is None:
            return None, 0
        return _take(db, planned, endpoint) or _draw(db, planned), planned["slow_seconds"]


def hold_back(db: sqlite3.Connection) -> float:
    """How many seconds after its event the next message is sent."""
    planned = read(db)
    if planned is None:
        return 0
    ordinal = db.execute("SELECT coalesce(max(rowid), 0) + 1 FROM events").fetchone()[0]
    chance = _chance(planned, "message", ordinal)
    return float(planned["late_seconds"] + planned["shuffled_seconds"] * chance)


def comes_twice(db: sqlite3.Connection, ordinal: int) -> bool:
    """Whether the message of the event with this row id is sent again although it was taken."""
    planned = read(db)
    return planned is not None and _chance(planned, "twice", ordinal) < planned["duplicated"]


def is_shop_unreachable(db: sqlite3.Connection) -> bool:
    """Whether no message gets through at all."""
    planned = read(db)
    return planned is not None and planned["is_shop_unreachable"]


def read(db: sqlite3.Connection) -> dict[str, Any] | None:
    """The plan as it was stored, with what is left of `next_calls`."""
    row = db.execute("SELECT value FROM settings WHERE name = 'faults'").fetchone()
    return json.loads(row[0]) if row else None


def _take(db: sqlite3.Connection, planned: dict[str, Any], endpoint: str) -> Fault | None:
    """The first fault that was planned for this very call."""
    for index, (name, fault) in enumerate(planned["next_calls"]):
        if name in (endpoint, ANY):
            del planned["next_calls"][index]
            db.execute("UPDATE settings SET value = ? WHERE name = 'faults'", (json.dumps(planned),))
            return Fault(fault)
    return None


def _draw(db: sqlite3.Connection, planned: dict[str, Any]) -> Fault | None:
    """What chance has for this call. The calls are counted, so that the same ones are struck every time."""
    count = "INSERT INTO settings (name, value) VALUES ('calls', '1')"
    count += " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
    chance = _chance(planned, "call", int(db.execute(count).fetchone()[0]))
    for fault, rate in sorted(planned["rates"].items()):
        chance -= rate
        if chance < 0:
            return Fault(fault)
    return None


def _chance(planned: dict[str, Any], what: str, ordinal: int) -> float:
    # Not for secrets: the same seed has to give the same faults.
    return Random(f"{planned['seed']}/{what}/{ordinal}").random()  # noqa: S311
