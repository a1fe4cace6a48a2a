"""The provider's memory: one SQLite file that several processes open at once and that outlives them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storefront.payments.demo_provider.tables import SCHEMA, VERSION

BUSY_SECONDS = 30


class Store:
    """Opens a connection for each transaction, so that threads and forked processes share nothing but the file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with closing(self._connect()) as db:
            if _is_prepared(db):
                return
            db.execute("PRAGMA journal_mode = WAL")
        with self.write() as db:
            _prepare(db)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one consistent state."""
        with closing(self._connect()) as db:
            db.execute("BEGIN")
            yield db

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A connection that holds the only write lock; commits at the end, or rolls back on any error."""
        with closing(self._connect()) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
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
