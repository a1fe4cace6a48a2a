"""`transaction()` is the only place that commits, and what it promises holds on every database."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier, Event

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from storefront.accounts.models import Customer
from storefront.catalog.models import Category, ProductStatus
from storefront.core import db as database
from storefront.core.db import (
    DEADLOCK_TRIES,
    EnumText,
    UtcDateTime,
    db,
    joined,
    readable_url,
    retry_deadlocks,
    transaction,
)
from tests.fixtures.factories import make_category
from tests.fixtures.races import at_once
from tests.fixtures.shop import on_every_database


def names() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Category.name).order_by(Category.name)))


def category(name: str) -> Category:
    return Category(name=name, slug=name.lower())


@on_every_database
def test_a_transaction_commits_at_its_end(context: Flask) -> None:
    with transaction() as session:
        session.add(category("Lamps"))
    db.session.remove()
    assert names() == ["Lamps"]


@on_every_database
def test_a_transaction_rolls_back_on_any_exception(context: Flask) -> None:
    def be_interrupted() -> None:
        with transaction() as session:
            session.add(category("Lamps"))
            session.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        be_interrupted()
    assert names() == []


def test_what_was_added_outside_a_transaction_is_not_committed_by_the_next(context: Flask) -> None:
    db.session.add(category("Stray"))
    with transaction() as session:
        session.add(category("Lamps"))
    assert names() == ["Lamps"]


def test_a_transaction_does_not_nest(context: Flask) -> None:
    with transaction() as session:
        session.add(category("Lamps"))
        with pytest.raises(RuntimeError, match="does not nest"), transaction():
            pass
    assert names() == ["Lamps"]


def test_a_failed_transaction_leaves_the_session_ready_for_the_next(context: Flask) -> None:
    with pytest.raises(LookupError), transaction():
        raise LookupError
    with transaction() as session:
        session.add(category("Lamps"))
    assert names() == ["Lamps"]


@on_every_database
def test_a_transaction_forgets_what_was_read_before(context: Flask) -> None:
    category_id = make_category("Lamps")
    stale = db.session.get_one(Category, category_id)
    assert stale.name == "Lamps"

    def rename() -> None:
        with transaction() as session:
            session.get_one(Category, category_id).name = "Lights"

    at_once(context, [rename]).won()
    with transaction() as session:
        assert session.get_one(Category, category_id).name == "Lights"


def test_a_step_that_joins_is_refused_outside_a_transaction(context: Flask) -> None:
    with pytest.raises(RuntimeError, match="open one with transaction"):
        joined()
    with transaction() as session:
        assert joined() is session
    with pytest.raises(RuntimeError, match="open one with transaction"):
        joined()


@on_every_database
def test_writers_wait_for_each_other_instead_of_failing(context: Flask) -> None:
    """Each reads before it writes: on SQLite that fails with "database is locked" unless it begins IMMEDIATE."""
    category_id = make_category("Lamps")

    def move_up() -> None:
        with transaction() as session:
            row = session.get_one(Category, category_id, with_for_update=True)
            row.position += 1

    assert at_once(context, [move_up] * 24).errors == []
    db.session.rollback()
    assert db.session.get_one(Category, category_id).position == 24


def crossing(first: int, second: int, barrier: Barrier, tries: list[int]):  # type: ignore[no-untyped-def]
    """A step that locks two rows; two of them in opposite order wait for each other in a circle, the first time."""
    is_first = Event()

    @retry_deadlocks
    def step() -> None:
        tries.append(first)
        with transaction() as session:
            add_one = update(Category).values(position=Category.position + 1)
            session.execute(add_one.where(Category.id == first))
            if not is_first.is_set():
                is_first.set()
                barrier.wait()
            session.execute(add_one.where(Category.id == second))

    return step


@pytest.mark.parametrize("database_kind", ["postgresql", "mariadb"])
def test_the_victim_of_a_deadlock_is_tried_again(context: Flask) -> None:
    one, two = make_category("One"), make_category("Two")
    barrier, tries = Barrier(2, timeout=30), []
    at_once(context, [crossing(one, two, barrier, tries), crossing(two, one, barrier, tries)]).won()
    assert len(tries) == 3
    db.session.rollback()
    assert sorted(db.session.scalars(select(Category.position))) == [2, 3]


class DriverError(Exception):
    sqlstate = "40P01"


def test_a_deadlock_that_does_not_end_is_raised_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    monkeypatch.setattr(database.time, "sleep", naps.append)
    tries: list[int] = []

    @retry_deadlocks
    def step() -> None:
        tries.append(1)
        raise OperationalError("UPDATE", {}, DriverError("deadlock detected"))

    with pytest.raises(OperationalError):
        step()
    assert (len(tries), len(naps)) == (DEADLOCK_TRIES, DEADLOCK_TRIES - 1)


@on_every_database
def test_a_connection_that_died_is_told_in_sqlalchemys_words_and_replaced(context: Flask) -> None:
    """Whoever outlives a lost server (the clock, a job, a page) waits for these, not for those of a driver."""
    with transaction() as session:
        kept = session.connection().connection.driver_connection
    assert kept is not None
    kept.close()
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(select(Category))
    with transaction() as session:
        assert session.scalars(select(Category)).all() == []


def test_an_error_that_is_no_deadlock_is_not_tried_again() -> None:
    tries: list[int] = []

    @retry_deadlocks
    def step() -> None:
        tries.append(1)
        raise DBAPIError("SELECT", {}, ValueError("no such table"))

    with pytest.raises(DBAPIError):
        step()
    assert len(tries) == 1


@on_every_database
def test_times_keep_their_microseconds_and_come_back_aware(context: Flask) -> None:
    moment = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    with transaction() as session:
        session.add(Customer(email="ada@example.com", created_at=moment))
    stored = db.session.scalars(select(Customer)).one().created_at
    assert stored == moment
    assert stored.tzinfo is UTC


def test_a_naive_time_is_refused(context: Flask) -> None:
    asked = select(Customer).where(Customer.created_at == datetime(2026, 1, 1))
    with pytest.raises(StatementError, match="always aware"):
        db.session.scalars(asked)


def test_only_a_member_goes_into_a_column_of_named_states(context: Flask) -> None:
    column = EnumText(ProductStatus)
    dialect = db.engine.dialect
    assert column.process_bind_param("active", dialect) == "active"
    assert column.process_result_value("archived", dialect) is ProductStatus.ARCHIVED
    with pytest.raises(ValueError, match="sold"):
        column.process_bind_param("sold", dialect)


def test_no_time_is_no_time() -> None:
    assert UtcDateTime().process_bind_param(None, None) is None  # type: ignore[arg-type]
    assert UtcDateTime().process_result_value(None, None) is None  # type: ignore[arg-type]


@on_every_database
def test_capitals_tell_two_names_apart_on_every_database(context: Flask) -> None:
    with transaction() as session:
        session.add_all([Category(name="One", slug="lamp"), Category(name="Two", slug="LAMP")])
    assert db.session.scalar(select(Category.name).where(Category.slug == "LAMP")) == "Two"


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgres://u@h/d", "postgresql+psycopg"),
        ("postgresql://u@h/d", "postgresql+psycopg"),
        ("mysql://u@h/d", "mysql+pymysql"),
        ("mariadb://u@h/d", "mysql+pymysql"),
        ("mariadb+pymysql://u@h/d", "mysql+pymysql"),
        ("sqlite:///x", "sqlite"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg"),
    ],
)
def test_a_url_is_given_the_driver_that_the_shop_ships(given: str, driver: str) -> None:
    assert readable_url(given).drivername == driver
