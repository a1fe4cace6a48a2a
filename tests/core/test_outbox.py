"""The outbox loses nothing and hands nothing over twice at once, on every database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import select, update

from storefront.core import clock, outbox
from storefront.core.db import db, transaction
from storefront.core.outbox import BACKOFF_SECONDS, LEASE_SECONDS, MAX_ATTEMPTS, OutboxJob, OutboxStatus
from tests.fixtures.races import at_once
from tests.fixtures.readings import staged
from tests.fixtures.shop import on_every_database

START = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Clock:
    """The shop's clock, moved by the test."""

    def __init__(self) -> None:
        self.moment = START

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    stopped = Clock()
    monkeypatch.setattr(clock, "now", lambda: stopped.moment)
    return stopped  # type: ignore[return-value]


def stage(count: int = 1, **options: object) -> list[int]:
    with transaction() as session:
        for number in range(count):
            outbox.stage("tests.job", number=number, **options)  # type: ignore[arg-type]
        return list(session.scalars(select(OutboxJob.id).order_by(OutboxJob.id)))


def claim(limit: int = 100) -> list[tuple[int, int]]:
    with transaction() as session:
        return outbox.claim_due(session, limit)


def begin(*claimed: tuple[int, int]) -> None:
    for job_id, attempt in claimed:
        with transaction():
            assert outbox.begin(job_id, attempt)


def take() -> list[tuple[int, int]]:
    """Claim what is due, and begin it as a worker does at once."""
    claimed = claim()
    begin(*claimed)
    return claimed


def fail(job_id: int, error: str = "it broke") -> None:
    with transaction():
        outbox.mark_failed(job_id, error)


def job(job_id: int) -> OutboxJob:
    db.session.rollback()
    return db.session.get_one(OutboxJob, job_id)


def test_a_job_is_staged_only_inside_the_transaction_that_causes_it(context: Flask) -> None:
    with pytest.raises(RuntimeError, match="joins a transaction"):
        outbox.stage("tests.job")


def test_a_job_is_gone_with_the_transaction_that_wanted_it(context: Flask) -> None:
    def fail_after_staging() -> None:
        with transaction():
            outbox.stage("tests.job")
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_staging()
    assert staged("tests.job") == []


def test_a_job_without_a_key_may_be_staged_as_often_as_wanted(context: Flask) -> None:
    stage(3)
    assert staged("tests.job") == [{"number": 0}, {"number": 1}, {"number": 2}]


@on_every_database
def test_a_second_request_under_one_key_is_dropped(context: Flask) -> None:
    stage(2, dedupe_key="once")
    stage(1, dedupe_key="once")
    stage(1, dedupe_key="another")
    assert staged("tests.job") == [{"number": 0}, {"number": 0}]


@on_every_database
def test_a_key_is_staged_once_however_many_ask_at_the_same_moment(context: Flask) -> None:
    at_once(context, [lambda: stage(1, dedupe_key="once")] * 12).won()
    assert staged("tests.job") == [{"number": 0}]


def test_a_delayed_job_is_handed_over_when_its_time_has_come(context: Flask, time: Clock) -> None:
    (job_id,) = stage(delay_seconds=30)
    assert claim() == []
    time.advance(30)
    assert claim() == [(job_id, 1)]


@on_every_database
def test_a_claimed_job_is_not_handed_over_again_before_its_lease_is_over(context: Flask, time: Clock) -> None:
    (job_id,) = stage()
    assert claim() == [(job_id, 1)]
    time.advance(LEASE_SECONDS - 1)
    assert claim() == []
    time.advance(1)
    assert claim() == [(job_id, 1)], "it was not begun, so it is the same try"


@on_every_database
def test_a_try_is_begun_once(context: Flask, time: Clock) -> None:
    (job_id,) = stage(colour="green")
    claim()
    time.advance(LEASE_SECONDS - 1)
    with transaction():
        assert outbox.begin(job_id, 2) is None
        assert outbox.begin(job_id, 1) == (job_id, "tests.job", {"number": 0, "colour": "green"})
        assert outbox.begin(job_id, 1) is None
    time.advance(LEASE_SECONDS - 1)
    assert claim() == [], "the lease begins anew with the try"
    time.advance(1)
    assert claim() == [(job_id, 2)]


