"""One unit of work at the provider: its transaction, its moment, and how rows are found and written."""

import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from storefront.payments.demo_provider.errors import no_such

# How the API calls the rows of a table, and the parameter that an unknown id of them is about.
NOUNS = {
    "sessions": ("checkout.session", "session"),
    "intents": ("payment_intent", "intent"),
    "methods": ("PaymentMethod", "payment_method"),
    "charges": ("charge", "id"),
    "refunds": ("refund", "id"),
    "disputes": ("dispute", "dispute"),
    "customers": ("customer", "id"),
    "links": ("payment_link", "payment_link"),
    "events": ("event", "id"),
}


@dataclass(frozen=True)
class Setting:
    """Where the pages are, after how many seconds a bank answers, and the key of the API."""

    public_url: str = ""
    settle_seconds: float = 60
    api_key: str = ""


@dataclass(frozen=True)
class Desk:
    """The transaction, the moment it happens, the provider's setting, and the API call it is for, if it is for one."""

    db: sqlite3.Connection
    now: float
    setting: Setting
    request_id: str | None = None
    idempotency_key: str | None = None

    @property
    def stamp(self) -> int:
        """The moment as the API writes it."""
        return int(self.now)

    def find(self, table: str, object_id: str) -> sqlite3.Row | None:
        """A row by its id."""
        row: sqlite3.Row | None = self.db.execute(f"SELECT * FROM {table} WHERE id = ?", (object_id,)).fetchone()
        return row

    def get(self, table: str, object_id: str) -> sqlite3.Row:
        """A row by its id; raises ApiError 404."""
        row = self.find(table, object_id)
        if row is None:
            thing, param = NOUNS[table]
            raise no_such(thing, object_id, param)
        return row

    def insert(self, table: str, **values: Any) -> None:
        """Write a new row."""
        places = ", ".join("?" * len(values))
        self.db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values()))

    def change(self, table: str, object_id: str, states: tuple[str, ...], **values: Any) -> bool:
        """Update a row if its status is one of `states`; False when it is not."""
        sets, places = ", ".join(f"{name} = ?" for name in values), ", ".join("?" * len(states))
        changed = self.db.execute(
            f"UPDATE {table} SET {sets} WHERE id = ? AND status IN ({places})", (*values.values(), object_id, *states)
        )
        return changed.rowcount == 1

    def later(self, seconds: float, action: str, object_id: str) -> None:
        """Have due.py do something when the time has come."""
        self.insert("timers", at=self.now + seconds, action=action, object_id=object_id)


def new_id(prefix: str) -> str:
    """An id such as pi_demo_…, which nobody guesses."""
    return f"{prefix}_demo_{secrets.token_hex(12)}"
