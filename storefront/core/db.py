"""The database: base class, column types, and `transaction()`, the only place that commits."""

import functools
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, MetaData, String, Table, event, insert
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=StrEnum)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
# Byte-wise comparison on MariaDB too: the other two databases tell "a" from "A", so a SKU or a token must here.
MYSQL_TABLE = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
BUSY_SECONDS = 15
READ_COMMITTED = "READ COMMITTED"
# A connection that has been at rest for longer is asked whether it still lives before it is used.
REST_SECONDS = 1.0
# So many stay open per process when it has used them at once; what is opened beyond is closed after use.
POOL_SIZE = 16
# 1305: MariaDB has undone the whole transaction, so the savepoint that we wanted to go back to is gone with it.
DEADLOCK_CODES = {1213, 1205, 1020, 1305, "40P01", "40001"}
DEADLOCK_TRIES = 12


class Base(DeclarativeBase):
    """Root of every table; models inherit from `Model`."""

    metadata = MetaData(naming_convention=NAMING)

    @classmethod
    def __table_cls__(cls, *args: Any, **kwargs: Any) -> Table:
        return Table(*args, **{**MYSQL_TABLE, **kwargs})


db = SQLAlchemy(model_class=Base)
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

BigId = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time with microseconds, stored without its zone; a naive time is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """MariaDB drops the fraction of a second unless it is asked for."""
        if dialect.name not in {"mysql", "mariadb"}:
            return dialect.type_descriptor(DateTime())
        from sqlalchemy.dialects.mysql import DATETIME  # Loaded by the shops that need it: it costs 3 MB.

        return dialect.type_descriptor(DATETIME(fsp=6))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time with ValueError: nobody knows which zone it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time in this shop is always aware")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


