"""The `storefront capacity` command: what queues were measured to do, what the model makes of it, and its advice."""

import json
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import with_appcontext

from storefront.insight.queueing.sample import ENOUGH
from storefront.insight.queueing.workers import TARGET_SECONDS, Capacity, Hour

if TYPE_CHECKING:
    from storefront.core.redis import QueueState

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
BASES = {"slot": "", "day": "  (days of its kind)", "every": "  (every day)"}
HEAD = "day hour  arrivals/h  varies  busy     mean      p95  p95 seen  workers"


@click.command("capacity")
@click.option("--queue", default="jobs", show_default=True, help="jobs, packing, or how the names of jobs begin.")
@click.option(
    "--target-p95",
    "target_seconds",
    type=click.FloatRange(0.001),
    default=TARGET_SECONDS,
    show_default=True,
    help="Seconds that nineteen of twenty jobs may wait at most.",
)
@click.option("--workers", type=click.IntRange(1), help="So many workers; those that are alive without.")
@click.option("--json", "is_json", is_flag=True, help="For programs.")
@with_appcontext
def capacity(queue: str, target_seconds: float, workers: int | None, is_json: bool) -> None:
    """Show arrivals, services and waits of jobs by hour of the week, and how many workers they need."""
    from storefront.core import outbox
    from storefront.core.db import db
    from storefront.insight.queueing.jobs_measured import sample_jobs, sample_kinds
    from storefront.insight.queueing.workers import worker_capacity

    if queue == "packing":
        _show_packing(is_json)
        return
    zone = current_app.config["SETTINGS"].time_zone
    session, state = db.session(), _look()
    count = workers or (state.workers if state else 0) or 1
    found = worker_capacity(sample_jobs(session, zone), count, target_seconds)
    facts = _facts(found, queue, outbox.read_backlog(session)._asdict())
    facts["kinds"] = [
        {"name": kind.name, "jobs": kind.sample.arrivals, **_seen(kind.sample)}
        for kind in sample_kinds(session, "" if queue == "jobs" else queue)
    ]
    if queue != "jobs" and not facts["kinds"]:
        raise click.UsageError(f"no job whose name begins with {queue} was done in the last week")
    click.echo(json.dumps(facts, indent=2) if is_json else "\n".join(_lines(found, facts)))


def _show_packing(is_json: bool) -> None:
    from storefront.core.db import db
    from storefront.insight.queueing.packing_words import packing_facts, packing_lines

    facts = packing_facts(db.session(), current_app.config["SETTINGS"].time_zone)
    click.echo(json.dumps(facts, indent=2) if is_json else "\n".join(packing_lines(facts)))


def _look() -> "QueueState | None":
    """Redis may be away: then one worker is taken."""
    from redis import RedisError

    from storefront.core.redis import look_at_queue, queue_redis

    try:
        return look_at_queue(queue_redis())
    except RedisError:
        return None


def _facts(found: Capacity, queue: str, now: dict[str, Any]) -> dict[str, Any]:
    return {
        "queue": queue,
        "workers": found.workers,
        "target_p95_seconds": found.target_seconds,
        "now": now,
        "jobs": found.whole.arrivals,
        "service_scv": found.whole.service_scv,
        "turn_seconds": found.whole.turn_seconds,
        "handover_seconds": found.handover_seconds,
        **_seen(found.whole),
        "hours": [_hour_facts(hour) for hour in found.hours],
    }


def _seen(sample: Any) -> dict[str, Any]:
    return {
        "service_seconds": sample.service_seconds,
        "wait_seconds": sample.wait_seconds,
        "wait_p95_seconds": sample.wait_p95_seconds,
    }


def _hour_facts(hour: Hour) -> dict[str, Any]:
    """JSON knows no infinity: a wait without end is null, with a utilisation of one and more beside it."""
    measured, told = hour.measured, hour.told
    facts = {"weekday": measured.slot.weekday, "hour": measured.slot.hour, "count": measured.count}
    if told is None or measured.load is None:
        return {**facts, "needed": ENOUGH}
    is_steady = told.utilisation < 1
    return {
        **facts,
        "basis": measured.basis,
        "arrivals_per_hour": measured.load.arrivals_per_second * 3600,
        "arrival_scv": measured.load.arrival_scv,
        "utilisation": told.utilisation,
        "wait_probability": told.wait_probability,
        "wait_seconds": told.mean_seconds if is_steady else None,
        "wait_p95_seconds": told.p95_seconds if is_steady else None,
        "seen_p95_seconds": measured.sample.wait_p95_seconds,
        "workers_advised": hour.advised,
    }


def _lines(found: Capacity, facts: dict[str, Any]) -> list[str]:
    now, whole = facts["now"], found.whole
    lines = [
        f"{whole.arrivals} jobs in {whole.hours:.0f} hours; {found.workers} worker(s); p95 wait wanted: "
        f"{_seconds(found.target_seconds)}",
        f"now: {now['due']} due, the oldest for {_seconds(now['oldest_due_seconds'])}; {now['waiting']} wait, "
        f"{now['dead']} dead",
        f"a job keeps a worker busy for {_seconds(whole.service_seconds)} (varies {whole.service_scv:.2f}), of which "
        f"{_seconds(whole.turn_seconds)} is the way to the next one; an idle worker begins after "
        f"{_seconds(found.handover_seconds)}",
        "",
    ]
    if whole.services < ENOUGH:
        return [*lines, f"not enough data yet: {whole.services} of {ENOUGH}"]
    kinds = [
        f"{kind['name']:<28} {kind['jobs']:>7} jobs  takes {_seconds(kind['service_seconds']):>8}  "
        f"p95 wait {_seconds(kind['wait_p95_seconds']):>8}"
        for kind in facts["kinds"]
    ]
    return [*lines, "in the last seven days:", *kinds, "", HEAD, *(_line(hour) for hour in found.hours)]


def _line(hour: Hour) -> str:
    measured, told = hour.measured, hour.told
    start = f"{DAYS[measured.slot.weekday]} {measured.slot.hour:02}:00"
    if told is None or measured.load is None:
        return f"{start}  not enough data yet: {measured.count} of {ENOUGH}"
    return (
        f"{start}  {measured.load.arrivals_per_second * 3600:>9.1f}  {measured.load.arrival_scv:>6.2f}  "
        f"{told.utilisation:>4.0%}  {_seconds(told.mean_seconds):>7}  {_seconds(told.p95_seconds):>7}  "
        f"{_seconds(measured.sample.wait_p95_seconds):>8}  {hour.advised:>7}{BASES[measured.basis]}"
    )


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds == float("inf"):
        return "no end"
    return (
        f"{seconds * 1000:.0f} ms"
        if seconds < 1
        else f"{seconds:.1f} s"
        if seconds < 600
        else f"{seconds / 60:.0f} min"
    )
