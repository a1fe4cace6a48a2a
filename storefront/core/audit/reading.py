"""Looking things up in the audit log: a page is found by where the one before it ended, however long the log is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from storefront.core.audit.models import AuditRow

SIZE = 50


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """What is looked for: whole actors, beginnings of actions and subjects, a time; "" and None are anything."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Change(NamedTuple):
    """What was changed of one thing: (name, before, after) each; `label` is its table and key, "" for mere facts."""

    label: str
    lines: list[tuple[str, Any, Any]]


class Found(NamedTuple):
    """One page, the newest first; `more` is where the next begins, None when there is none."""

    rows: Sequence[AuditRow]
    changes: dict[int, list[Change]]
    more: int | None


def list_rows(session: Session, wanted: AuditFilter, before: int = 0) -> Found:
    """The newest 50 of what is wanted, those before row `before` when it is given."""
    query = _narrowed(select(AuditRow), wanted)
    if before > 0:
        query = query.where(AuditRow.id < before)
    rows = session.scalars(query.order_by(AuditRow.id.desc()).limit(SIZE + 1)).all()
    shown = rows[:SIZE]
    changes = {row.id: [_change(one) for one in json.loads(row.changes)] for row in shown}
    return Found(shown, changes, shown[-1].id if len(rows) > SIZE else None)


def _change(kept: dict[str, Any]) -> Change:
    if "table" not in kept:
        facts = kept.get("facts", kept)
        return Change("", [(name, "", value) for name, value in facts.items()])
    before, after = kept.get("before", {}), kept.get("after", {})
    names = dict.fromkeys([*before, *after])
    return Change(
        f"{kept['table']} {kept['id']}", [(name, before.get(name, ""), after.get(name, "")) for name in names]
    )


def _narrowed(query: Select[Any], wanted: AuditFilter) -> Select[Any]:
    if wanted.actor:
        query = query.where(AuditRow.actor == wanted.actor)
    if wanted.action:
        query = query.where(AuditRow.action.startswith(wanted.action, autoescape=True))
    if wanted.subject:
        query = query.where(AuditRow.subject.startswith(wanted.subject, autoescape=True))
    if wanted.since:
        query = query.where(AuditRow.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditRow.at < wanted.until)
    return query
