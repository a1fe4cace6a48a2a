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
PARTS = ("id", "at", "actor", "address", "origin", "action", "subject", "changes")
BATCH = 2_000
# Beside the data, and so not in the database.
HEADS_FILE = "audit-heads"


class Verdict(NamedTuple):
    """How far the chain holds: `rows` good ones, and what is wrong with which row after them ("" when nothing is)."""

    rows: int
    digest: str
    fault: str = ""


def digest_of(before: str, row: Mapping[str, Any], secret_key: str = "") -> str:
    """The digest of a row that follows the one with digest `before`."""
    key = (secret_key or current_app.config["SETTINGS"].secret_key).encode()
    said = json.dumps([before, *(str(row[part]) for part in PARTS)], ensure_ascii=False)
    return hmac.new(b"audit log " + key, said.encode(), hashlib.sha256).hexdigest()


def verify(session: Session, secret_keys: Sequence[str], heads: Mapping[int, str]) -> Verdict:
    """Walk the whole chain; `heads` are ends of it that were noted elsewhere. Reads only.

    Whoever changed SECRET_KEY gives the old one too.
    """
    count, digest = 0, EMPTY
    for row in _rows(session):
        if row["id"] != count + 1:
            return Verdict(count, digest, f"row {count + 1} is missing: after row {count} comes row {row['id']}")
        if all(digest_of(digest, row, key) != row["digest"] for key in secret_keys):
            return Verdict(count, digest, f"row {row['id']} is not what was written, or the one before it is not")
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
