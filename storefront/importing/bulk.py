"""Many rows at once: plain INSERTs in batches, and the ids the database gave them, found again by a natural key."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storefront.core.db import Model

BATCH = 2_000
# SQLite takes at most 32,766 values in a statement, MariaDB and PostgreSQL more.
KEYS_AT_ONCE = 5_000


def insert_rows(session: Session, model: type[Model], rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert `rows` (all with the same keys) without loading objects; joins the session's transaction."""
    remaining, written = iter(rows), 0
    while batch := list(islice(remaining, BATCH)):
        session.execute(insert(model.__table__), batch)  # type: ignore[arg-type]  # A mapped class has a Table here.
        written += len(batch)
    return written


def chunks(keys: Iterable[Any]) -> Iterator[list[Any]]:
    """The distinct keys, sorted, in lists short enough for one statement."""
    remaining = iter(sorted(set(keys)))
    while some := list(islice(remaining, KEYS_AT_ONCE)):
        yield some


def ids_by(
    session: Session, identity: InstrumentedAttribute[int], key: InstrumentedAttribute[Any], keys: Iterable[Any]
) -> dict[Any, int]:
    """The `identity` of each row whose `key` is among `keys`; those there is no row for are left out."""
    found: dict[Any, int] = {}
    for some in chunks(keys):
        for value, number in session.execute(select(key, identity).where(key.in_(some))):
            found[value] = number
    return found
