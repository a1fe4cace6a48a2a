"""A database of its own: an SQLite file, or a new database on the server that a URL names."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import OperationalError

from storefront.core.db import readable_url

OTHERS = {
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()",
    "mysql": "SELECT id FROM information_schema.processlist WHERE db = :name AND id <> connection_id()",
}


class Database:
    """A database that nobody else uses."""

    def __init__(self, url: URL, server: URL | None = None) -> None:
        self.url = url.render_as_string(hide_password=False)
        self.is_server = server is not None
        self._name = url.database
        self._server = server

    def create(self) -> None:
        """Make it, when it lives on a server; an SQLite file is made by whoever opens it."""
        self._execute(f"CREATE DATABASE {self._name}")

    def drop(self) -> None:
        """Remove it; connections that are still open are ended first."""
        self.cut_connections()
        self._execute(f"DROP DATABASE {self._name}")

    def cut_connections(self) -> int:
        """Have the server end every connection to this database; returns how many there were."""
        if self._server is None:
            return 0
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                kind = engine.dialect.name
                found = list(connection.scalars(text(OTHERS[kind]), {"name": self._name}))
                for number in found:
                    # A connection that has ended meanwhile is no error to PostgreSQL, and to MariaDB it is one.
                    if kind == "postgresql":
                        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": number})
                    else:
                        with suppress(OperationalError):
                            connection.exec_driver_sql(f"KILL {int(number)}")
        finally:
            engine.dispose()
        return len(found)

    def _execute(self, statement: str) -> None:
        if self._server is None:
            return
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(statement)
        finally:
            engine.dispose()


@contextmanager
def own_database(server_url: str, folder: Path) -> Iterator[Database]:
    """A new database on the server at `server_url`, or a file in `folder` without one; it is removed in the end."""
    if not server_url or readable_url(server_url).get_backend_name() == "sqlite":
        yield Database(readable_url(f"sqlite:///{folder / 'shop.sqlite3'}"))
        return
    server = readable_url(server_url)
    database = Database(server.set(database=f"storefront_torture_{secrets.token_hex(6)}"), server)
    database.create()
    try:
        yield database
    finally:
        database.drop()
