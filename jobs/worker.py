"""The worker: RQ calls `work` with the id of an outbox row, and the row says what to do."""

import gc
import logging
import os
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import configure_mappers

from jobs import HANDLERS, find_handler
from storefront.config import Settings, load_settings
from storefront.core import outbox
from storefront.core.db import db, retry_deadlocks, transaction
from storefront.core.outbox import Begun, OutboxJob
from storefront.core.redis import QUEUE, connect

if TYPE_CHECKING:
    from rq.job import Job

    from jobs.steady import SteadyWorker

# Where a fork says which row it is at, in RQ's notes on the job.
ROW = "row"
# So long a fork goes on in a rush, and so long it waits for more when nothing is due.
WARM_SECONDS = 20.0
LINGER_SECONDS = 1.0
LOOK_SECONDS = 0.1
TROUBLE_SECONDS = 1.0
log = logging.getLogger("storefront.jobs")
_app: Flask | None = None


def work(job_id: int, attempt: int) -> None:
    """Do the row that RQ was handed, then go on with what is due: a fork costs more than most rows."""
    end = time.monotonic() + WARM_SECONDS
    perform(job_id, attempt, lambda: time.monotonic() < end)
    idle_since = time.monotonic()
    while time.monotonic() < min(end, idle_since + LINGER_SECONDS):
        if perform_next(lambda: time.monotonic() < end):
            idle_since = time.monotonic()
        elif is_more_handed_over():
            return
        else:
            time.sleep(LOOK_SECONDS)


def perform(job_id: int, attempt: int, goes_on: Callable[[], bool] = lambda: False) -> None:
    """Do try number `attempt` of an outbox row and mark the row done; then what is due, while `goes_on`.

    A failure is noted, and the relay tries again later. Safe to run twice: a try is begun once, and every handler
    finds its own work done.
    """
    with worker_app().app_context():
        _do(_begin(job_id, attempt), goes_on)


def perform_next(goes_on: Callable[[], bool] = lambda: False) -> bool:
    """Do the row that has been due for longest, and those after it while `goes_on`; False when none is due."""
    with worker_app().app_context():
        if not outbox.is_any_due(db.session()):
            return False
        begun = _begin_next(None)
        if begun is not None:
            _tell_parent(begun.id)
        _do(begun, goes_on)
        return begun is not None


def _do(begun: Begun | None, goes_on: Callable[[], bool]) -> None:
    while begun is not None:
        # Nothing that one row has read may be seen by the next.
        with worker_app().app_context():
            is_done = _run(begun)
        if not goes_on():
            if is_done:
                _mark_done(begun.id)
            return
        begun = _begin_next(begun.id if is_done else None)
        if begun is not None:
            _tell_parent(begun.id)


def _run(begun: Begun) -> bool:
    """Whether the row's work is done; what went wrong is noted."""
    try:
        find_handler(begun.name)(**begun.arguments)
    except Exception as error:
        log.warning("job %s %s failed: %r", begun.id, begun.name, error)
        _note_failure(begun.id, f"{type(error).__name__}: {error}")
        return False
    return True


def is_more_handed_over() -> bool:
    """Whether RQ has another row for the next fork, which the relay has claimed so that nobody else may take it."""
    from rq import Queue, get_current_job

    job = get_current_job()
    return job is not None and Queue(job.origin, connection=job.connection).count > 0


def _tell_parent(job_id: int) -> None:
    """Leave the row's id with RQ, for `note_killed`."""
    from rq import get_current_job

    job = get_current_job()
    if job is not None:
        job.meta[ROW] = job_id
        job.save_meta()  # type: ignore[no-untyped-call]


def worker_app(settings: Settings | None = None) -> Flask:
    """The app that jobs run in, made once per process and before RQ forks."""
    global _app
    if _app is None:
        _app = make_worker_app(settings or load_settings())
    return _app


def make_worker_app(settings: Settings) -> Flask:
    """Everything services and mails need; no routes."""
    from storefront import make_core
    from storefront.payments.gateways import init_gateway

    app = make_core(settings)
    init_gateway(app, settings)
    return app


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT. RQ gives up when it loses its server at a bad moment; then we begin anew."""
    from redis import RedisError

    prepare_to_fork(worker_app(settings))
    while True:
        worker: SteadyWorker | None = None
        try:
            worker = make_worker(settings)  # Asks the server for the worker's address.
            worker.work(logging_level="WARNING")
            return
        except RedisError as error:
            if worker is not None and worker.is_told_to_stop:
                return
            log.warning("waiting for the server of the queue: %s", error)
        # RQ's own handlers would ask the server that is away.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        time.sleep(TROUBLE_SECONDS)


def make_worker(settings: Settings) -> "SteadyWorker":
    """An RQ worker that notices within seconds when a sister was killed, and forks for every job.

    Retries are the outbox's affair, so RQ's own scheduler is not needed.
    """
    from rq import Queue
    from rq.serializers import JSONSerializer

    from jobs.steady import SteadyWorker

    connection = connect(settings.redis_queue_url)
    return SteadyWorker(
        [Queue(QUEUE, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=30,
        maintenance_interval=15,
        job_monitoring_interval=5,
        work_horse_killed_handler=note_killed,
    )


def prepare_to_fork(app: Flask) -> None:
    """Load once what every fork would load again (0.35 s each), and keep no connection that forks would share."""
    from storefront.payments.gateways import get_gateway

    for name in HANDLERS:
        find_handler(name)
    configure_mappers()
    with app.app_context():
        get_gateway().load()
        try:
            db.session().get(OutboxJob, 0)  # The dialect asks a server about itself on its first connection only.
        except DBAPIError as error:
            log.warning("the database does not answer yet: %s", error)
        _drop_connections()
    os.register_at_fork(after_in_child=_forget_connections)
    # What is loaded now stays loaded: forks need not walk over it, and so need no copies of its pages.
    gc.collect()
    gc.freeze()


def note_killed(job: "Job", _pid: int, status: int, _usage: object) -> None:
    """RQ's parent process tells that a fork died in the middle of a job: note it, so that it is tried again in seconds.

    Without this note the row's lease would run out first.
    """
    job_id = job.get_meta(refresh=True).get(ROW, job.args[0])
    with worker_app().app_context():
        try:
            _note_failure(job_id, f"the process was killed (wait status {status})")
        except DBAPIError as error:
            log.warning("the death of job %s could not be noted: %s", job_id, error)
        finally:
            _drop_connections()


def _drop_connections() -> None:
    db.session.remove()
    db.engine.dispose()


def _forget_connections() -> None:
    """A fork starts without its parent's connections, and closes none of them."""
    if _app is not None:
        with _app.app_context():
            db.engine.dispose(close=False)


@retry_deadlocks
def _begin(job_id: int, attempt: int) -> Begun | None:
    with transaction():
        return outbox.begin(job_id, attempt)


@retry_deadlocks
def _begin_next(done_id: int | None) -> Begun | None:
    """Mark a row done and begin the next one, in one commit: in a rush there are two for every order."""
    with transaction():
        if done_id is not None:
            outbox.mark_done(done_id)
        return outbox.begin_next()


@retry_deadlocks
def _mark_done(job_id: int) -> None:
    with transaction():
        outbox.mark_done(job_id)


@retry_deadlocks
def _note_failure(job_id: int, error: str) -> None:
    with transaction():
        outbox.mark_failed(job_id, error)
