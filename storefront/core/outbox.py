"""The outbox: what must happen after a commit, written in the same transaction as what caused it.

SQL is the queue that cannot lose. The relay hands each row to RQ, the job marks it done; a row that is not done in time
is handed over again, later and later, until it is dead and waits for a person.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Index, String, Text, bindparam, case, delete, func, select, tuple_, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime, insert_once, joined, table_of

LEASE_SECONDS = 60
BACKOFF_SECONDS = (5, 30, 120, 600, 1800, 3600, 7200)
MAX_ATTEMPTS = len(BACKOFF_SECONDS) + 1


class OutboxStatus(StrEnum):
    """`waiting` rows are handed over when due, `done` and `dead` ones never again."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class OutboxJob(Model):
    """One job by name with its arguments; `due_at` is when the relay hands it over (again).

    `ready_at` is since when its last try could have begun, and `begun_at` when it did: how long it waited.
    """

    __tablename__ = "outbox_job"
    __table_args__ = (Index(None, "status", "due_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    dedupe_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    status: Mapped[OutboxStatus] = mapped_column(EnumText(OutboxStatus, 10), default=OutboxStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Text)


JOBS = table_of(OutboxJob)
_due = (JOBS.c.status == OutboxStatus.WAITING) & (JOBS.c.due_at <= bindparam("moment"))
# Made once: forks at work in a rush ask nothing else between their rows.
ANY_DUE = select(JOBS.c.id).where(_due).limit(1)
NEXT = (
    select(JOBS.c.id, JOBS.c.name, JOBS.c.arguments)
    .where(_due, JOBS.c.attempts < MAX_ATTEMPTS)
    .order_by(JOBS.c.due_at, JOBS.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
BEGIN = (
    update(JOBS)
    .where(JOBS.c.id == bindparam("job_id"))
    .values(attempts=JOBS.c.attempts + 1, begun_at=bindparam("moment"), due_at=bindparam("lease_end"))
)
END = (
    update(JOBS)
    .where(JOBS.c.id == bindparam("job_id"), JOBS.c.status != OutboxStatus.DONE)
    .values(status=OutboxStatus.DONE, done_at=bindparam("moment"), error=None)
)


def stage(name: str, *, dedupe_key: str | None = None, delay_seconds: float = 0, **arguments: Any) -> None:
    """Ask for job `name` once the caller's transaction has committed; joins it.

    With `dedupe_key` a second request is dropped silently: once per key, for ever.
    """
    session = joined()
    created_at = clock.now()
    due_at = created_at + timedelta(seconds=delay_seconds)
    row = {
        "name": name,
        "arguments": arguments,
        "dedupe_key": dedupe_key,
        "status": OutboxStatus.WAITING,
        "attempts": 0,
        "created_at": created_at,
        "due_at": due_at,
        "ready_at": due_at,
    }
    session.connection().execute(insert_once(session, OutboxJob), row)


def stage_again(name: str, *, dedupe_key: str, **arguments: Any) -> None:
    """The same once more when what was asked for under the key is done; one that still waits is enough. Joins."""
    changed = joined().execute(
        update(OutboxJob)
        .where(OutboxJob.dedupe_key == dedupe_key, OutboxJob.status == OutboxStatus.DONE)
        .values(status=OutboxStatus.WAITING, attempts=0, due_at=clock.now(), ready_at=clock.now(), done_at=None)
    )
    if not _rows(changed):
        stage(name, dedupe_key=dedupe_key, **arguments)


class Backlog(NamedTuple):
    """Rows that are not done: due now, waiting for their time, dead; and for how long the oldest has been due."""

    due: int
    waiting: int
    dead: int
    oldest_due_seconds: float


class Begun(NamedTuple):
    """A row whose next try has begun."""

    id: int
    name: str
    arguments: dict[str, Any]


def claim_due(session: Session, limit: int = 100, due_for_seconds: float = 0) -> list[tuple[int, int]]:
    """Take due rows as (id, number of the next try) and put their next hand-over after a lease; joins the transaction.

    Handing over costs no try: a row may wait for its worker as long as it must. Two relays at once never take the same
    row: rows are locked and skipped where the database can.
    """
    moment = clock.now()
    _bury_poison(session, moment)
    query = (
        select(OutboxJob.id, OutboxJob.attempts)
        .where(_is_due(moment - timedelta(seconds=due_for_seconds)))
        .order_by(OutboxJob.due_at, OutboxJob.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = [(row.id, row.attempts + 1) for row in session.execute(query)]
    if claimed:
        session.execute(
            update(OutboxJob)
            .where(OutboxJob.id.in_([job_id for job_id, _ in claimed]))
            .values(due_at=moment + timedelta(seconds=LEASE_SECONDS))
            .execution_options(synchronize_session=False)
        )
    return claimed


def begin(job_id: int, attempt: int) -> Begun | None:
    """Begin try number `attempt` and get the row; its lease starts anew. Joins the transaction.

    A try is begun once: None when the row has ended, is gone, or this try was begun before.
    """
    session, moment = joined(), clock.now()
    changed = session.execute(
        update(OutboxJob)
        .where(OutboxJob.id == job_id, OutboxJob.status == OutboxStatus.WAITING, OutboxJob.attempts == attempt - 1)
        .values(attempts=attempt, begun_at=moment, due_at=moment + timedelta(seconds=LEASE_SECONDS))
        .execution_options(synchronize_session=False)
    )
    if _rows(changed) != 1:
        return None
    row = session.execute(select(OutboxJob.name, OutboxJob.arguments).where(OutboxJob.id == job_id)).one()
    return Begun(job_id, row.name, row.arguments)


def begin_next() -> Begun | None:
    """Claim the row that has been due for longest and begin its next try, in one step; joins. None when none is due."""
    connection, moment = joined().connection(), clock.now()
    found = connection.execute(NEXT, {"moment": moment}).first()
    if found is None:
        return None
    lease_end = moment + timedelta(seconds=LEASE_SECONDS)
    connection.execute(BEGIN, {"job_id": found.id, "moment": moment, "lease_end": lease_end})
    return Begun(found.id, found.name, found.arguments)


def is_any_due(session: Session) -> bool:
    """Whether a row waits to be done now."""
    return session.connection().scalar(ANY_DUE, {"moment": clock.now()}) is not None


def give_back(session: Session, claimed: Sequence[tuple[int, int]]) -> None:
    """Undo a claim whose hand-over failed; joins the transaction. A row whose try was begun after all is left alone."""
    unbegun = [(job_id, attempt - 1) for job_id, attempt in claimed]
    session.execute(
        update(OutboxJob)
        .where(tuple_(OutboxJob.id, OutboxJob.attempts).in_(unbegun), OutboxJob.status == OutboxStatus.WAITING)
        .values(due_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def mark_done(job_id: int) -> bool:
    """Mark the row done, once; joins the caller's transaction. False when it was done already."""
    return _rows(joined().connection().execute(END, {"job_id": job_id, "moment": clock.now()})) == 1


def mark_failed(job_id: int, error: str) -> None:
    """Note the failure and when to try again; the last try makes the row dead. Joins the caller's transaction."""
    session = joined()
    # Locked, because another run of the same job may be coming to its end at this moment.
    row = session.get_one(OutboxJob, job_id, with_for_update=True)
    if row.status is OutboxStatus.DONE:
        return
    row.error = error[:4000]
    if row.attempts >= MAX_ATTEMPTS:
        row.status = OutboxStatus.DEAD
    else:
        delay = BACKOFF_SECONDS[max(row.attempts - 1, 0)]
        row.due_at = row.ready_at = clock.now() + timedelta(seconds=delay)


def retry(job_id: int) -> bool:
    """Hand a dead or waiting row over again at once, with all its tries; joins. False when it is done or unknown."""
    changed = joined().execute(
        update(OutboxJob)
        .where(OutboxJob.id == job_id, OutboxJob.status != OutboxStatus.DONE)
        .values(status=OutboxStatus.WAITING, attempts=0, due_at=clock.now(), ready_at=clock.now())
    )
    return _rows(changed) == 1


def is_staged(session: Session, dedupe_key: str) -> bool:
    """Whether a job was staged under that key and has not ended yet."""
    query = select(OutboxJob.id).where(OutboxJob.dedupe_key == dedupe_key, OutboxJob.status == OutboxStatus.WAITING)
    return session.scalar(query) is not None


def list_failed(session: Session, limit: int = 200) -> list[OutboxJob]:
    """Rows that failed and are not done: the dead first, then those that wait for their next try."""
    order = case((OutboxJob.status == OutboxStatus.DEAD, 0), else_=1)
    query = select(OutboxJob).where(OutboxJob.error.is_not(None), OutboxJob.status != OutboxStatus.DONE)
    return list(session.scalars(query.order_by(order, OutboxJob.id.desc()).limit(limit)))


def count_by_status(session: Session) -> dict[str, int]:
    """How many rows wait, are done, are dead."""
    counted = session.execute(select(OutboxJob.status, func.count()).group_by(OutboxJob.status)).all()
    found: dict[str, int] = {str(status): count for status, count in counted}
    return {str(status): found.get(status, 0) for status in OutboxStatus}


def read_backlog(session: Session) -> Backlog:
    """What is not done; a row at work counts as waiting until its lease ends."""
    moment = clock.now()
    due, oldest = session.execute(select(func.count(), func.min(OutboxJob.due_at)).where(_is_due(moment))).one()
    waiting = select(func.count()).select_from(OutboxJob).where(OutboxJob.status == OutboxStatus.WAITING)
    dead = select(func.count()).select_from(OutboxJob).where(OutboxJob.status == OutboxStatus.DEAD)
    late = (moment - oldest).total_seconds() if oldest else 0.0
    return Backlog(due, (session.scalar(waiting) or 0) - due, session.scalar(dead) or 0, late)


def _is_due(moment: datetime) -> ColumnElement[bool]:
    return (OutboxJob.status == OutboxStatus.WAITING) & (OutboxJob.due_at <= moment)


def _bury_poison(session: Session, moment: datetime) -> None:
    """A job that was begun so often and never came to an end takes its worker down each time: stop it."""
    is_spent = (OutboxJob.attempts >= MAX_ATTEMPTS) & (OutboxJob.due_at <= moment)
    session.execute(
        update(OutboxJob)
        .where(OutboxJob.status == OutboxStatus.WAITING, is_spent)
        .values(status=OutboxStatus.DEAD, error=func.coalesce(OutboxJob.error, "it never came to an end"))
        .execution_options(synchronize_session=False)
    )


def forget_done(before: datetime) -> int:
    """Delete rows done before that time and return how many; joins the caller's transaction."""
    old = (OutboxJob.status == OutboxStatus.DONE) & (OutboxJob.done_at < before)
    return _rows(joined().execute(delete(OutboxJob).where(old).execution_options(synchronize_session=False)))


def _rows(result: Any) -> int:
    return int(result.rowcount)
