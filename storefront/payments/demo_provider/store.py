"""The provider's memory: one SQLite file that several processes open at once and that outlives them."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from storefront.payments.demo_provider.tables import SCHEMA, VERSION

BUSY_SECONDS = 30
_FORSAKEN: list[sqlite3.Connection] = []


class Store:
    """Hands a connection to each transaction; those at rest are used again, but never by a forked process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._resting: list[sqlite3.Connection] = []
        self._owner = os.getpid()
        with closing(self._connect()) as db:
            if _is_prepared(db):
                return
            db.execute("PRAGMA journal_mode = WAL")
        with self.write() as db:
            _prepare(db)

    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that sees one consistent state."""
        return self._transaction("DEFERRED")

    def write(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that holds the only write lock; commits at the end, or rolls back on any error."""
        return self._transaction("IMMEDIATE")

    @contextmanager
    def _transaction(self, mode: str) -> Iterator[sqlite3.Connection]:
        db = self._take()
        try:
            db.execute(f"BEGIN {mode}")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.close()
            else:
                self._resting.append(db)

    def _take(self) -> sqlite3.Connection:
        if self._owner != os.getpid():
            # SQLite forbids to use a parent's connections, and to close them: they are left as they are.
            _FORSAKEN.extend(self._resting)
            self._owner, self._resting = os.getpid(), []
        try:
            return self._resting.pop()
        except IndexError:
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous = FULL")
        return db


def _is_prepared(db: sqlite3.Connection) -> bool:
    return bool(db.execute("PRAGMA user_version").fetchone()[0] == VERSION)


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables, or bring those of an older provider to what they are now."""
    if _is_prepared(db):
        return
    is_old = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").fetchone()
    if is_old:
        from storefront.payments.demo_provider import upgrade

        upgrade.make_room(db)
    for statement in SCHEMA.split(";\n"):
        db.execute(statement)
    if is_old:
        upgrade.carry_over(db)
    db.execute(f"PRAGMA user_version = {VERSION}")
