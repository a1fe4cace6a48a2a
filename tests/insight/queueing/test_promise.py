"""The day that is promised: from queue, packers, hours, cut-off and holidays, or from the handling time."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.insight.queueing.packers import packing_week
from storefront.insight.queueing.plan import Plan, Shift
from storefront.insight.queueing.promise import parcel_speed, promise, sent_on, work_seconds
from storefront.insight.queueing.sample import WEEK, Sample, Slot

LONDON = ZoneInfo("Europe/London")
# Nine to five, what is packed by three leaves.
SHIFT = Shift(packers=1, opens=9 * 60, closes=17 * 60, cutoff=15 * 60)
WEEKDAYS = dict.fromkeys(range(5), SHIFT)
PLAN = Plan(shifts=WEEKDAYS, parcels=100, parcel_seconds=600, parcel_scv=0.0)
MONDAY, TUESDAY, WEDNESDAY, FRIDAY = (
    date(2026, 11, 30),
    date(2026, 12, 1),
    date(2026, 12, 2),
    date(2026, 12, 4),
)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON).astimezone(UTC)


def promised(moment: datetime, queue: int = 0, plan: Plan = PLAN, more_packers: int = 0) -> date:
    return promise(plan, LONDON, moment, queue, more_packers).day


def test_what_can_be_packed_before_the_cutoff_leaves_today() -> None:
    assert promised(at(MONDAY, 10)) == MONDAY
    assert promised(at(MONDAY, 10), queue=29) == MONDAY, "thirty parcels are five hours"
    assert promised(at(MONDAY, 10), queue=30) == TUESDAY


def test_after_the_cutoff_parcels_are_packed_for_tomorrow() -> None:
    assert promised(at(MONDAY, 15)) == TUESDAY
    assert promised(at(MONDAY, 16, 59), queue=5) == TUESDAY
    # Twelve of them are packed this evening, six hours of tomorrow pack 36 more.
    assert promised(at(MONDAY, 15), queue=47) == TUESDAY
    assert promised(at(MONDAY, 15), queue=48) == WEDNESDAY


def test_night_and_weekend_wait_for_the_morning() -> None:
    assert promised(at(FRIDAY, 18)) == date(2026, 12, 7)
    assert promised(at(FRIDAY, 18), queue=36) == date(2026, 12, 8)


def test_holidays_are_none_of_it() -> None:
    holidays = frozenset({TUESDAY, WEDNESDAY})
    plan = Plan(**{**vars(PLAN), "holidays": holidays})
    assert promised(at(MONDAY, 16), plan=plan) == date(2026, 12, 3)
    assert promise(Plan(holidays=holidays), LONDON, at(MONDAY, 16), 0).day == date(2026, 12, 3)


def test_another_packer_makes_it_sooner() -> None:
    assert promised(at(MONDAY, 10), queue=55) == TUESDAY
    assert promised(at(MONDAY, 10), queue=55, more_packers=1) == MONDAY


def test_variation_is_allowed_for() -> None:
    unsteady = Plan(**{**vars(PLAN), "parcel_scv": 1.0})
    assert promised(at(MONDAY, 10), queue=29, plan=unsteady) == TUESDAY
    speed = parcel_speed(unsteady)
    assert speed is not None
    assert work_seconds(100, speed) == pytest.approx(600 * (100 + 16.45))


def test_hours_of_the_day_follow_the_clocks_of_the_place() -> None:
    """On 25 October 2026 British clocks go back: nine o'clock in London is eight in UTC before and nine after."""
    saturday, monday = date(2026, 10, 24), date(2026, 10, 26)
    assert promised(at(saturday, 12)) == monday
    days = PLAN.shift_days(datetime(2026, 10, 23, 12, tzinfo=UTC), LONDON)
    assert [day.opens_at.astimezone(UTC).hour for day, _ in zip(days, range(2), strict=False)] == [8, 9]


def test_without_a_plan_the_handling_time_counts_working_days() -> None:
    found = promise(Plan(), LONDON, at(MONDAY, 10), queue=500)
    assert (found.day, found.is_measured, found.is_slowed) == (TUESDAY, False, False)
    assert promise(Plan(handling_days=0), LONDON, at(FRIDAY, 20), 0).day == FRIDAY
    assert promise(Plan(), LONDON, at(FRIDAY, 10), 0).day == date(2026, 12, 7)


def test_hours_without_a_measured_parcel_fall_back_and_say_so() -> None:
    few = Plan(shifts=WEEKDAYS, parcels=29, parcel_seconds=600, parcel_scv=0)
    assert not promise(few, LONDON, at(MONDAY, 10), 500).is_measured
    assert promise(few, LONDON, at(MONDAY, 15), 500).day == WEDNESDAY, "after the cut-off the first day is tomorrow"
    told = Plan(shifts=WEEKDAYS, parcel_minutes=10)
    assert promise(told, LONDON, at(MONDAY, 10), 0).is_measured


def test_promise_is_slowed_when_the_queue_is_longer_than_the_handling_time() -> None:
    assert not promise(PLAN, LONDON, at(MONDAY, 10), 60).is_slowed
    found = promise(PLAN, LONDON, at(MONDAY, 10), 120)
    assert (found.is_slowed, found.usual, found.day) == (True, TUESDAY, WEDNESDAY)


@given(st.integers(0, 2_000), st.integers(0, 7 * 24 * 60), st.integers(0, 4))
def test_promise_is_a_working_day_and_never_earlier_for_a_longer_queue(queue: int, minutes: int, more: int) -> None:
    moment = at(MONDAY, 0) + timedelta(minutes=minutes)
    day = promised(moment, queue, more_packers=more)
    assert PLAN.is_working(day)
    assert day >= moment.astimezone(LONDON).date()
    assert promised(moment, queue + 25, more_packers=more) >= day
    assert promised(moment, queue, more_packers=more + 1) <= day
    assert promised(moment + timedelta(hours=5), queue, more_packers=more) >= day


def test_plan_without_any_working_day_ends_all_the_same() -> None:
    closed = Plan(shifts={0: SHIFT}, holidays=frozenset(MONDAY + timedelta(weeks=week) for week in range(60)))
    assert sent_on(closed, LONDON, at(MONDAY, 10), 600) > date(2027, 11, 1)
    assert promise(closed, LONDON, at(MONDAY, 10), 3).day > date(2027, 11, 1)


def test_usual_week_carries_a_nights_orders_into_the_morning() -> None:
    speed = parcel_speed(PLAN)
    assert speed is not None
    samples = {slot: Sample(hours=8, arrivals=8) for slot in WEEK}
    week = packing_week(samples, PLAN, speed)
    assert week is not None
    assert week.share == pytest.approx(7 * 24 / (5 * 8 * 6))
    assert week.at(Slot(1, 3)).utilisation is None
    assert week.at(Slot(1, 9)).utilisation == 1.0
    assert week.at(Slot(4, 16)).utilisation == pytest.approx(1 / 6)
    assert week.at(Slot(6, 23)).waiting == pytest.approx(7 + 48)
    faster = packing_week(samples, PLAN, speed, more_packers=1)
    assert faster is not None
    assert faster.share == pytest.approx(week.share / 2)


def test_usual_week_of_few_orders_is_not_told() -> None:
    speed = parcel_speed(PLAN)
    assert speed is not None
    assert packing_week({Slot(0, 9): Sample(hours=8, arrivals=29)}, PLAN, speed) is None
