"""The audit log: written with the change or not at all, never forked, and whoever mends it by hand is found out."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from jobs import upkeep
from storefront.core import audit, clock, outbox
from storefront.core.audit import forgetting
from storefront.core.audit.chain import Verdict, digest_of, note_head, read_heads, verify
from storefront.core.audit.hiding import HIDDEN, SECRET
from storefront.core.audit.models import AuditHead, AuditRow
from storefront.core.audit.reading import AuditFilter, list_rows
from storefront.core.db import db, table_of, transaction
from storefront.promotions.models import Coupon
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget
from tests.fixtures.shop import on_every_database


def check(app: Flask, heads: dict[int, str] | None = None) -> Verdict:
    forget()
    found = verify(db.session(), [str(app.secret_key)], heads or {})
    forget()
    return found


def note_some(count: int) -> None:
    for number in range(1, count + 1):
        audit.note_alone("tried", f"thing {number}", number=number)


@contextmanager
def from_somewhere() -> Iterator[None]:
    """As a request from an address of somebody who works here."""
    audit.arrive(lambda: audit.Source("user:7", "192.0.2.7", "abc", "", ""))
    try:
        yield
    finally:
        audit.leave()


def addresses() -> list[tuple[str, bool]]:
    """Each row's address, and whether it has a salt."""
    forget()
    found = db.session.execute(select(ROWS.c.address, ROWS.c.address_salt).order_by(ROWS.c.id)).all()
    forget()
    return [(row.address, bool(row.address_salt)) for row in found]


def change(statement) -> None:  # type: ignore[no-untyped-def]
    """What somebody does who has the database and not the shop's key."""
    with db.engine.begin() as connection:
        connection.execute(statement)


def test_an_untouched_log_holds(context: Flask) -> None:
    note_some(5)
    verdict = check(context)
    assert (verdict.rows, verdict.fault) == (5, "")


def test_what_is_rolled_back_was_not_done(context: Flask) -> None:
    def fail() -> None:
        with transaction():
            audit.note("tried", "thing 1")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    note_some(1)
    assert check(context).rows == 1


