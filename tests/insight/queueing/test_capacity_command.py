"""`storefront capacity`: what it prints with much, with little and without data."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from storefront.core.db import db, transaction
from storefront.insight.queueing.command import capacity
from storefront.insight.queueing.histogram import count_waits
from storefront.insight.queueing.models import EVERY_JOB, JobHour
from storefront.insight.queueing.plan import Plan, Shift, write_plan
from storefront.orders.models import Order, OrderStatus
from tests.fixtures.factories import make_order

NOW = datetime(2026, 11, 25, 11, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storefront.core.clock.now", lambda: NOW)


def note_hour(hours_ago: int, jobs: int, seconds: float, name: str = EVERY_JOB) -> None:
    gap = 3600 / max(jobs, 1)
    with transaction():
        db.session.add(
            JobHour(
                hour=NOW.replace(minute=0) - timedelta(hours=hours_ago),
                name=name,
                jobs=jobs,
                service_sum=jobs * seconds,
                service_squares=2 * jobs * seconds**2,
                waits=count_waits([0.2] * jobs),
                wait_sum=0.2 * jobs,
                gaps=max(jobs - 1, 0),
                gap_sum=gap * (jobs - 1),
                gap_squares=2 * gap**2 * (jobs - 1),
                idles=jobs,
                idle_sum=0.15 * jobs,
            )
        )


def run(app: Flask, *arguments: str):  # type: ignore[no-untyped-def]
    return app.test_cli_runner().invoke(capacity, list(arguments))


def test_without_data_it_says_so(app: Flask) -> None:
    result = run(app)
    assert result.exit_code == 0, result.output
    assert "not enough data yet: 0 of 30" in result.output
    assert {hour["count"] for hour in json.loads(run(app, "--json").output)["hours"]} == {0}


def test_hour_with_data_is_told_and_one_without_says_how_much_there_is(context: Flask) -> None:
    note_hour(1, 3000, 1.0)
    note_hour(2, 12, 1.0)
    note_hour(1, 3000, 1.0, "payments.confirm")
    output = run(context, "--workers", "1", "--target-p95", "2").output
    assert "Wed 09:00  not enough data yet: 12 of 30" in output
    line = next(line for line in output.splitlines() if line.startswith("Wed 10:00"))
    assert "3000.0" in line
    assert "83%" in line
    assert "payments.confirm" in output
    facts = json.loads(run(context, "--workers", "1", "--json").output)
    hour = facts["hours"][2 * 24 + 10]
    assert hour["utilisation"] == pytest.approx(3000 / 3600)
    assert hour["wait_p95_seconds"] > 10
    assert hour["workers_advised"] == 2
    assert facts["handover_seconds"] == pytest.approx(0.15)


def test_more_than_can_be_done_is_no_number_of_seconds(context: Flask) -> None:
    note_hour(1, 9000, 1.0)
    assert "no end" in run(context, "--workers", "2").output
    hour = json.loads(run(context, "--workers", "2", "--json").output)["hours"][2 * 24 + 10]
    assert hour["wait_seconds"] is None
    assert hour["utilisation"] == pytest.approx(1.25)


def test_queue_that_is_none_is_refused(context: Flask) -> None:
    note_hour(1, 300, 1.0)
    result = run(context, "--queue", "nonsense")
    assert result.exit_code == 2
    assert "nonsense" in result.output


def test_packing_says_what_is_missing(context: Flask) -> None:
    output = run(context, "--queue", "packing").output
    assert "0 order(s) wait; new ones are promised for 2026-11-26 (the handling time, not measured)" in output
    assert "nobody has said yet who packs when" in output
    assert "not enough data yet: 0 of 30" in output
    assert json.loads(run(context, "--queue", "packing", "--json").output)["parcel"] is None


def test_packing_tells_the_usual_week(context: Flask) -> None:
    shift = Shift(packers=1, opens=540, closes=1020, cutoff=900)
    write_plan(Plan(shifts=dict.fromkeys(range(5), shift), parcel_minutes=10))
    ids = [make_order().id for _ in range(35)]
    with transaction() as session:
        changes = {"status": OrderStatus.PAID, "placed_at": NOW - timedelta(days=2)}
        session.query(Order).filter(Order.id.in_(ids)).update(changes)
    output = run(context, "--queue", "packing").output
    assert "35 order(s) wait; new ones are promised for 2026-11-26 (by the queue)" in output
    assert "a usual week takes 15% of the packers' time" in output
    line = next(line for line in output.splitlines() if line.startswith("Mon 11:00"))
    assert line.split() == ["Mon", "11:00", "35.00", "1.0", "100%", "29"]
