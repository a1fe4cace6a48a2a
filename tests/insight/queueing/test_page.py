"""The page of capacity and the form of who packs when."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.core.db import db, transaction
from storefront.insight.queueing.histogram import count_waits
from storefront.insight.queueing.models import EVERY_JOB, JobHour
from storefront.insight.queueing.plan import Plan, Shift, plan_row, read_plan, write_plan
from storefront.orders.models import Order, OrderStatus
from tests.fixtures.factories import make_order
from tests.fixtures.shop import post

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
SHIFT = Shift(packers=1, opens=540, closes=1020, cutoff=900)
GOOD = {
    # A browser sends every field, and weekdays are told apart by their place.
    **{f"days-{day}-{part}": "" for day in range(7) for part in ("packers", "opens", "closes", "cutoff")},
    "days-0-packers": "2",
    "days-0-opens": "09:00",
    "days-0-closes": "17:30",
    "days-0-cutoff": "15:00",
    "days-4-packers": "1",
    "days-4-opens": "22:00",
    "days-4-closes": "00:00",
    "holidays": "2026-12-25\n\n2027-01-01 ",
    "handling_days": "2",
    "parcel_minutes": "",
}


@pytest.fixture(autouse=True)
def _time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storefront.core.clock.now", lambda: NOW)
    monkeypatch.setattr("storefront.core.web.access.is_factor_fresh", lambda _is_careful: True)


def note_hours(jobs: int, seconds: float) -> None:
    with transaction() as session:
        for days in range(1, 15):
            for hour in range(8, 20):
                moment = (NOW - timedelta(days=days)).replace(hour=hour)
                sums = {"service_sum": jobs * seconds, "service_squares": 1.5 * jobs * seconds**2}
                waits = {"waits": count_waits([0.3] * jobs), "wait_sum": 0.3 * jobs}
                session.add(JobHour(hour=moment, name=EVERY_JOB, jobs=jobs, **sums, **waits))
                session.add(JobHour(hour=moment, name="payments.confirm", jobs=jobs, **sums, **waits))


def pack(orders: int) -> None:
    write_plan(Plan(shifts=dict.fromkeys(range(5), SHIFT)))
    with transaction() as session:
        row = plan_row(session)
        row.parcels, row.parcel_seconds, row.parcel_scv = 40, 600.0, 0.2
    ids = [make_order().id for _ in range(orders)]
    with transaction() as session:
        changes = {"status": OrderStatus.PAID, "placed_at": NOW - timedelta(days=3)}
        session.query(Order).filter(Order.id.in_(ids)).update(changes)


def test_empty_shop_says_what_is_missing(context: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    page = sign_in("owner").get("/admin/insight/capacity").text
    assert "Not enough data yet: 0 of 30 jobs." in page
    assert "This is the handling time that you chose" in page
    assert "New orders are promised for Tuesday." in page
    assert '<table class="heat-table">' not in page


def test_one_packer_more_changes_the_day(context: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    pack(40)
    owner = sign_in("owner")
    assert "New orders are promised for Tuesday." in owner.get("/admin/insight/capacity").text
    page = owner.get("/admin/insight/capacity?packers=1").text
    assert "Then: sent by Monday." in page
    assert 'value="1" min="-5"' in page


def test_one_worker_more_changes_the_wait(context: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    note_hours(1500, 2.0)
    owner = sign_in("owner")
    one = owner.get("/admin/insight/capacity?workers=1").text
    assert "With 1 worker the busiest hour is at 83%" in one
    assert "3 workers keep the p95 wait below 2 sec in the busiest hour" in one
    assert '<td class="heat-4"' in one
    assert "payments.confirm" in one
    two = owner.get("/admin/insight/capacity?workers=2&target=5").text
    assert "With 2 workers the busiest hour is at 42%" in two
    assert "2 workers keep the p95 wait below 5 sec" in two


def test_form_works_piece_by_piece_for_htmx(context: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    answer = sign_in("owner").get("/admin/insight/capacity?packers=2", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith("<form")


def test_nonsense_in_the_address_is_the_usual(context: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    page = sign_in("owner").get("/admin/insight/capacity?packers=many&workers=-3&target=nan")
    assert page.status_code == 200


def test_plan_is_kept_and_shown_again(context: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    owner = sign_in("owner")
    answer = post(owner, "/admin/insight/capacity/plan", GOOD)
    assert answer.status_code == 303
    plan = read_plan(db.session())
    assert plan.shifts == {0: Shift(2, 540, 1050, 900), 4: Shift(1, 1320, 1440, 1440)}
    assert plan.holidays == {date(2026, 12, 25), date(2027, 1, 1)}
    assert (plan.handling_days, plan.parcel_minutes) == (2, None)
    form = owner.get("/admin/insight/capacity/plan").text
    assert 'value="17:30"' in form
    assert "2027-01-01" in form


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"days-0-opens": ""}, "Monday: Say from when to when they pack."),
        ({"days-0-cutoff": "18:00"}, "Monday: These times must come one after the other"),
        ({"days-0-opens": "late"}, "Monday:"),
        ({"holidays": "2026-12-25\nChristmas"}, "Christmas is no day."),
        ({"handling_days": ""}, "Enter a number of days."),
    ],
)
def test_plan_that_makes_no_sense_comes_back(
    context: Flask, sign_in: Callable[..., FlaskClient], change: dict[str, str], words: str
) -> None:
    answer = post(sign_in("owner"), "/admin/insight/capacity/plan", {**GOOD, **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert read_plan(db.session()) == Plan()


def test_whoever_may_only_look_changes_nothing(context: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    analyst = sign_in("analyst")
    assert analyst.get("/admin/insight/capacity").status_code == 200
    assert analyst.get("/admin/insight/capacity/plan").status_code == 403
    assert post(analyst, "/admin/insight/capacity/plan", dict(GOOD)).status_code == 403
    assert sign_in("packer").get("/admin/insight/capacity").status_code == 403
