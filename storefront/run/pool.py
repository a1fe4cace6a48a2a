"""Workers that come and go: started and stopped within bounds, as the queueing model and what waits ask for.

A worker is told to stop by one SIGTERM and only while it does nothing: RQ lets go of a worker that waits for jobs at
once, and one that has just begun a job ends it first. No job is ever killed from here.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redis import Redis

    from storefront.config import Settings
    from storefront.insight.queueing.model import Load
    from storefront.insight.queueing.scaling import Scaler, Seen

LOOK_SECONDS = 1.0
# The usual load of the hour is read again as often.
LEARN_SECONDS = 300.0
STEADY_SECONDS = 5.0
MAX_PAUSE_SECONDS = 30.0
IDLE = "idle"
log = logging.getLogger("storefront.pool")


class Member:
    """One worker process."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own module.
        self.started_at = time.monotonic()
        self.is_leaving = False

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    def leave(self) -> None:
        """Tell it once to end; a second signal would kill the job that it does."""
        if not self.is_leaving:
            self.is_leaving = True
            self.process.send_signal(signal.SIGTERM)


class Pool:
    """So many workers as are wanted; those that died are started again, later and later while that goes on."""

    def __init__(self, command: list[str], say: Callable[[str], None]) -> None:
        self._command = command
        self._say = say
        self._failures = 0
        self._wait_until = 0.0
        self.members: list[Member] = []

    @property
    def staying(self) -> list[Member]:
        """Those that were not told to leave."""
        return [member for member in self.members if not member.is_leaving]

    def follow(self, wanted: int, idle_pids: set[int]) -> None:
        """Start what is missing, and tell idle ones to leave that are too many."""
        self._bury()
        missing = wanted - len(self.staying)
        if missing > 0 and time.monotonic() >= self._wait_until:
            self.members += [Member(self._command) for _ in range(missing)]
            self._say(f"{len(self.staying)} worker(s): {missing} started")
        for member in self._idle(idle_pids)[: max(0, -missing)]:
            member.leave()
            self._say(f"{len(self.staying)} worker(s): {member.pid} is told to leave")

    def close(self) -> None:
        """Tell every worker to end and wait for the jobs they are at, however long those take."""
        for member in self.members:
            member.leave()
        for member in self.members:
            member.process.wait()
        self.members.clear()

    def _idle(self, pids: set[int]) -> list[Member]:
        return [member for member in reversed(self.staying) if member.pid in pids]

    def _bury(self) -> None:
        for member in [member for member in self.members if member.process.poll() is not None]:
            self.members.remove(member)
            if member.is_leaving:
                continue
            steady = time.monotonic() - member.started_at >= STEADY_SECONDS
            self._failures = 0 if steady else self._failures + 1
            self._wait_until = time.monotonic() + min(2.0**self._failures - 1, MAX_PAUSE_SECONDS)
            self._say(f"{member.pid} has ended ({member.process.returncode}) and is started again")


def worker_command() -> list[str]:
    """How a worker is started that ends with this process."""
    return [sys.executable, "-P", "-m", "storefront.run.child", str(os.getpid()), "worker"]


def run_pool(
    settings: "Settings", scaler: "Scaler", say: Callable[[str], None], command: Sequence[str] | None = None
) -> None:
    """Keep the pool as large as `scaler` decides until SIGTERM or SIGINT, then wait for the jobs under way.

    Workers are processes of this one's first thread, and the kernel ends them with it; `command` starts one.
    """
    from flask import Flask

    from storefront.core.db import init_db

    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    app = Flask("pool")
    init_db(app, settings.database_url)
    pool = Pool(list(command or worker_command()), say)
    try:
        with app.app_context():
            _follow_until(pool, settings, scaler, stopped)
    finally:
        say("ending: waiting for the jobs under way")
        pool.close()


def _follow_until(pool: Pool, settings: "Settings", scaler: "Scaler", stopped: Event) -> None:
    from redis import RedisError
    from sqlalchemy.exc import DBAPIError

    from storefront.core.redis import connect

    connection, learn_at, is_well = connect(settings.redis_queue_url, 5), 0.0, True
    wanted, idle = scaler.bounds.fewest, set[int]()
    while not stopped.is_set():
        try:
            if time.monotonic() >= learn_at:
                scaler.usual, learn_at = usual_load(settings), time.monotonic() + LEARN_SECONDS
            wanted, idle, is_well = scaler.decide(look(connection), len(pool.staying)), idle_pids(connection), True
        except (RedisError, DBAPIError) as error:
            # Nobody knows what waits: those that are there stay, and those that died are replaced.
            if is_well:
                log.warning("waiting for a server: %s", error)
            wanted, idle, is_well = max(len(pool.members), scaler.bounds.fewest), set(), False
        pool.follow(wanted, idle)
        stopped.wait(LOOK_SECONDS)


def look(connection: "Redis") -> "Seen":
    """What waits in SQL and in RQ just now, and how many rows there have ever been."""
    from sqlalchemy import func, select

    from storefront.core.db import db
    from storefront.core.outbox import OutboxJob, read_backlog
    from storefront.core.redis import look_at_queue
    from storefront.insight.queueing.scaling import Seen

    session = db.session()
    backlog = read_backlog(session)
    staged = session.scalar(select(func.max(OutboxJob.id))) or 0
    db.session.rollback()
    queued = look_at_queue(connection).queued
    return Seen(time.monotonic(), backlog.due + queued, backlog.oldest_due_seconds, staged)


def usual_load(settings: "Settings") -> "Load | None":
    """The load of this hour of the week as it was measured; None while too little was."""
    from storefront.core import clock
    from storefront.core.db import db
    from storefront.insight.queueing.jobs_measured import sample_jobs
    from storefront.insight.queueing.sample import measure_week

    week = measure_week(sample_jobs(db.session(), settings.time_zone))
    db.session.rollback()
    local = clock.now().astimezone(settings.time_zone)
    return week[local.weekday() * 24 + local.hour].load


def idle_pids(connection: "Redis") -> set[int]:
    """The processes on this machine that RQ knows as waiting for a job."""
    from rq import Queue, Worker
    from rq.serializers import JSONSerializer

    from storefront.core.redis import QUEUE

    queue, here = Queue(QUEUE, connection=connection, serializer=JSONSerializer), socket.gethostname()
    workers = Worker.all(queue=queue, serializer=JSONSerializer)
    return {int(one.pid) for one in workers if one.pid and one.hostname == here and one.get_state() == IDLE}
