"""A shop whose worker, clock and Valkey are processes of their own, for tests that kill them."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Self

import psutil
from flask import Flask
from sqlalchemy import func, select

from storefront import create_app
from storefront.core import clock
from storefront.core.db import db
from storefront.core.outbox import OutboxJob, count_by_status
from storefront.orders.mails import CONFIRMED
from storefront.orders.models import Order, OrderStatus
from tests.faults.smtp_peer import SlowPostbox, slow_smtp
from tests.fixtures.readings import event_kinds
from tests.fixtures.shop import make_settings, make_tables
from tests.jobs.killable import KillableValkey
from tests.jobs.paying import deliver_messages, make_started_order, pay

POLL_SECONDS = 0.05
# CPython 3.11 cannot parse in two threads at once, and routes are compiled while an app is made.
MAKING = Lock()


class Factory:
    """SQLite, a private Valkey, an SMTP server; `keep_alive` starts again what has ended, as the supervisor does."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._killed_at = 0.0
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="shop-")))
        self.valkey: KillableValkey = self._stack.enter_context(KillableValkey())
        self.box: SlowPostbox = self._stack.enter_context(slow_smtp())
        database_url, mail_url = f"sqlite:///{self.folder / 'shop.sqlite3'}", f"smtp://{self.box.url}"
        settings = make_settings(self.folder, database_url, self.valkey.url, MAIL_URL=mail_url)
        self.environment = {
            **os.environ,
            "SECRET_KEY": settings.secret_key,
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": self.valkey.url,
            "MAIL_URL": mail_url,
        }
        with MAKING:
            self.app: Flask = create_app(settings)
            make_tables(self.app)
        self.log = self._stack.enter_context((self.folder / "log").open("wb"))
        self._stack.callback(self._stop)
        self._stack.enter_context(self.app.app_context())
        self.valkey.start()
        return self

    def __exit__(self, *_: object) -> None:
        db.session.remove()
        db.engine.dispose()
        self._stack.close()

    def _stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()

    def start(self, *roles: str) -> None:
        """Start these processes exactly as `storefront run` would."""
        for role in roles:
            command = [sys.executable, "-m", "storefront.run.child", str(os.getpid()), role]
            self.processes[role] = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
            )

    def kill(self, role: str) -> None:
        """kill -9, to this process alone."""
        self._killed_at = time.monotonic()
        self.processes[role].kill()
        self.processes[role].wait()

    def kill_horse(self) -> None:
        """kill -9 to the fork that does the present job."""
        horse = self.horse()
        assert horse is not None
        self._killed_at = time.monotonic()
        horse.kill()

    def kill_valkey(self) -> None:
        """kill -9 to Valkey, which keeps nothing."""
        self._killed_at = time.monotonic()
        self.valkey.kill()

    def seconds_since_kill(self) -> float:
        """How long the newest kill is ago."""
        return time.monotonic() - self._killed_at

    def keep_alive(self) -> None:
        """Start what has ended."""
        self.start(*(role for role, process in self.processes.items() if process.poll() is not None))

    def wait_until(self, holds: Callable[[], object], seconds: float = 60) -> None:
        """Keep the processes alive until `holds()`; fails with what they have said after `seconds`."""
        began = time.monotonic()
        while not holds():
            assert time.monotonic() - began < seconds, f"after {seconds} s:\n{self.words()}"
            self.keep_alive()
            time.sleep(POLL_SECONDS)

    def words(self) -> str:
        """What the processes have said, and the outbox."""
        db.session.rollback()
        rows = [f"{row.id} {row.name} {row.status} {row.attempts} {row.error}" for row in db.session.query(OutboxJob)]
        return "\n".join([(self.folder / "log").read_text(errors="replace"), *rows])

    def paid_order(self) -> int:
        """An order that was paid at the provider, whose message has just reached the webhook."""
        order_id, payment_id = make_started_order()
        pay(self.app, payment_id)
        assert deliver_messages(self.app) >= 1
        return order_id

    def horse(self) -> psutil.Process | None:
        """The process that RQ's worker has forked for the present job."""
        try:
            children = psutil.Process(self.processes["worker"].pid).children()
        except psutil.NoSuchProcess:
            return None
        return children[0] if children else None

    @contextmanager
    def provider_locked(self) -> Iterator[None]:
        """The provider's store is locked meanwhile: who asks it about a payment waits in the middle of it."""
        with closing(sqlite3.connect(self.folder / "demo-provider.sqlite3", isolation_level=None)) as store:
            store.execute("BEGIN IMMEDIATE")
            yield
            store.execute("ROLLBACK")

    @contextmanager
    def hand_over_stopped(self) -> Iterator[None]:
        """Valkey answers questions and takes nothing meanwhile; who waits with a write and dies has written nothing."""
        client = self.valkey.client()
        client.client_pause(600_000, all=False)
        yield
        self.wait_until(lambda: len(client.client_list()) == 1)
        client.client_unpause()

    def is_asking_provider(self) -> bool:
        """Whether a forked job has opened the provider's store, which it does for each question."""
        horse = self.horse()
        try:
            return horse is not None and any("demo-provider" in file.path for file in horse.open_files())
        except psutil.NoSuchProcess:
            return False

    def is_claimed(self, name: str) -> bool:
        """Whether the relay has taken a row of that name."""
        db.session.rollback()
        query = select(func.max(OutboxJob.due_at)).where(OutboxJob.name == name)
        due_at = db.session.scalar(query)
        return due_at is not None and due_at > clock.now()

    def is_finished(self) -> bool:
        """Whether every job is done, so that nothing will be handed over again."""
        db.session.rollback()
        counts = count_by_status(db.session())
        return not counts["waiting"] and not counts["dead"] and counts["done"] > 0

    def status_of(self, order_id: int) -> OrderStatus:
        """Where the order stands."""
        db.session.rollback()
        return db.session.get_one(Order, order_id).status

    def check_once(self, order_ids: list[int]) -> None:
        """Wait until no job is left, and check that each order is paid, once, and has had one mail."""
        self.wait_until(self.is_finished, 100)
        for order_id in order_ids:
            assert self.status_of(order_id) is OrderStatus.PAID
            kinds = event_kinds(order_id)
            assert (kinds.count("paid"), kinds.count(CONFIRMED)) == (1, 1), kinds
        numbers = [db.session.get_one(Order, order_id).number for order_id in order_ids]
        subjects = sorted(message["Subject"] for message in self.box.messages)
        assert subjects == sorted(f"Your order {number}" for number in numbers), self.words()
