"""The chain of the audit log: made with a key from the shop's secret, so that a hand in the database cannot mend it."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.audit.models import HEAD, AuditHead, AuditRow
from storefront.core.db import table_of

EMPTY = "0" * 64
PARTS = ("id", "at", "actor", "address_digest", "origin", "action", "subject", "changes")
# Of rows that were written before addresses were forgotten.
OLD_PARTS = tuple("address" if part == "address_digest" else part for part in PARTS)
BATCH = 2_000
# Beside the data, and so not in the database.
HEADS_FILE = "audit-heads"
# What a row is called that says up to which row addresses were forgotten.
FORGOTTEN = "addresses_forgotten"


class Verdict(NamedTuple):
    """How far the chain holds: `rows` good ones, and what is wrong with which row after them ("" when nothing is)."""

    rows: int
    digest: str
    fault: str = ""


def digest_of(before: str, row: Mapping[str, Any], secret_key: str = "") -> str:
    """The digest of a row that follows the one with digest `before`."""
    parts = PARTS if row["address_digest"] else OLD_PARTS
    return _seal(json.dumps([before, *(str(row[part]) for part in parts)], ensure_ascii=False), secret_key)


def address_digest(row: Mapping[str, Any], secret_key: str = "") -> str:
    """What stands for a row's address in the chain; without the row's salt nobody can tell which address it was."""
    return _seal(json.dumps(["address", row["address_salt"], row["address"]]), secret_key)


def _seal(said: str, secret_key: str) -> str:
    key = (secret_key or current_app.config["SETTINGS"].secret_key).encode()
    return hmac.new(b"audit log " + key, said.encode(), hashlib.sha256).hexdigest()


def verify(session: Session, secret_keys: Sequence[str], heads: Mapping[int, str]) -> Verdict:
    """Walk the whole chain; `heads` are ends of it that were noted elsewhere. Reads only.

    Whoever changed SECRET_KEY gives the old one too.
    """
    count, digest, forgotten = 0, EMPTY, 0
    for row in _rows(session):
        if row["id"] != count + 1:
            return Verdict(count, digest, f"row {count + 1} is missing: after row {count} comes row {row['id']}")
        if all(digest_of(digest, row, key) != row["digest"] for key in secret_keys):
            return Verdict(count, digest, f"row {row['id']} is not what was written, or the one before it is not")
        if not row["address_salt"] and row["id"] > forgotten:
            # Asked for only now: the job may be at work while we walk.
            forgotten = last_forgotten(session)
        if not _is_address_right(row, secret_keys, forgotten):
            return Verdict(count, digest, f"the address of row {row['id']} is not what was written")
        count, digest = row["id"], row["digest"]
        if heads.get(count, digest) != digest:
            return Verdict(count - 1, digest, f"row {count} was rewritten: its digest is not the one that was noted")
    return Verdict(count, digest, _fault_of_end(session, count, digest, heads))


def note_head(session: Session, file: Path) -> str:
    """Add the end of the chain to a file outside the database, and return the line; "" while the log is empty."""
    head = session.get(AuditHead, HEAD)
    if head is None:
        return ""
    line = f"{head.count} {head.digest} {clock.now().isoformat()}"
    with file.open("a") as kept:
        kept.write(line + "\n")
    return line


def read_heads(file: Path) -> dict[int, str]:
    """The ends that were noted in a file; none when there is no file."""
    lines = file.read_text().splitlines() if file.exists() else []
    return {int(line.split()[0]): line.split()[1] for line in lines if len(line.split()) >= 2}


def last_forgotten(session: Session) -> int:
    """Up to which row addresses were forgotten, as the log itself says: who only blanks them cannot write that."""
    rows = table_of(AuditRow)
    said = session.scalars(select(rows.c.changes).where(rows.c.action == FORGOTTEN).order_by(rows.c.id.desc()).limit(1))
    return max((int(json.loads(changes)[0]["facts"]["last_row"]) for changes in said), default=0)


def _is_address_right(row: Mapping[str, Any], secret_keys: Sequence[str], forgotten: int) -> bool:
    if not row["address_digest"]:
        return True  # It is in the row's own digest.
    if not row["address_salt"]:
        return not row["address"] and row["id"] <= forgotten
    return any(address_digest(row, key) == row["address_digest"] for key in secret_keys)


def _fault_of_end(session: Session, count: int, digest: str, heads: Mapping[int, str]) -> str:
    head = session.get(AuditHead, HEAD)
    if (head.count, head.digest) != (count, digest) if head else count > 0:
        return f"the end is missing: there are {count} rows, and there were {head.count if head else 'more'}"
    last = max(heads, default=0)
    return f"the end is missing: there are {count} rows, and row {last} was noted" if last > count else ""


def _rows(session: Session) -> Iterator[Mapping[str, Any]]:
    rows, last = table_of(AuditRow), 0
    while True:
        found = session.execute(select(rows).where(rows.c.id > last).order_by(rows.c.id).limit(BATCH)).mappings().all()
        yield from (dict(row) for row in found)
        if len(found) < BATCH:
            return
        last = found[-1]["id"]
