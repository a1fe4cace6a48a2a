"""What `storefront capacity --queue packing` prints: orders by hour of the week, and the day that is promised."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.insight.queueing.packers import PackingWeek, packing_week
from storefront.insight.queueing.packing import count_waiting, sample_orders, sample_waits
from storefront.insight.queueing.plan import read_plan
from storefront.insight.queueing.promise import parcel_speed, promise
from storefront.insight.queueing.sample import ENOUGH, pool

HEAD = "day hour  orders/h  packers  busy  wait"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def packing_facts(session: Session, zone: ZoneInfo) -> dict[str, Any]:
    """Everything for programs; what is not known is null, with how much of it there is beside it."""
    plan, waiting, samples = read_plan(session), count_waiting(session), sample_orders(session, zone)
    speed, waits = parcel_speed(plan), sample_waits(session)
    promised = promise(plan, zone, clock.now(), waiting)
    week = packing_week(samples, plan, speed) if speed else None
    return {
        "queue": "packing",
        "waiting": waiting,
        "promised_for": promised.day.isoformat(),
        "is_measured": promised.is_measured,
        "is_slowed": promised.is_slowed,
        "orders": pool(samples.values()).arrivals,
        "parcels": plan.parcels,
        "parcel": speed._asdict() if speed else None,
        "wait_seconds": waits.wait_seconds if waits.waits else None,
        "wait_p95_seconds": waits.wait_p95_seconds,
        "shifts": {DAYS[day]: shift._asdict() for day, shift in plan.shifts.items()},
        "share": week.share if week else None,
        "hours": _hours(week) if week else [],
    }


def packing_lines(facts: dict[str, Any]) -> list[str]:
    """The same for people."""
    parcel, basis = facts["parcel"], "by the queue" if facts["is_measured"] else "the handling time, not measured"
    lines = [f"{facts['waiting']} order(s) wait; new ones are promised for {facts['promised_for']} ({basis})"]
    if not facts["shifts"]:
        lines.append("nobody has said yet who packs when: Insight > Capacity > Who packs when")
    if parcel is None:
        lines.append(f"how long a parcel takes: not enough data yet: {facts['parcels']} of {ENOUGH}")
    else:
        lines.append(f"a parcel takes {parcel['seconds'] / 60:.1f} min ({facts['parcels']} measured)")
    if not facts["hours"]:
        return [*lines, f"orders of the last eight weeks: {facts['orders']} of at least {ENOUGH}"]
    lines += [f"a usual week takes {facts['share']:.0%} of the packers' time", "", HEAD]
    return lines + [_line(hour) for hour in facts["hours"]]


def _hours(week: PackingWeek) -> list[dict[str, Any]]:
    return [{**hour._asdict(), "slot": tuple(hour.slot)} for hour in week.hours]


def _line(hour: dict[str, Any]) -> str:
    weekday, start = hour["slot"]
    busy = "   -" if hour["utilisation"] is None else f"{hour['utilisation']:>4.0%}"
    numbers = f"{hour['orders']:>8.2f}  {hour['packers']:>7.1f}  {busy}  {hour['waiting']:>4.0f}"
    return f"{DAYS[weekday]} {start:02}:00  {numbers}"