ROWS = table_of(AuditRow)
HEADS = table_of(AuditHead)
TAMPERINGS: dict[str, tuple[Callable[[], object], str]] = {
    "a value": (lambda: update(ROWS).where(ROWS.c.id == 3).values(actor="user:9"), "row 3 is not"),
    "its time": (lambda: update(ROWS).where(ROWS.c.id == 3).values(at=audit.writing.clock.now()), "row 3 is not"),
    "an address": (lambda: update(ROWS).where(ROWS.c.id == 3).values(address="192.0.2.9"), "the address of row 3"),
    "an address alone blanked": (lambda: update(ROWS).where(ROWS.c.id == 3).values(address=""), "the address of row 3"),
    "an address blanked as the job does": (
        lambda: update(ROWS).where(ROWS.c.id == 3).values(address="", address_salt=""),
        "the address of row 3",
    ),
    "what stands for an address": (
        lambda: update(ROWS).where(ROWS.c.id == 3).values(address="", address_salt="", address_digest="0" * 64),
        "row 3 is not",
    ),
    "that anything stands for it": (
        lambda: update(ROWS).where(ROWS.c.id == 3).values(address_salt="", address_digest=""),
        "row 3 is not",
    ),
    "a row inside": (lambda: delete(ROWS).where(ROWS.c.id == 3), "row 3 is missing"),
    "the first": (lambda: delete(ROWS).where(ROWS.c.id == 1), "row 1 is missing"),
    "the last": (lambda: delete(ROWS).where(ROWS.c.id == 5), "the end is missing"),
    "all": (lambda: delete(ROWS), "the end is missing"),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_whoever_changes_the_log_is_found_out(context: Flask, what: str) -> None:
    with from_somewhere():
        note_some(5)
    statement, fault = TAMPERINGS[what]
    change(statement())
    assert fault in check(context).fault


@on_every_database
def test_old_addresses_are_forgotten_and_the_log_holds(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = clock.now()
    with from_somewhere():
        monkeypatch.setattr(clock, "now", lambda: moment - timedelta(days=91))
        note_some(3)
        monkeypatch.setattr(clock, "now", lambda: moment - timedelta(days=89))
        note_some(2)
    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr(forgetting, "BATCH", 2)
    digests = list(db.session.scalars(select(ROWS.c.digest).order_by(ROWS.c.id)))
    forget()
    upkeep.forget_addresses()
    assert addresses() == [("", False)] * 3 + [("192.0.2.7", True)] * 2 + [("", True)] * 2
    assert list(db.session.scalars(select(ROWS.c.digest).order_by(ROWS.c.id)))[:5] == digests
    verdict = check(context)
    assert (verdict.rows, verdict.fault) == (7, "")
    upkeep.forget_addresses()
    assert check(context).rows == 7, "nothing to forget leaves no row"
    change(update(ROWS).where(ROWS.c.id == 2).values(actor="user:9"))
    assert "row 2 is not" in check(context).fault


def test_a_later_address_cannot_be_blanked_beside_the_forgotten_ones(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = clock.now() + timedelta(days=91)
    with from_somewhere():
        note_some(2)
        monkeypatch.setattr(clock, "now", lambda: later)
        upkeep.forget_addresses()
        note_some(1)
    change(update(ROWS).where(ROWS.c.id == 4).values(address="", address_salt=""))
    assert check(context).fault == "the address of row 4 is not what was written"
    note = select(ROWS.c.changes).where(ROWS.c.id == 3)
    changes = str(db.session.scalar(note)).replace('"last_row": 2', '"last_row": 4')
    forget()
    change(update(ROWS).where(ROWS.c.id == 3).values(changes=changes))
    assert "row 3 is not" in check(context).fault


def test_addresses_stay_where_the_shop_says_so(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    context.config["SETTINGS"] = dataclasses.replace(context.config["SETTINGS"], audit_address_days=0)
    later = clock.now() + timedelta(days=5000)
    with from_somewhere():
        note_some(1)
    monkeypatch.setattr(clock, "now", lambda: later)
    upkeep.forget_addresses()
    assert addresses() == [("192.0.2.7", True)]


def test_rows_from_before_that_hold_as_they_are(context: Flask) -> None:
    note_some(1)
    row = dict(db.session.execute(select(ROWS)).mappings().one())
    forget()
    row |= {"address": "192.0.2.7", "address_salt": "", "address_digest": ""}
    row["digest"] = digest_of("0" * 64, row)
    change(update(ROWS).values(**row))
    change(update(HEADS).values(digest=row["digest"]))
    note_some(1)
    assert check(context) == (2, check(context).digest, "")
    change(update(ROWS).where(ROWS.c.id == 1).values(address=""))
    assert "row 1 is not" in check(context).fault


def test_a_row_with_a_digest_made_without_the_key_is_found_out(context: Flask) -> None:
    note_some(5)
    row = dict(db.session.execute(select(ROWS).where(ROWS.c.id == 5)).mappings().one())
    before = db.session.scalar(select(ROWS.c.digest).where(ROWS.c.id == 4))
    forget()
    row["actor"] = "user:9"
    forged = digest_of(str(before), row, "another key")
    change(update(ROWS).where(ROWS.c.id == 5).values(actor="user:9", digest=forged))
    change(update(HEADS).values(digest=forged))
    assert "row 5 is not" in check(context).fault


def test_an_end_cut_off_with_its_mark_is_found_out_by_what_was_noted_elsewhere(context: Flask, tmp_path: Path) -> None:
    note_some(5)
    file = tmp_path / "heads"
    assert note_head(db.session(), file).startswith("5 ")
    last = db.session.scalar(select(ROWS.c.digest).where(ROWS.c.id == 4))
    forget()
    change(delete(ROWS).where(ROWS.c.id == 5))
    change(update(HEADS).values(count=4, digest=last))
    assert check(context).fault == ""
    assert "row 5 was noted" in check(context, read_heads(file)).fault
    note_some(1)
    assert "row 5 was rewritten" in check(context, read_heads(file)).fault


def test_a_log_goes_on_under_another_key_and_holds_with_both(context: Flask) -> None:
    note_some(2)
    settings = context.config["SETTINGS"]
    context.config["SETTINGS"] = dataclasses.replace(settings, secret_key="another one")
    note_some(2)
    assert "row 1 is not" in verify(db.session(), ["another one"], {}).fault
    assert verify(db.session(), ["another one", settings.secret_key], {}).rows == 4


@on_every_database
def test_many_who_write_at_once_do_not_fork_it(context: Flask) -> None:
    at_once(context, [lambda n=n: audit.note_alone("tried", f"thing {n}") for n in range(40)]).won()
    verdict = check(context)
    assert (verdict.rows, verdict.fault) == (40, "")


def test_what_a_watched_transaction_changes_is_told_with_before_and_after(context: Flask) -> None:
    values = {"code": "SPRING", "kind": "percent", "percent_ppm": 100_000, "is_active": True}
    audit.arrive(lambda: audit.Source("user:7", "192.0.2.7", "abc", "change_coupon", ""))
    audit.watch()
    try:
        with transaction() as session:
            coupon = Coupon(**{name: value for name, value in values.items() if hasattr(Coupon, name)})
            session.add(coupon)
            session.flush()
            coupon_id = coupon.id
        with transaction() as session:
            session.execute(update(Coupon).where(Coupon.id == coupon_id).values(code="AUTUMN"))
        with transaction() as session:
            session.delete(session.get_one(Coupon, coupon_id))
        with transaction() as session:
            session.get(Coupon, 1)
    finally:
        audit.leave()
    found = list_rows(db.session(), AuditFilter(actor="user:7"))
    assert [(row.action, row.subject, row.address) for row in found.rows] == [
        ("change_coupon", f"coupon {coupon_id}", "192.0.2.7")
    ] * 3
    deleted, changed, made = (
        {name: (old, new) for name, old, new in found.changes[row.id][0].lines} for row in found.rows
    )
    assert made["code"] == ("", "SPRING")
    assert changed == {"code": ("SPRING", "AUTUMN")}
    assert deleted["code"] == ("AUTUMN", "")


@on_every_database
def test_a_row_that_was_left_alone_is_no_change(context: Flask) -> None:
    audit.arrive(lambda: audit.Source("user:7", "192.0.2.7", "abc", "make_forecast", ""))
    audit.watch()
    try:
        for _again in range(2):
            with transaction():
                outbox.stage("insight.forecast", dedupe_key="forecast-1")
    finally:
        audit.leave()
    rows = list_rows(db.session(), AuditFilter(actor="user:7")).rows
    # MariaDB answers the same whether the row was there or not: it is told twice.
    assert len(rows) == (2 if db.engine.dialect.name in ("mysql", "mariadb") else 1)


def test_nobody_is_watched_outside_the_desk(context: Flask) -> None:
    with transaction() as session:
        session.execute(insert(ROWS.metadata.tables["category"]).values(name="x", slug="x", position=1))
    assert check(context).rows == 0


@pytest.mark.parametrize("name", [*SECRET, "api_token_x"])
def test_secrets_are_never_written(context: Flask, name: str) -> None:
    audit.note_alone("tried", "thing", **{name: "a secret", "more": {name: "a secret"}})
    row = db.session.scalars(select(AuditRow)).one()
    assert "a secret" not in row.changes
    assert row.changes.count(HIDDEN) == 2
    forget()
