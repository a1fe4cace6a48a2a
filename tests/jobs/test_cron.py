"""The cron table: each slot once, however many clocks there are, and by the time people live by."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from flask import Flask

from jobs import find_handler
from jobs.cron import TABLE, Cron, Entry
from storefront.core import outbox
from storefront.core.db import transaction
from tests.fixtures.races import at_once
from tests.fixtures.shop import on_every_database
from tests.jobs.rows import rows

LONDON = ZoneInfo("Europe/London")
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class Hands:
    """The hands of the shop's clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = NOON
        monkeypatch.setattr("storefront.core.clock.now", lambda: self.moment)

    def run(self, cron: Cron, start: datetime, end: datetime) -> list[datetime]:
        """Let `cron` look once a minute from `start` to before `end`; returns when it staged something."""
        self.moment, staged = start, []
        while self.moment < end:
            if cron.stage_due():
                staged.append(self.moment)
            self.moment += timedelta(minutes=1)
        return staged


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch)


def nightly(schedule: str, zone: ZoneInfo) -> Cron:
    """A clock with one job; what was due before it started has been staged already."""
    return Cron(zone, (Entry("tests.nightly", schedule),))


def test_slot_is_staged_when_it_begins_and_not_again(context: Flask, hands: Hands) -> None:
    cron = Cron(LONDON, (Entry("tests.often", "*/5 * * * *"),))
    staged = hands.run(cron, NOON, NOON + timedelta(minutes=16))
    assert staged == [NOON + timedelta(minutes=minutes) for minutes in (0, 5, 10, 15)]
    assert len(rows("tests.often")) == 4


@on_every_database
def test_two_clocks_stage_each_slot_once(context: Flask, hands: Hands) -> None:
    clocks = [Cron(LONDON) for _ in range(2)]
    for minutes in (0, 5, 10):
        hands.moment = NOON + timedelta(minutes=minutes)
        at_once(context, [clock.stage_due for clock in clocks]).won()
    assert len(rows("payments.sweep")) == 3
    assert len(rows("outbox.forget_done")) == 1


def test_clock_that_starts_again_does_not_repeat_the_slot(context: Flask, hands: Hands) -> None:
    nightly("11 3 * * *", LONDON).stage_due()
    nightly("11 3 * * *", LONDON).stage_due()
    assert len(rows("tests.nightly")) == 1


def test_slots_missed_while_nothing_ran_are_caught_up_with_once(context: Flask, hands: Hands) -> None:
    nightly("11 3 * * *", LONDON).stage_due()
    hands.moment = NOON + timedelta(days=5)
    late = nightly("11 3 * * *", LONDON)
    assert [late.stage_due(), late.stage_due()] == [1, 0]
    assert len(rows("tests.nightly")) == 2


def test_hour_is_the_shops_and_not_the_servers(context: Flask, hands: Hands) -> None:
    shanghai = nightly("11 3 * * *", ZoneInfo("Asia/Shanghai"))
    shanghai.stage_due()
    staged = hands.run(shanghai, NOON, NOON + timedelta(days=1))
    assert staged == [datetime(2026, 5, 4, 19, 11, tzinfo=UTC)]


@pytest.mark.parametrize(("day", "at_utc"), [(28, 3), (29, 2), (30, 2)])
def test_nightly_job_runs_by_the_clock_on_the_wall_when_summer_begins(
    context: Flask, hands: Hands, day: int, at_utc: int
) -> None:
    cron = nightly("11 3 * * *", LONDON)
    start = datetime(2026, 3, day, tzinfo=UTC)
    hands.moment = start
    cron.stage_due()
    staged = hands.run(cron, start, start + timedelta(hours=22))
    assert staged == [start + timedelta(hours=at_utc, minutes=11)]


def test_nightly_job_in_an_hour_that_clocks_skip_runs_behind_it(context: Flask, hands: Hands) -> None:
    cron = nightly("30 2 * * *", BERLIN)
    hands.moment = datetime(2026, 3, 28, 12, tzinfo=UTC)
    cron.stage_due()
    staged = hands.run(cron, hands.moment, datetime(2026, 3, 30, 12, tzinfo=UTC))
    # 02:30 does not exist on the 29th: it runs at 03:00 summer time, and the next night at 02:30 again.
    assert staged == [datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]


def test_nightly_job_in_an_hour_that_comes_twice_runs_once(context: Flask, hands: Hands) -> None:
    cron = nightly("30 1 * * *", LONDON)
    hands.moment = datetime(2026, 10, 24, 12, tzinfo=UTC)
    cron.stage_due()
    hands.run(cron, hands.moment, datetime(2026, 10, 25, 12, tzinfo=UTC))
    assert len(rows("tests.nightly")) == 2


@pytest.mark.parametrize(
    "start", [datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 3, 28, 23, 30, tzinfo=UTC)]
)
def test_job_at_intervals_keeps_them_when_clocks_change(context: Flask, hands: Hands, start: datetime) -> None:
    cron = Cron(LONDON, (Entry("tests.often", "*/5 * * * *"),))
    staged = hands.run(cron, start, start + timedelta(hours=4))
    assert {later - earlier for earlier, later in pairwise(staged)} == {timedelta(minutes=5)}
    assert len(rows("tests.often")) == 4 * 12


def test_slot_whose_staging_failed_is_staged_later(
    context: Flask, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    cron = nightly("11 3 * * *", LONDON)
    with transaction(), pytest.raises(RuntimeError, match="does not nest"):
        cron.stage_due()
    assert cron.stage_due() == 1
    assert len(rows("tests.nightly")) == 1


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.job)
def test_every_entry_names_a_job_that_exists_and_a_time_that_comes(entry: Entry) -> None:
    assert callable(find_handler(entry.job))
    assert croniter.is_valid(entry.schedule)


def test_keys_of_slots_fit_the_column() -> None:
    longest = max(len(f"cron-{entry.job}-202605041200+0000") for entry in TABLE)
    assert longest <= outbox.OutboxJob.dedupe_key.type.length