def test_what_has_ended_is_not_begun(context: Flask) -> None:
    (job_id,) = stage()
    with transaction():
        outbox.mark_done(job_id)
        assert outbox.begin(job_id, 1) is None
        assert outbox.begin(job_id + 1, 1) is None


@on_every_database
def test_relays_at_once_take_each_job_once(context: Flask) -> None:
    ids = stage(40)
    with_many = at_once(context, [lambda: claim(10)] * 8).won()
    taken = [job_id for claimed in with_many for job_id, _ in claimed] + [job_id for job_id, _ in claim()]
    assert sorted(taken) == ids


@pytest.mark.parametrize("database_kind", ["postgresql", "mariadb"])
def test_a_relay_takes_other_jobs_while_one_holds_its_own(context: Flask) -> None:
    ids = stage(6)
    has_claimed, may_commit = Event(), Event()

    def slow() -> list[int]:
        with transaction() as session:
            claimed = outbox.claim_due(session, 4)
            has_claimed.set()
            assert may_commit.wait(30)
        return [job_id for job_id, _ in claimed]

    def quick() -> list[int]:
        assert has_claimed.wait(30)
        try:
            return [job_id for job_id, _ in claim(4)]
        finally:
            may_commit.set()

    first, second = at_once(context, [slow, quick]).won()
    assert (first, second) == (ids[:4], ids[4:])


def test_the_longest_due_is_handed_over_first(context: Flask, time: Clock) -> None:
    late = stage(delay_seconds=-5)[0]
    early = next(job_id for job_id in stage(delay_seconds=-50) if job_id != late)
    assert [job_id for job_id, _ in claim(1)] == [early]


@on_every_database
def test_a_claim_given_back_costs_no_try(context: Flask, time: Clock) -> None:
    (job_id,) = stage()
    assert claim() == [(job_id, 1)]
    with transaction() as session:
        outbox.give_back(session, [(job_id, 1)])
    assert claim() == [(job_id, 1)]


@on_every_database
def test_a_claim_whose_try_was_begun_is_not_given_back(context: Flask, time: Clock) -> None:
    stage()
    claimed = take()
    with transaction() as session:
        outbox.give_back(session, claimed)
    assert claim() == []


def test_a_job_that_was_done_meanwhile_is_not_given_back(context: Flask, time: Clock) -> None:
    (job_id,) = stage()
    claimed = claim()
    with transaction() as session:
        outbox.mark_done(job_id)
        outbox.give_back(session, claimed)
    assert (job(job_id).status, claim()) == (OutboxStatus.DONE, [])


def test_a_job_that_is_done_is_never_handed_over_again(context: Flask, time: Clock) -> None:
    (job_id,) = stage()
    claim()
    with transaction():
        assert outbox.mark_done(job_id) is True
        assert outbox.mark_done(job_id) is False
    time.advance(LEASE_SECONDS * 10)
    assert claim() == []
    assert job(job_id).done_at == START


def test_a_failed_job_waits_longer_after_every_try_and_is_dead_after_the_last(context: Flask, time: Clock) -> None:
    (job_id,) = stage()
    for attempt, pause in enumerate(BACKOFF_SECONDS, start=1):
        assert take() == [(job_id, attempt)]
        fail(job_id, f"try {attempt}")
        assert job(job_id).due_at == time.moment + timedelta(seconds=pause)
        time.advance(pause)
    assert take() == [(job_id, MAX_ATTEMPTS)]
    fail(job_id, "the last")
    assert (job(job_id).status, job(job_id).error) == (OutboxStatus.DEAD, "the last")
    time.advance(1_000_000)
    assert claim() == []


def test_a_failure_is_forgotten_when_another_run_has_done_the_job(context: Flask) -> None:
    (job_id,) = stage()
    with transaction():
        outbox.mark_done(job_id)
    fail(job_id)
    assert (job(job_id).status, job(job_id).error) == (OutboxStatus.DONE, None)


