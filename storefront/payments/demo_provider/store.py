"""The provider's memory: one SQLite file that several processes open at once and that outlives them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

BUSY_SECONDS = 30

SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'complete', 'expired')),
    currency TEXT NOT NULL,
    amount_total INTEGER NOT NULL CHECK (amount_total > 0),
    params TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_open ON sessions (expires_at) WHERE status = 'open';
CREATE TABLE IF NOT EXISTS intents (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE REFERENCES sessions (id),
    created INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (
        status IN ('requires_payment_method', 'requires_action', 'succeeded', 'canceled')
    ),
    amount_received INTEGER NOT NULL DEFAULT 0,
    canceled_at INTEGER,
    card TEXT,
    failure TEXT
);
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY,
    created INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    due_at REAL,
    delivered_at REAL,
    tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS events_due ON events (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS requests (
    idempotency_key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    claimed_at REAL NOT NULL,
    status INTEGER,
    body TEXT
);
"""


class Store:
    """Opens a connection for each transaction, so that threads and forked processes share nothing but the file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with closing(self._connect()) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)

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
