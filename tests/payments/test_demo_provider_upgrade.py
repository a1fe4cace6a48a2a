"""A store that an earlier provider left behind is opened, and nothing in it is lost."""

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread

import pytest

from storefront.payments.gateway import PaymentStatus
from tests.contracts.gateway_demo import Clock, Demo, make_demo, make_request

# The layout of before payment intents had charges, as far as it matters.
BEFORE = """
DROP TABLE intents;
DROP TABLE timers;
DROP TABLE methods;
DROP TABLE charges;
DROP TABLE settings;
CREATE TABLE intents (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL UNIQUE REFERENCES sessions (id),
    created INTEGER NOT NULL,
    status TEXT NOT NULL,
    amount_received INTEGER NOT NULL DEFAULT 0,
    canceled_at INTEGER,
    card TEXT,
    failure TEXT
);
DROP INDEX sessions_link;
ALTER TABLE sessions DROP COLUMN link_id;
UPDATE sessions SET params = json_remove(params, '$.payment_method_types');
CREATE INDEX sessions_open ON sessions (expires_at) WHERE status = 'open';
PRAGMA user_version = 0;
"""
VISA = '{"brand": "visa", "last4": "4242"}'
ASKED = '{"brand": "visa", "last4": "3178", "then": {"code": "card_declined", "decline_code": "insufficient_funds"}}'
DECLINED = '{"code": "card_declined", "decline_code": "lost_card"}'


@pytest.fixture
def clock() -> Clock:
    return Clock()


def old_store(path: Path, clock: Clock) -> dict[str, str]:
    """A session in each of the old states; gives their ids."""
    demo = make_demo(path, clock)
    sessions = {
        name: demo.gateway.start(make_request(idempotency_key=name)).session_id
        for name in ("open", "declined", "asked", "paid", "expired")
    }
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(BEFORE)
        insert = "INSERT INTO intents VALUES (?, ?, ?, ?, ?, NULL, ?, ?)"
        now = int(clock.time)
        db.execute(insert, ("pi_1", sessions["declined"], now, "requires_payment_method", 0, VISA, DECLINED))
        db.execute(insert, ("pi_2", sessions["asked"], now, "requires_action", 0, ASKED, None))
        db.execute(insert, ("pi_3", sessions["paid"], now, "succeeded", 3147, VISA, None))
        db.execute("UPDATE sessions SET status = 'complete' WHERE id = ?", (sessions["paid"],))
        db.execute("UPDATE sessions SET status = 'expired' WHERE id = ?", (sessions["expired"],))
    return sessions


def test_every_payment_stands_where_it_stood(tmp_path: Path, clock: Clock) -> None:
    sessions = old_store(tmp_path / "provider.sqlite3", clock)
    demo = make_demo(tmp_path / "provider.sqlite3", clock)
    found = {name: demo.gateway.look_up(session_id) for name, session_id in sessions.items()}
    assert {name: (state.status, state.payment_ref, state.decline_code) for name, state in found.items()} == {
        "open": (PaymentStatus.CREATED, None, None),
        "declined": (PaymentStatus.REQUIRES_ACTION, "pi_1", "lost_card"),
        "asked": (PaymentStatus.REQUIRES_ACTION, "pi_2", None),
        "paid": (PaymentStatus.SUCCEEDED, "pi_3", None),
        "expired": (PaymentStatus.CANCELED, None, None),
    }


def test_what_was_begun_goes_on(tmp_path: Path, clock: Clock) -> None:
    sessions = old_store(tmp_path / "provider.sqlite3", clock)
    demo = make_demo(tmp_path / "provider.sqlite3", clock)
    demo.pay(sessions["declined"])
    demo.authenticate(sessions["asked"])
    assert demo.gateway.look_up(sessions["declined"]).status is PaymentStatus.SUCCEEDED
    assert demo.gateway.look_up(sessions["asked"]).decline_code == "insufficient_funds"
    refund = demo.api.refunds.create({"payment_intent": "pi_3"})
    assert (refund.amount, refund.status) == (3147, "succeeded")
    clock.advance(3601)
    assert demo.gateway.look_up(sessions["open"]).status is PaymentStatus.CANCELED


def test_it_happens_once_however_many_processes_start(tmp_path: Path, clock: Clock) -> None:
    sessions = old_store(tmp_path / "provider.sqlite3", clock)
    start, made = Barrier(4), []

    def open_() -> None:
        start.wait()
        made.append(make_demo(tmp_path / "provider.sqlite3", clock))

    threads = [Thread(target=open_) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [demo.gateway.look_up(sessions["paid"]).payment_ref for demo in made] == ["pi_3"] * 4
    assert len(charges(made[0])) == 1


def charges(demo: Demo) -> list[object]:
    return list(demo.api.charges.list().data)
