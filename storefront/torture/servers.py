"""The shop's processes, started for this sale only: Valkey, two web servers, worker and clock."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from storefront.config import Settings, load_settings, socket_path
from storefront.run import valkey

WEB_SERVERS = ("web-0", "web-1")
START_SECONDS = 60
STOP_SECONDS = 5


class CannotStart(Exception):
    """A process of the sale did not come up; the text ends with what it said."""


class Servers:
    """Starts, kills and restarts processes by name.

    All of it belongs to the main thread: the kernel ends a child together with the thread that started it.
    """

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        """`settings` are further ones, by their names in the environment."""
        self.folder = folder
        self.ports = {name: _free_port() for name in WEB_SERVERS}
        self._environ = _environment(folder, database_url) | settings
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def settings(self) -> Settings:
        """The settings that all processes share."""
        return load_settings(self._environ)

    @property
    def pids(self) -> dict[str, int]:
        """The processes by name."""
        return {name: process.pid for name, process in self._processes.items()}

    def start_all(self) -> None:
        """Start everything and wait until each web server answers; raises CannotStart."""
        valkey.make_private(socket_path(self.folder).parent)
        for name in ("valkey", *WEB_SERVERS, "worker", "clock"):
            self.start(name)
        for name in WEB_SERVERS:
            self._wait_for_web(name)

    def start(self, name: str) -> None:
        """Start one process; Valkey is waited for."""
        role = name.partition("-")[0]
        environ = {**self._environ, **self._address(name)}
        with self._log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(  # noqa: S603  # Our own module, with our own words.
                [sys.executable, "-P", "-m", "storefront.run.child", str(os.getpid()), role],
                env=environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if role == "valkey" and not valkey.wait_until_ready(socket_path(self.folder)):
            raise CannotStart(f"Valkey does not answer: {self._last_words(name)}")

    def kill(self, name: str) -> None:
        """SIGKILL, to it and to whatever it has forked."""
        process = self._processes[name]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def pause(self, name: str, seconds: float) -> None:
        """Stop a process in its tracks for so long."""
        process = self._processes[name]
        process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            process.send_signal(signal.SIGCONT)

    def stop_all(self) -> None:
        """End everything, Valkey last; what does not go within 5 s is killed."""
        for name in reversed(self._processes):
            self._processes[name].terminate()
        end = time.monotonic() + STOP_SECONDS
        for name, process in reversed(self._processes.items()):
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, end - time.monotonic()))
            self.kill(name)
        if socket_path(self.folder).parent != self.folder:
            shutil.rmtree(socket_path(self.folder).parent, ignore_errors=True)

    def _address(self, name: str) -> Mapping[str, str]:
        port = self.ports.get(name, self.ports[WEB_SERVERS[0]])
        return {"PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}"}

    def _wait_for_web(self, name: str) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._processes[name].poll() is None:
            with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{self.ports[name]}/cart"):
                return
            time.sleep(0.1)
        raise CannotStart(f"{name} does not answer: {self._last_words(name)}")

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _last_words(self, name: str) -> str:
        return self._log(name).read_text(errors="replace")[-2000:]


def _environment(folder: Path, database_url: str) -> dict[str, str]:
    """The environment of this process without the settings of any other shop."""
    ours = {field.name.upper() for field in fields(Settings)}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "SECRET_KEY": "known to nobody for longer than this sale",
        "HOST": "127.0.0.1",
        "WEB_WORKERS": "1",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
