"""Finding out what a transaction of the desk changes: rows are read before and after each statement that writes."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Delete, Insert, Table, Update, and_, event, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from storefront.core.audit.hiding import HIDDEN, is_hidden, shown
from storefront.core.audit.source import is_watched

WATCH = "audit_watch"
# The log's own tables; and in one statement that writes to thousands of rows, so many are told.
OWN = frozenset({"audit_row", "audit_head"})
MOST_ROWS = 20
Key = tuple[Any, ...]


class Watch:
    """What was changed so far, by table and primary key: (before, after), None where there was or is no row."""

    def __init__(self) -> None:
        self.changes: dict[tuple[str, Key], list[dict[str, Any] | None]] = {}
        self._before: list[tuple[Table, dict[Key, dict[str, Any]]]] = []

    def before(self, connection: Connection, clause: Any, many: Any, params: Any, _options: Any) -> None:
        """Read what the statement is going to change."""
        if not isinstance(clause, Update | Delete) or not _is_told(clause):
            return
        table: Any = clause.table
        query = select(*table.columns).limit(MOST_ROWS)
        if clause.whereclause is not None:
            query = query.where(clause.whereclause)
        found: dict[Key, dict[str, Any]] = {}
        for given in _sets(many, params)[:MOST_ROWS]:
            found |= _by_key(table, connection.execute(query, given).mappings().all())
        self._before.append((table, found))

    def after(self, connection: Connection, clause: Any, many: Any, params: Any, _options: Any, result: Any) -> None:
        """Read what it has left behind."""
        if not isinstance(clause, Insert | Update | Delete) or not _is_told(clause):
            return
        if isinstance(clause, Insert):
            self._note_new(clause.table, _sets(many, params)[:MOST_ROWS], result)
            return
        table, before = self._before.pop()
        after: dict[Key, dict[str, Any]] = {}
        if isinstance(clause, Update):
            for key in before:
                match = and_(*(column == value for column, value in zip(table.primary_key, key, strict=True)))
                after |= _by_key(table, connection.execute(select(*table.columns).where(match)).mappings().all())
        for key, values in before.items():
            self._note(table.name, key, values, after.get(key))

    def _note_new(self, table: Any, rows: Sequence[Mapping[str, Any]], result: Any) -> None:
        keys = _new_keys(result) if len(rows) == 1 else []
        # Left alone, for it was there (core/db.insert_once); MariaDB does not say so.
        if result.rowcount == 0 or keys == [None]:
            return
        compiled = getattr(getattr(result, "context", None), "compiled_parameters", None) or rows
        for number, row in enumerate(compiled[:MOST_ROWS] if compiled else rows):
            values = {name: value for name, value in row.items() if name in table.columns}
            known = tuple(values.get(column.name) for column in table.primary_key)
            key = tuple(keys[number]) if number < len(keys) else known
            self._note(table.name, key if None not in key else ("new", len(self.changes)), None, values)

    def _note(self, table: str, key: Key, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        kept = self.changes.setdefault((table, key), [before, after])
        kept[1] = after

    def told(self) -> list[dict[str, Any]]:
        """What was changed, as the log keeps it: only what differs, and of what is hidden only that it does."""
        return [
            {"table": table, "id": _words(key), **_difference(table, before, after)}
            for (table, key), (before, after) in self.changes.items()
        ]


def begin(session: Session, _transaction: object, connection: Connection) -> None:
    """Watch the transaction that has just begun, if it is one of the desk."""
    if is_watched():
        session.info[WATCH] = found = Watch()
        event.listen(connection, "before_execute", found.before)
        event.listen(connection, "after_execute", found.after)


def _is_told(clause: Any) -> bool:
    return getattr(clause.table, "name", "") not in OWN


def _sets(many: Any, params: Any) -> list[dict[str, Any]]:
    return [dict(given) for given in many] if many else [dict(params or {})]


def _by_key(table: Table, rows: Sequence[Mapping[Any, Any]]) -> dict[Key, dict[str, Any]]:
    return {tuple(row[column.name] for column in table.primary_key): dict(row) for row in rows}


def _new_keys(result: Any) -> list[Any]:
    try:
        return [result.inserted_primary_key]
    except InvalidRequestError:
        return []


def _words(key: Key) -> str:
    return "new" if key and key[0] == "new" else "/".join(str(part) for part in key)


def _difference(table: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    old, new = shown(table, before or {}), shown(table, after or {})
    if before is None or after is None:
        return ({"before": old} if before is not None else {}) | ({"after": new} if after is not None else {})
    changed = [name for name in after if before.get(name) != after[name]]
    values = [({name: HIDDEN for name in changed if is_hidden(table, name)})] * 2
    return {
        "before": {**values[0], **{name: old[name] for name in changed if not is_hidden(table, name)}},
        "after": {**values[1], **{name: new[name] for name in changed if not is_hidden(table, name)}},
    }