@on_every_database
def test_a_failure_never_undoes_what_another_run_does_at_the_same_moment(context: Flask, time: Clock) -> None:
    """The last try fails while its twin, handed over before, comes to its end: done is done."""
    (job_id,) = stage()
    with transaction() as session:
        session.execute(update(OutboxJob).values(attempts=MAX_ATTEMPTS))

    def finish() -> None:
        with transaction():
            outbox.mark_done(job_id)

    for _ in range(5):
        at_once(context, [finish, lambda: fail(job_id)]).won()
        assert job(job_id).status is OutboxStatus.DONE
        with transaction() as session:
            session.execute(update(OutboxJob).values(status=OutboxStatus.WAITING, error=None))


@on_every_database
def test_a_job_that_takes_its_worker_down_every_time_is_buried(context: Flask, time: Clock) -> None:
    (job_id,) = stage()
    for _ in range(MAX_ATTEMPTS):
        assert len(take()) == 1
        time.advance(LEASE_SECONDS)
    assert claim() == []
    assert (job(job_id).status, job(job_id).error) == (OutboxStatus.DEAD, "it never came to an end")


def test_the_last_try_keeps_its_lease_before_it_is_buried(context: Flask, time: Clock) -> None:
    (job_id,) = stage()
    for _ in range(MAX_ATTEMPTS):
        time.advance(LEASE_SECONDS)
        take()
    time.advance(LEASE_SECONDS - 1)
    claim()
    assert job(job_id).status is OutboxStatus.WAITING


def test_a_buried_job_keeps_the_error_it_had(context: Flask, time: Clock) -> None:
    (job_id,) = stage()
    take()
    fail(job_id, "no room")
    for _ in range(MAX_ATTEMPTS):
        time.advance(LEASE_SECONDS)
        take()
    assert (job(job_id).status, job(job_id).error) == (OutboxStatus.DEAD, "no room")


def test_a_dead_job_gets_all_its_tries_again(context: Flask, time: Clock) -> None:
    (job_id,) = stage()
    for _ in range(MAX_ATTEMPTS):
        take()
        time.advance(LEASE_SECONDS)
    claim()
    assert job(job_id).status is OutboxStatus.DEAD
    with transaction():
        assert outbox.retry(job_id) is True
    assert claim() == [(job_id, 1)]


def test_what_is_done_or_unknown_is_not_tried_again(context: Flask) -> None:
    (job_id,) = stage()
    with transaction():
        outbox.mark_done(job_id)
        assert outbox.retry(job_id) is False
        assert outbox.retry(job_id + 1) is False


def test_failed_jobs_are_listed_the_dead_first(context: Flask, time: Clock) -> None:
    waiting, dead, well = stage(3)
    fail(waiting)
    with transaction() as session:
        session.get_one(OutboxJob, dead).attempts = MAX_ATTEMPTS
    fail(dead)
    assert [row.id for row in outbox.list_failed(db.session())] == [dead, waiting]
    assert outbox.count_by_status(db.session()) == {"waiting": 2, "done": 0, "dead": 1}
    assert well


def test_a_job_counts_as_staged_until_it_has_ended(context: Flask) -> None:
    (job_id,) = stage(dedupe_key="once")
    assert outbox.is_staged(db.session(), "once")
    assert not outbox.is_staged(db.session(), "another")
    with transaction():
        outbox.mark_done(job_id)
    assert not outbox.is_staged(db.session(), "once")


def test_what_is_done_can_be_asked_for_again_and_what_waits_is_enough(context: Flask) -> None:
    (job_id,) = stage(dedupe_key="once")
    for is_new in (False, True):
        with transaction() as session:
            if is_new:
                outbox.mark_done(job_id)
            outbox.stage_again("noop", dedupe_key="once")
            assert session.scalars(db.select(OutboxJob.id)).all() == [job_id]
        assert outbox.is_staged(db.session(), "once")


def test_only_what_was_done_long_ago_is_forgotten(context: Flask, time: Clock) -> None:
    old, recent, waiting = stage(3)
    with transaction():
        outbox.mark_done(old)
    time.advance(100)
    with transaction():
        outbox.mark_done(recent)
        assert outbox.forget_done(START + timedelta(seconds=50)) == 1
    assert set(db.session.scalars(select(OutboxJob.id))) == {recent, waiting}
