"""Counting jobs by the hour: what is written, that it is written once, and what follows from it."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import worker as jobs_worker
from storefront.core import clock, outbox
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob, OutboxStatus
from storefront.insight.queueing.histogram import count_waits, quantile
from storefront.insight.queueing.jobs_measured import sample_jobs, sample_kinds
from storefront.insight.queueing.models import EVERY_JOB, JobHour
from storefront.insight.queueing.rollup import Times, count_hours, worker_pauses
from storefront.insight.queueing.sample import Sample, Slot, gap_sums, measure_week, pool
from storefront.insight.queueing.workers import worker_capacity
from tests.fixtures.shop import on_every_database

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
ZONE = ZoneInfo("Europe/London")


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr("storefront.core.clock.now", lambda: moment)


def run_job(monkeypatch: pytest.MonkeyPatch, ready_at: datetime, wait: float, service: float, name: str) -> None:
    """One job through the outbox itself, on a clock of our own."""
    set_clock(monkeypatch, ready_at)
    with transaction():
        outbox.stage(name)
    set_clock(monkeypatch, ready_at + timedelta(seconds=wait))
    with transaction():
        begun = outbox.begin_next()
    assert begun is not None
    set_clock(monkeypatch, ready_at + timedelta(seconds=wait + service))
    with transaction():
        outbox.mark_done(begun.id)


@on_every_database
def test_hour_is_counted_once_and_exactly(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for minute in range(4):
        run_job(monkeypatch, MONDAY + timedelta(minutes=minute), 0.5, 2.0, "tests.one")
    run_job(monkeypatch, MONDAY + timedelta(minutes=59, seconds=59), 2.0, 1.0, "tests.late")
    set_clock(monkeypatch, MONDAY + timedelta(hours=1, minutes=4))
    assert count_hours() == 1
    assert count_hours() == 0
    set_clock(monkeypatch, MONDAY + timedelta(hours=3, minutes=4))
    assert count_hours() == 2
    rows = {(row.hour.hour, row.name): row for row in db.session.scalars(select(JobHour))}
    assert set(rows) == {(10, EVERY_JOB), (10, "tests.one"), (11, EVERY_JOB), (11, "tests.late"), (12, EVERY_JOB)}
    one = rows[10, "tests.one"]
    assert (one.jobs, one.service_sum, one.wait_sum, one.gaps, one.gap_sum) == (4, 8.0, 2.0, 3, 180.0)
    assert rows[12, EVERY_JOB].jobs == 0


def test_wait_of_a_try_that_failed_begins_when_the_next_is_due(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    run_job(monkeypatch, MONDAY, 1.0, 1.0, "tests.other")
    set_clock(monkeypatch, MONDAY)
    with transaction():
        outbox.stage("tests.fails")
        begun = outbox.begin_next()
        assert begun
        outbox.mark_failed(begun.id, "no")
    set_clock(monkeypatch, MONDAY + timedelta(seconds=7))
    with transaction():
        assert outbox.begin_next() == begun
    row = db.session.get_one(OutboxJob, begun.id)
    assert row.ready_at == MONDAY + timedelta(seconds=5)
    assert row.begun_at == MONDAY + timedelta(seconds=7)


def test_job_that_waits_for_its_time_is_ready_only_then(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, MONDAY)
    with transaction():
        outbox.stage("tests.later", delay_seconds=90)
    assert db.session.scalar(select(OutboxJob.ready_at)) == MONDAY + timedelta(seconds=90)


def test_worker_notes_when_it_begins(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.worker._app", context)
    with transaction():
        outbox.stage("outbox.forget_done")
    before = clock.now()
    jobs_worker.perform_next()
    row = db.session.scalars(select(OutboxJob)).one()
    assert row.status is OutboxStatus.DONE
    assert row.ready_at is not None
    assert row.begun_at is not None
    assert row.done_at is not None
    assert row.ready_at <= before <= row.begun_at <= row.done_at


def test_pauses_of_workers_are_told_from_waits_for_idle_ones() -> None:
    def at(seconds: float) -> datetime:
        return MONDAY + timedelta(seconds=seconds)

    times = [
        Times("a", at(0), at(0.3), at(5)),
        Times("b", at(1), at(5.01), at(9)),  # It waited for the worker, which took 10 ms.
        Times("c", at(12), at(12.2), at(13)),  # The worker had nothing to do: 200 ms until it began.
        Times("d", at(14), at(90), at(91)),  # Nobody was there.
    ]
    turns, idles = worker_pauses(times)
    assert turns == pytest.approx([0.01])
    assert idles == pytest.approx([0.2])


def test_histogram_finds_its_quantiles_again() -> None:
    random = Random(4)
    waits = sorted(random.expovariate(0.5) for _ in range(20_000))
    found = count_waits(waits)
    for share in (0.5, 0.9, 0.95, 0.99):
        assert quantile(found, share) == pytest.approx(waits[int(share * 20_000)], rel=0.03)
    assert quantile({}, 0.95) is None
    assert quantile(count_waits([0.0, 0.0]), 0.95) == pytest.approx(0.00475)


def test_variation_of_arrivals_is_unbiased_in_small_pieces() -> None:
    """Ten random arrivals an hour look steadier than they are unless that is allowed for."""
    random = Random(8)
    pieces = []
    for _ in range(4_000):
        moment, moments = 0.0, []
        for _ in range(11):
            moment += random.expovariate(1)
            moments.append(moment)
        pieces.append(Sample(1.0, 10, *gap_sums(moments)))
    assert pool(pieces).arrival_scv == pytest.approx(1.0, abs=0.03)


def sample(hours: float, arrivals: int, seconds: float = 1.0) -> Sample:
    return Sample(
        hours, arrivals, services=arrivals, service_sum=arrivals * seconds, service_squares=arrivals * seconds**2
    )


def test_little_data_says_how_little_and_invents_nothing() -> None:
    week = measure_week({Slot(0, 9): sample(8, 12), Slot(1, 9): sample(8, 17)})
    assert {(one.load, one.count) for one in week} == {(None, 29)}
    assert measure_week({})[0].count == 0


def test_hour_with_little_data_is_widened_to_its_kind_of_day_and_then_to_every_day() -> None:
    samples = {Slot(day, hour): sample(8, 0) for day in range(7) for hour in range(24)}
    samples |= {
        Slot(0, 9): sample(8, 80),
        Slot(1, 9): sample(8, 20),
        Slot(5, 9): sample(8, 4),
        Slot(2, 3): sample(8, 29),
    }
    week = {one.slot: one for one in measure_week(samples)}
    assert (week[Slot(0, 9)].basis, week[Slot(0, 9)].load.arrivals_per_second * 3600) == ("slot", 10)
    assert (week[Slot(1, 9)].basis, week[Slot(1, 9)].count) == ("day", 100)
    assert week[Slot(1, 9)].load.arrivals_per_second * 3600 == pytest.approx(2.5)
    assert (week[Slot(5, 9)].basis, week[Slot(5, 9)].count) == ("every", 104)
    assert (week[Slot(2, 3)].load, week[Slot(2, 3)].count) == (None, 29)


def test_measured_week_is_read_back_by_hour_of_the_shops_week(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    random, moment = Random(2), datetime(2026, 7, 6, 9, tzinfo=UTC)  # 10 o'clock in London.
    for _ in range(60):
        run_job(monkeypatch, moment, 0.1, 0.5, "tests.summer")
        moment += timedelta(seconds=random.expovariate(1 / 40))
    set_clock(monkeypatch, datetime(2026, 7, 6, 12, 4, tzinfo=UTC))
    with transaction():
        db.session.add(JobHour(hour=datetime(2026, 7, 6, 8, tzinfo=UTC), name=EVERY_JOB))
    count_hours()
    found = sample_jobs(db.session(), ZONE)
    ten = found[Slot(0, 10)]
    assert ten.service_seconds == pytest.approx(0.5)
    assert ten.wait_p95_seconds == pytest.approx(0.1, rel=0.2)
    assert sum(one.arrivals for one in found.values()) == 60
    assert [kind.name for kind in sample_kinds(db.session(), "tests")] == ["tests.summer"]
    capacity = worker_capacity(found, workers=1)
    told = capacity.at(Slot(0, 10)).told
    assert told is not None
    assert told.utilisation == pytest.approx(ten.arrivals * 0.5 / 3600)
    assert capacity.at(Slot(0, 10)).advised == 1
