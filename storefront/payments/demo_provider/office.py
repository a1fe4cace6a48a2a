"""Opens units of work: over the store, at the clock's time, after everything that was due has happened."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from storefront.payments.demo_provider.desk import Desk, Setting
from storefront.payments.demo_provider.due import run_due
from storefront.payments.demo_provider.store import Store


class Office:
    """Where the provider works: its store, its setting and its clock."""

    def __init__(self, store: Store, setting: Setting, now: Callable[[], float]) -> None:
        self.store = store
        self.setting = setting
        self.now = now

    @contextmanager
    def open(self) -> Iterator[Desk]:
        """A desk in a transaction of its own, which commits at the end."""
        with self.store.write() as db:
            yield self.desk(db)

    def desk(self, db: sqlite3.Connection, request_id: str | None = None, key: str | None = None) -> Desk:
        """A desk in the transaction of `db`. Nobody sees a state that time has already changed."""
        desk = Desk(db, self.now(), self.setting, request_id, key)
        run_due(desk)
        return desk

    def has_due(self) -> bool:
        """Whether something waits to happen by itself."""
        with self.store.read() as db:
            return db.execute("SELECT 1 FROM timers WHERE at <= ?", (self.now(),)).fetchone() is not None