class EnumText(TypeDecorator[E]):
    """A StrEnum stored as its text; what is read is the member again."""

    impl = String
    cache_ok = True

    def __init__(self, members: type[E], length: int = 20) -> None:
        self.members = members
        super().__init__(length)

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        """Only a member goes in; anything else raises ValueError."""
        return None if value is None else str(self.members(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        """The member that was stored."""
        return None if value is None else self.members(value)


def init_db(app: Flask, database_url: str) -> None:
    """Bind the shop to `database_url`; the options of each database are set in `engine_options`."""
    url = readable_url(database_url)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)


def readable_url(database_url: str) -> URL:
    """The URL with the driver this shop ships filled in (psycopg 3, PyMySQL)."""
    url = make_url(database_url)
    drivers = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
    # Under its own name MariaDB would not be given the options of MYSQL_TABLE, and would tell "a" from "A" no more.
    drivers |= dict.fromkeys(("mysql", "mariadb", "mariadb+pymysql"), "mysql+pymysql")
    return url.set(drivername=drivers.get(url.drivername, url.drivername))


def engine_options(url: URL) -> dict[str, Any]:
    """READ COMMITTED on servers, a long busy time-out on SQLite; no thread waits for another one's connection.

    An error names its statement and none of the values in it: it is logged, and kept with the job that failed.
    """
    options: dict[str, Any] = {"hide_parameters": True}
    if url.get_backend_name() == "sqlite":
        return options | {"connect_args": {"timeout": BUSY_SECONDS}}
    options |= {"isolation_level": READ_COMMITTED, "pool_size": POOL_SIZE, "pool_recycle": 1800}
    if url.get_backend_name() == "postgresql":
        # Outside of transaction() we only read, and each statement sees what is committed then, in a transaction or
        # not; without one a read is one round trip instead of three.
        options["isolation_level"] = "AUTOCOMMIT"
    if url.get_backend_name() in {"mysql", "mariadb"}:
        options["connect_args"] = {"charset": "utf8mb4"}
    return options


def prepare_engine(engine: Engine) -> None:
    """Make SQLite durable (WAL, FULL), strict about foreign keys, and let us say how a transaction begins."""
    if engine.dialect.name != "sqlite":
        _ask_rested_connections(engine)
        return

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-8000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")


def _ask_rested_connections(engine: Engine) -> None:
    """What `pool_pre_ping` does, but a connection that was in use a moment ago is not asked: that is a round trip.

    When a server restarts, the first connection found dead takes the whole pool with it.
    """

    @event.listens_for(engine, "checkin")
    def _note(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("rests_since", time.monotonic()) <= REST_SECONDS:
            return
        try:
            is_alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            is_alive = False
        if not is_alive:
            raise InvalidatePoolError()


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction: commits at the end, rolls back on any exception, and does not nest.

    What was read before is forgotten, so that every decision inside rests on what is read inside.
    On SQLite it begins IMMEDIATE: two writers wait for each other instead of failing.
    """
    session: Session = db.session()
    if session.info.get("in_transaction"):
        raise RuntimeError("transaction() does not nest: join the caller's")
    session.rollback()
    session.info["in_transaction"] = True
    try:
        _begin(session)
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["in_transaction"] = False


def _begin(session: Session) -> None:
    dialect: Any = session.get_bind().dialect
    options = {"sqlite": {"sqlite_begin": "IMMEDIATE"}, "postgresql": {"isolation_level": READ_COMMITTED}}
    try:
        session.connection(execution_options=options.get(dialect.name, {}))
    except dialect.loaded_dbapi.Error as error:
        # Asking for a level meets a dead connection before SQLAlchemy watches over it.
        base = dialect.loaded_dbapi.Error
        raise DBAPIError.instance(None, None, error, base, connection_invalidated=True, dialect=dialect) from error


def joined() -> Session:
    """The session of the transaction the caller opened; RuntimeError without one, so no write can hide outside."""
    session: Session = db.session()
    if not session.info.get("in_transaction"):
        raise RuntimeError("this step joins a transaction: open one with transaction()")
    return session


def table_of(model: type[Base]) -> Table:
    """The model's table, for a statement that asks for columns and makes no objects of them."""
    return cast(Table, model.__table__)


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Write rows of a model as they are, past the unit of work, and return their ids in the same order.

    For what an order in a rush waits for: it takes a third of the time.
    """
    session.flush()  # They may point to what is still waiting to be written.
    connection, table = session.connection(), table_of(model)
    (key,) = table.primary_key
    if len(rows) > 1 and connection.dialect.insert_executemany_returning_sort_by_parameter_order:
        returning = insert(table).returning(key, sort_by_parameter_order=True)
        return list(connection.scalars(returning, rows))
    return [_insert_row(connection, table, row) for row in rows]


def _insert_row(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
    key: Any = connection.execute(insert(table), row).inserted_primary_key
    return int(key[0])


def insert_once(session: Session, model: type[Base]) -> Any:
    """An INSERT into `model` that leaves a row alone which is there already, whoever wrote it a moment ago."""
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(model).on_conflict_do_nothing()
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(model).on_conflict_do_nothing()
    key, *_others = model.__table__.primary_key
    from sqlalchemy.dialects.mysql import insert as mysql_insert

    return mysql_insert(model).on_duplicate_key_update({key.name: key})


def retry_deadlocks(step: Callable[P, R]) -> Callable[P, R]:
    """Run `step` again, up to 12 times, when the database chose it as the victim of a deadlock.

    `step` must open its own transaction, so that each try starts from nothing.
    """

    @functools.wraps(step)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, DEADLOCK_TRIES):
            try:
                return step(*args, **kwargs)
            except DBAPIError as error:
                if not is_deadlock(error):
                    raise
                # Victims of one knot that came back together would only tie it again.
                time.sleep(random.uniform(0.2, 1) * 0.02 * attempt)  # noqa: S311 - no secret.
        return step(*args, **kwargs)

    return tried


def is_deadlock(error: DBAPIError) -> bool:
    """Whether the database asked to try the transaction again (deadlock, lock time-out, serialisation failure)."""
    original: Any = error.orig
    code = getattr(original, "sqlstate", None) or (original.args[0] if original and original.args else None)
    return code in DEADLOCK_CODES
