"""The cron table. A slot is a row in the outbox under its own key, so two schedulers never run it twice."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from croniter import croniter

from storefront.core import clock, outbox
from storefront.core.db import transaction


class Entry(NamedTuple):
    """A job and when it is due, as crontab(5) writes it, in the shop's time zone."""

    job: str
    schedule: str


TABLE = (
    Entry("payments.sweep", "*/5 * * * *"),
    Entry("outbox.forget_done", "11 3 * * *"),
    Entry("carts.forget_old", "21 3 * * *"),
)


class Cron:
    """Stages the jobs of `table`; a slot missed while nothing ran is caught up with once."""

    def __init__(self, time_zone: ZoneInfo, table: tuple[Entry, ...] = TABLE) -> None:
        self._time_zone = time_zone
        self._table = table
        self._staged: dict[str, datetime] = {}

    def stage_due(self) -> int:
        """Stage every slot that has begun since the last call and return how many; opens a transaction when needed."""
        moment = clock.now().astimezone(self._time_zone)
        slots = {entry.job: _slot(entry, moment) for entry in self._table}
        due = {job: slot for job, slot in slots.items() if self._staged.get(job) != slot}
        if due:
            with transaction():
                for job, slot in due.items():
                    outbox.stage(job, dedupe_key=f"cron-{job}-{slot:%Y%m%d%H%M%z}")
            self._staged.update(due)
        return len(due)


def _slot(entry: Entry, moment: datetime) -> datetime:
    """The beginning of the newest slot: now, when it begins this very minute."""
    if croniter.match(entry.schedule, moment):
        return moment.replace(second=0, microsecond=0)
    slot: datetime = croniter(entry.schedule, moment).get_prev(datetime)
    return slot
