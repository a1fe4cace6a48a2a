"""What breaks in the middle of a sale, and how it comes back. Everything here is done by the main thread."""

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from storefront.core.redis import connect
from storefront.torture.database import Database
from storefront.torture.plan import Fault
from storefront.torture.servers import WEB_SERVERS, Servers

PAUSE_SECONDS = 5.0


class Breaker:
    """Breaks one thing, once. `remember` is called earlier in the sale, so that there is something to go back to."""

    def __init__(self, servers: Servers, database: Database, chance: random.Random) -> None:
        self._servers = servers
        self._database = database
        self._chance = chance

    def remember(self, fault: Fault) -> None:
        """Copy Valkey's file as it stands, when it is to be put back later."""
        if fault is Fault.REDIS_ROLLBACK:
            shutil.copytree(self._append_only, self._copy)

    def do(self, fault: Fault) -> None:
        """Break it, and start again what was killed."""
        deeds: dict[Fault, Callable[[], None]] = {
            Fault.NONE: lambda: None,
            Fault.REDIS_KILL: self._kill_redis,
            Fault.REDIS_FLUSH: self._flush_redis,
            Fault.REDIS_ROLLBACK: self._roll_redis_back,
            Fault.REDIS_PAUSE: lambda: self._servers.pause("valkey", PAUSE_SECONDS),
            Fault.SQL_KILL: self._kill_sql,
            Fault.WORKER_KILL: lambda: self._restart("worker"),
        }
        deeds[fault]()

    @property
    def _append_only(self) -> Path:
        return self._servers.folder / "valkey" / "appendonlydir"

    @property
    def _copy(self) -> Path:
        return self._servers.folder / "remembered"

    def _kill_redis(self) -> None:
        """It comes back with its file, or with nothing: a server's disk may die with it."""
        self._servers.kill("valkey")
        if self._chance.random() < 0.5:
            shutil.rmtree(self._append_only)
        self._servers.start("valkey")

    def _flush_redis(self) -> None:
        connect(self._servers.settings.redis_stock_url, 5).flushall()

    def _roll_redis_back(self) -> None:
        self._servers.kill("valkey")
        shutil.rmtree(self._append_only)
        shutil.move(self._copy, self._append_only)
        self._servers.start("valkey")

    def _kill_sql(self) -> None:
        """A server ends every connection; SQLite lives inside its users, so one of them dies."""
        if not self._database.is_server:
            self._restart(self._chance.choice(WEB_SERVERS))
            return
        # Twice: whoever has just connected again must stand it a second time.
        self._database.cut_connections()
        time.sleep(0.3)
        self._database.cut_connections()

    def _restart(self, name: str) -> None:
        self._servers.kill(name)
        self._servers.start(name)
