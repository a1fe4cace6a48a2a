"""Writing the audit log, at the end of the transaction it belongs to.

The end of the chain is locked last of all locks and held until the commit, a moment later: two who write at once wait
for each other and never fork it. Whoever writes nothing to the log, a checkout above all, never touches it.
"""

import json
import secrets
from typing import Any

from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.audit.chain import EMPTY, address_digest, digest_of
from storefront.core.audit.hiding import shown
from storefront.core.audit.models import HEAD, AuditHead, AuditRow
from storefront.core.audit.source import source, tell
from storefront.core.audit.watching import WATCH, begin
from storefront.core.db import db, insert_once, joined, retry_deadlocks, table_of, transaction

NOTES = "audit_notes"
MAX_CHANGES = 20_000


def note(action: str, subject: str, *, actor: str | None = None, **facts: Any) -> None:
    """Say what the caller's transaction does; joins it. `facts` are shown with it, secrets apart."""
    row = {"action": action, "subject": subject, "actor": actor, "changes": [{"facts": shown("", facts)}]}
    joined().info.setdefault(NOTES, []).append(row)


@retry_deadlocks
def note_alone(action: str, subject: str, **facts: Any) -> None:
    """Say that something happened that changed nothing, such as a wrong password; opens a transaction."""
    with transaction():
        note(action, subject, **facts)


def write(session: Session) -> None:
    """Before a commit: add a row for what was watched, and one for each note."""
    if WATCH in session.info:
        session.flush()
    watch, rows = session.info.pop(WATCH, None), session.info.pop(NOTES, [])
    changes = watch.told() if watch is not None else []
    known = source() if changes or rows else None
    if known is None:
        return
    if changes:
        first = f"{changes[0]['table']} {changes[0]['id']}"
        rows = [{"action": known.action, "subject": known.subject or first, "changes": changes}, *rows]
    _append(session, [_row(known._asdict(), row) for row in rows])


def forget(session: Session, *_more: object) -> None:
    """What was not committed did not happen."""
    session.info.pop(NOTES, None)
    session.info.pop(WATCH, None)


def _row(known: dict[str, str], row: dict[str, Any]) -> dict[str, Any]:
    changes = row["changes"]
    text = json.dumps(changes, ensure_ascii=False, sort_keys=True)
    while len(text) > MAX_CHANGES and len(changes) > 1:
        changes = changes[: len(changes) // 2]
        text = json.dumps([*changes, {"more": len(row["changes"]) - len(changes)}], ensure_ascii=False, sort_keys=True)
    return {
        "at": clock.now(),
        "actor": row.get("actor") or known["actor"],
        "address": known["address"][:45],
        "origin": known["origin"],
        "action": row["action"][:80],
        "subject": row["subject"][:120],
        "changes": text if len(text) <= MAX_CHANGES else json.dumps([{"more": len(row["changes"])}]),
    }


def _append(session: Session, rows: list[dict[str, Any]]) -> None:
    heads = table_of(AuditHead)
    query = select(heads.c.count, heads.c.digest).where(heads.c.id == HEAD).with_for_update()
    head = session.execute(query).first()
    if head is None:
        session.execute(insert_once(session, AuditHead).values(id=HEAD, count=0, digest=EMPTY))
        head = session.execute(query).one()
    count, digest = head
    for row in rows:
        count += 1
        row["id"], row["address_salt"] = count, secrets.token_hex(16)
        row["address_digest"] = address_digest(row)
        row["digest"] = digest = digest_of(digest, row)
    connection = session.connection()
    connection.execute(insert(table_of(AuditRow)), rows)
    connection.execute(update(heads).where(heads.c.id == HEAD).values(count=count, digest=digest))
    tell()


event.listen(db.session, "after_begin", begin)
event.listen(db.session, "before_commit", write)
event.listen(db.session, "after_rollback", forget)
