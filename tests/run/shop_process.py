"""A whole shop as a person starts it: real processes in a session of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

COMMAND = Path(sys.executable).with_name("storefront")
START_SECONDS = 180.0
# What a developer's shell may carry and a shop under test must not see.
FOREIGN = {"DATABASE_URL", "REDIS_URL", "REDIS_STOCK_URL", "REDIS_QUEUE_URL", "REDIS_CACHE_URL", "BASE_URL", "MAIL_URL"}
FOREIGN |= {"HOST", "PORT", "DATA_DIR", "DEMO", "WEB_WORKERS", "WEB_THREADS", "STRIPE_SECRET_KEY", "SECRET_KEY"}


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def shop_environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The environment of a shop without demo data that keeps everything in `data_dir`."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**kept, "DATA_DIR": str(data_dir), "DEMO": "0", **settings}


class ShopProcess:
    """`storefront run` in a session of its own; a context manager that leaves nothing running."""

    def __init__(self, data_dir: Path, *, port: int = 0, command: Path = COMMAND, **settings: str) -> None:
        self.port = port or free_port()
        self.log = data_dir.with_name(f"{data_dir.name[:40]}-{self.port}.log")
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [str(command), "run"],
                env=shop_environment(data_dir, PORT=str(self.port), **settings),
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        self.wait_for_page()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill whatever is left of it."""
        for process in self.members():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait(10)

    @property
    def output(self) -> str:
        """Everything it has printed so far."""
        return self.log.read_text(errors="replace")

    def get(self, path: str = "/") -> tuple[int, bytes]:
        """Status and body of a page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def wait_for_page(self) -> None:
        """Return once the home page answers 200; AssertionError with the output when it never does."""
        assert eventually(self._answers, START_SECONDS), self.output

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"it has ended:\n{self.output}"
        try:
            return self.get()[0] == 200
        except OSError:
            return False

    def members(self) -> list[psutil.Process]:
        """Every living process of its session, zombies apart."""
        found = []
        for process in psutil.process_iter():
            with suppress(ProcessLookupError, psutil.NoSuchProcess):
                if os.getsid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def roles(self) -> dict[str, psutil.Process]:
        """The supervisor and its children by role; a worker's own forks are left out."""
        found = {}
        for process in self.members():
            with suppress(psutil.NoSuchProcess):
                role = self._role(process.pid, process.ppid(), process.cmdline())
                if role:
                    found[role] = process
        return found

    def _role(self, pid: int, parent: int, command: list[str]) -> str:
        """What a process is for; empty for a fork of a worker and for one that has just ended."""
        if pid == self.process.pid:
            return "supervisor"
        if parent != self.process.pid or not command:
            return ""
        return "valkey" if "valkey-server" in command[0] else command[-1]

    def ctrl_c(self) -> float:
        """Send what a terminal sends on Ctrl-C; returns the seconds until its last process was gone."""
        return self._ends_after(lambda: os.killpg(self.process.pid, signal.SIGINT))

    def terminate(self) -> float:
        """Send SIGTERM to the supervisor alone; returns the seconds until the last process was gone."""
        return self._ends_after(self.process.terminate)

    def _ends_after(self, send: Callable[[], None]) -> float:
        began = time.monotonic()
        send()
        assert eventually(lambda: self.process.poll() is not None and not self.members(), 15), self.members()
        return time.monotonic() - began


def eventually(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether `holds()` becomes true within `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return holds()
