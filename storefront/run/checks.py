"""What has to be right before anything is started. Each check passes or raises CannotStart with one clear line."""

import errno
import fcntl
import os
import socket
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

import click
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from storefront.config import Settings
from storefront.run import valkey

PORT_TRIES = 10
PORT_WAIT_SECONDS = 0.1


class CannotStart(click.ClickException):
    """The shop cannot be started; the text says in one line what is wrong and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def make_data_folder(settings: Settings) -> None:
    """Create the data folder and the one of Valkey's socket, for their owner only."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        socket_folder = valkey.socket_path(settings.data_dir).parent
        if socket_folder != settings.data_dir:
            valkey.make_private(socket_folder)
    except OSError as error:
        raise CannotStart(f"The data folder cannot be used: {error}.") from error


def take_lock(data_dir: Path) -> None:
    """Make sure that only one run uses `data_dir`. The lock lives as long as this process, across exec."""
    descriptor = os.open(data_dir / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.read(descriptor, 20).decode().strip() or "unknown"
        raise CannotStart(
            f"This shop is running already (process {pid}, data in {data_dir}). "
            "Stop it with Ctrl-C, or start another one with DATA_DIR=… and PORT=…."
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    os.set_inheritable(descriptor, True)


def check_port(host: str, port: int) -> None:
    """Make sure that HOST and PORT can be listened on."""
    for attempt in range(PORT_TRIES):
        problem = _listening_problem(host, port)
        if problem != errno.EADDRINUSE:
            break
        # The processes of a run that was killed a moment ago may still be on their way out.
        if attempt < PORT_TRIES - 1:
            time.sleep(PORT_WAIT_SECONDS)
    if problem == errno.EADDRINUSE:
        raise CannotStart(
            f"Port {port} is taken: something else listens there. Choose another with PORT={_free_port(host, port)}."
        )
    if problem == errno.EACCES:
        raise CannotStart(f"Port {port} needs more rights than you have. Choose another with PORT=8000.")
    if problem:
        raise CannotStart(f"HOST={host} cannot be listened on: {os.strerror(problem)}. Try HOST=127.0.0.1.")


def _listening_problem(host: str, port: int) -> int:
    """The errno of trying to listen there; 0 when it works."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        return errno.EADDRNOTAVAIL
    except OSError as error:
        return error.errno or errno.EINVAL
    return 0


def _free_port(host: str, port: int) -> int:
    return next((other for other in range(port + 1, 65536) if not _listening_problem(host, other)), 8000)


def check_database(database_url: str) -> None:
    """Make sure that the database opens and, if it is an SQLite file, that the file is sound. Writes nothing."""
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise CannotStart("DATABASE_URL is not a database URL such as postgresql://user@host/name.") from error
    if url.get_backend_name() == "sqlite":
        _check_sqlite(Path(url.database or ""))
    else:
        _check_server(database_url)


def _check_sqlite(path: Path) -> None:
    if not path.exists():
        return
    try:
        # Read-only: closing a damaged database must not write its log back into it.
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
        try:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise CannotStart(
            f"The database file {path} is damaged and was left as it is ({found}). "
            "Put a backup in its place, or move it away to begin with a new shop."
        )


def _check_server(database_url: str) -> None:
    from storefront.core.db import readable_url

    url = readable_url(database_url)
    engine = create_engine(url)
    try:
        engine.connect().close()
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise CannotStart(f"The database {url.render_as_string()} does not answer: {reason}") from error
    finally:
        engine.dispose()


def check_redis(settings: Settings) -> None:
    """Make sure that each Redis which is not the embedded one answers."""
    from redis import Redis, RedisError

    embedded = f"unix://{valkey.socket_path(settings.data_dir)}"
    for name in ("redis_stock_url", "redis_queue_url", "redis_cache_url"):
        url = getattr(settings, name)
        if url == embedded:
            continue
        try:
            with Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as client:
                client.ping()
        except (RedisError, ValueError) as error:
            raise CannotStart(f"Redis does not answer ({name.upper()} or REDIS_URL): {error}.") from error
