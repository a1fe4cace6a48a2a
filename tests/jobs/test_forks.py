"""RQ forks for every job: a fork works on connections of its own, and its death is noted by its parent."""

import os
import signal
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from jobs.worker import ROW, make_worker, note_killed, prepare_to_fork
from storefront.config import Settings
from storefront.core import clock, outbox
from storefront.core.db import db, transaction
from storefront.core.outbox import BACKOFF_SECONDS, OutboxStatus
from tests.fixtures.shop import on_every_database
from tests.jobs.rows import row, stage

# What each server calls the connection that asks.
CONNECTION_ID = {"postgresql": "SELECT pg_backend_pid()", "mariadb": "SELECT connection_id()", "sqlite": "SELECT 0"}


@pytest.fixture
def parent(worker: Flask) -> Flask:
    """This process as RQ's parent: everything loaded, nothing connected."""
    prepare_to_fork(worker)
    return worker


def in_fork(step: Callable[[], object]) -> str:
    """What `step` gives in a fork of this process, as text; the fork ends without this process's exit handlers."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            answer = str(step())
        except BaseException as error:
            answer = repr(error)
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    with os.fdopen(reader) as pipe:
        return pipe.read()


def open_databases() -> list[str]:
    return [file.path for file in psutil.Process().open_files() if "shop.sqlite3" in file.path]


def connection_id(kind: str) -> str:
    return str(db.session.execute(text(CONNECTION_ID[kind])).scalar())


def pooled() -> int:
    return int(db.engine.pool.checkedin())  # type: ignore[attr-defined]


def killed(job_id: int, at: int | None = None) -> Any:
    """RQ's job of a fork that was killed while it did the row it was handed, or the one it had gone on to."""
    return SimpleNamespace(args=[job_id, 1], get_meta=lambda refresh: {} if at is None else {ROW: at})


def test_parent_keeps_no_connection_of_its_preparation(parent: Flask) -> None:
    assert pooled() == 0
    assert open_databases() == []


@on_every_database
def test_fork_starts_without_its_parents_connections(parent: Flask) -> None:
    db.session.execute(text("SELECT 1"))
    db.session.remove()
    assert pooled() == 1
    assert in_fork(pooled) == "0"


@on_every_database
def test_fork_talks_over_a_connection_of_its_own_and_spoils_none(parent: Flask, database_kind: str) -> None:
    ours = connection_id(database_kind)
    db.session.remove()

    def ask() -> str:
        theirs = connection_id(database_kind)
        db.session.remove()
        db.engine.dispose()
        return theirs

    theirs = in_fork(ask)
    assert theirs.isdigit(), theirs
    if database_kind != "sqlite":
        assert theirs != ours
    assert connection_id(database_kind) == ours, "the fork has closed its parent's connection"


def test_death_of_a_fork_is_noted_and_the_job_is_due_again_in_seconds(
    parent: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now()
    monkeypatch.setattr("storefront.core.clock.now", lambda: moment)
    (job_id,) = stage("tests.job")
    with transaction():
        assert outbox.begin(job_id, 1)
    note_killed(killed(job_id), 1, signal.SIGKILL, None)
    assert (row(job_id).due_at - moment).total_seconds() == BACKOFF_SECONDS[0]
    assert row(job_id).error == "the process was killed (wait status 9)"


def test_death_is_noted_for_the_row_the_fork_had_gone_on_to(parent: Flask) -> None:
    handed, begun, waiting = stage("tests.job", 3)
    with transaction():
        outbox.mark_done(handed)
        assert outbox.begin(begun, 1)
    note_killed(killed(handed, at=begun), 1, 9, None)
    assert [bool(row(job_id).error) for job_id in (handed, begun, waiting)] == [False, True, False]
    assert (row(begun).attempts, row(waiting).attempts) == (1, 0)


def test_parent_that_noted_a_death_keeps_no_connection(parent: Flask) -> None:
    (job_id,) = stage("tests.job")
    db.session.remove()
    note_killed(killed(job_id), 1, signal.SIGKILL, None)
    assert pooled() == 0
    assert open_databases() == []


def test_death_after_the_work_was_noted_changes_nothing(parent: Flask) -> None:
    (job_id,) = stage("tests.job")
    with transaction():
        outbox.mark_done(job_id)
    note_killed(killed(job_id), 1, signal.SIGKILL, None)
    assert (row(job_id).status, row(job_id).error) == (OutboxStatus.DONE, None)


def test_parent_outlives_a_database_that_does_not_answer(parent: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    (job_id,) = stage("tests.job")

    def gone(*_: object) -> None:
        raise OperationalError("UPDATE", {}, OSError("gone"))

    with monkeypatch.context() as patch:
        patch.setattr("storefront.core.outbox.mark_failed", gone)
        note_killed(killed(job_id), 1, signal.SIGKILL, None)
    assert row(job_id).error is None


def test_worker_can_be_prepared_before_its_database_answers(worker: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, OSError("gone"))

    monkeypatch.setattr("sqlalchemy.orm.Session.get", gone)
    prepare_to_fork(worker)
    assert pooled() == 0


def test_worker_listens_to_the_queue_that_the_relay_fills(worker: Flask, settings: Settings) -> None:
    made = make_worker(settings)
    assert made.queue_names() == ["shop"]
    assert made.serializer.__name__ == "JSONSerializer"
    assert made.worker_ttl <= 30, "a killed worker is noticed when its time to live is over"
