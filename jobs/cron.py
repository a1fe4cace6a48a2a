"""The cron table. A slot is a row in the outbox under its own key, so two schedulers never run it twice."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from croniter import croniter

from storefront.core import clock, outbox
from storefront.core.db import retry_deadlocks, transaction


class Entry(NamedTuple):
    """A job and when it is due, as crontab(5) writes it, in the shop's time zone."""

    job: str
    schedule: str

    @property
    def follows_time(self) -> bool:
        """Whether it is due at intervals and not at an hour of the day: then both passes of a doubled hour count."""
        minute, hour = self.schedule.split()[:2]
        return "/" in minute or minute == "*" or hour == "*"


TABLE = (
    Entry("checkout.expire_unpaid", "* * * * *"),
    Entry("stock.tell_waiting", "* * * * *"),
    Entry("insight.refresh", "* * * * *"),
    Entry("payments.sweep", "*/5 * * * *"),
    Entry("payments.sweep_events", "2-59/5 * * * *"),
    Entry("stock.reconcile", "*/5 * * * *"),
    Entry("wishlist.look_after", "*/10 * * * *"),
    Entry("queueing.count_hours", "4 * * * *"),
    Entry("audit.forget_addresses", "1 3 * * *"),
    Entry("audit.note_head", "6 3 * * *"),
    Entry("outbox.forget_done", "11 3 * * *"),
    Entry("carts.forget_old", "21 3 * * *"),
    Entry("accounts.forget_old", "26 3 * * *"),
    Entry("insight.refresh_categories", "16 3 * * *"),
    Entry("insight.forecast", "19 3 * * *"),
    Entry("insight.find_pairs", "36 3 * * *"),
    Entry("stock.forget_requests", "31 3 * * *"),
    Entry("privacy.forget_old", "36 3 * * *"),
    Entry("payments.forget_events", "41 3 * * *"),
    Entry("payments.compare", "51 3 * * *"),
    Entry("insight.report_daily", "30 6 * * *"),
    Entry("insight.report_weekly", "35 6 * * 1"),
    Entry("insight.report_monthly", "40 6 1 * *"),
    Entry("insight.report_low_stock", "45 6 * * *"),
    Entry("payments.remind", "3 9 * * *"),
)


class Cron:
    """Stages the jobs of `table`; a slot missed while nothing ran is caught up with once."""

    def __init__(self, time_zone: ZoneInfo, table: tuple[Entry, ...] = TABLE) -> None:
        self._time_zone = time_zone
        self._table = table
        self._staged: dict[str, str] = {}
        self._minute: datetime | None = None

    @retry_deadlocks
    def stage_due(self) -> int:
        """Stage every slot that has begun since the last call and return how many; opens a transaction when needed."""
        minute = clock.now().replace(second=0, microsecond=0)
        if minute == self._minute:
            return 0  # Slots begin with minutes, and the clock asks several times a second.
        due = {entry.job: _key(entry, minute.astimezone(self._time_zone)) for entry in self._table}
        due = {job: key for job, key in due.items() if self._staged.get(job) != key}
        if due:
            with transaction():
                for job, key in due.items():
                    outbox.stage(job, dedupe_key=key)
            self._staged.update(due)
        self._minute = minute
        return len(due)


def _key(entry: Entry, minute: datetime) -> str:
    """The name of the newest slot. When clocks go back, half past one comes twice: a nightly job runs at the first."""
    slot = _slot(entry, minute)
    return f"cron-{entry.job}-{slot:%Y%m%d%H%M%z}" if entry.follows_time else f"cron-{entry.job}-{slot:%Y%m%d%H%M}"


def _slot(entry: Entry, minute: datetime) -> datetime:
    """The beginning of the newest slot: now, when it begins this very minute. Skipped hours move it to their end."""
    if croniter.match(entry.schedule, minute):
        return minute
    slot: datetime = croniter(entry.schedule, minute).get_prev(datetime)
    return slot
