"""What is measured about packing, on orders that are placed, paid and sent."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from storefront.config import Settings
from storefront.core.db import db, transaction
from storefront.insight.queueing.packing import (
    Sent,
    count_waiting,
    list_sent,
    measure_packing,
    pack_seconds,
    sample_orders,
    sample_waits,
)
from storefront.insight.queueing.plan import Plan, Shift, read_plan, write_plan
from storefront.insight.queueing.sample import Slot
from storefront.orders.models import Order, OrderEvent, OrderStatus
from tests.fixtures.shop import on_every_database

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def sent(actor: str, ready: float, done: float) -> Sent:
    return Sent(actor, at(ready), at(done))


def add_order(number: int, paid_at: datetime, sent_at: datetime | None = None, actor: str = "user:1") -> None:
    status = OrderStatus.FULFILLED if sent_at else OrderStatus.PAID
    with transaction() as session:
        order = Order(
            number=f"N{number}",
            token=f"t{number}",
            status=status,
            currency="GBP",
            items_minor=100,
            total_minor=100,
            placed_at=paid_at,
            paid_at=paid_at,
        )
        session.add(order)
        session.flush()
        if sent_at:
            session.add(
                OrderEvent(
                    order_id=order.id,
                    kind="fulfilled",
                    actor=actor,
                    from_status=OrderStatus.PAID,
                    to_status=OrderStatus.FULFILLED,
                    created_at=sent_at,
                )
            )


def test_parcel_takes_from_the_one_before_it_or_from_when_it_could_be_packed() -> None:
    assert pack_seconds([sent("user:1", 0, 5), sent("user:1", 0, 9), sent("user:1", 20, 26)]) == [240, 360]


def test_each_packer_has_a_time_of_their_own() -> None:
    both = [sent("user:1", 0, 5), sent("user:2", 0, 6), sent("user:1", 0, 9), sent("user:2", 0, 12)]
    assert sorted(pack_seconds(both)) == [240, 360]


def test_pause_is_no_packing() -> None:
    assert pack_seconds([sent("user:1", 0, 5), sent("user:1", 0, 65), sent("user:1", 0, 70)]) == [300]


def test_what_is_ticked_off_together_shares_its_time() -> None:
    """Three parcels are packed in half an hour and marked within ten seconds."""
    ticks = [sent("user:1", 0, 0), *(sent("user:1", 0, 30 + second / 60) for second in (0, 4, 8))]
    assert pack_seconds(ticks) == [pytest.approx((1800 + 8) / 3)] * 3


@on_every_database
def test_speed_is_measured_and_kept_beside_what_the_merchant_says(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.core.clock.now", lambda: at(600))
    shift = Shift(packers=2, opens=540, closes=1020, cutoff=900)
    write_plan(Plan(shifts={0: shift}, holidays=frozenset({MONDAY.date()}), handling_days=2, parcel_minutes=7))
    for number in range(40):
        add_order(number, at(-30), at(5 * number))
    add_order(40, at(1))
    measure_packing()
    plan = read_plan(db.session())
    assert (plan.shifts, plan.handling_days, plan.parcel_minutes) == ({0: shift}, 2, 7)
    assert (plan.parcels, plan.parcel_seconds, plan.parcel_scv) == (39, pytest.approx(300), pytest.approx(0))
    write_plan(Plan(shifts={1: shift}))
    plan = read_plan(db.session())
    assert (set(plan.shifts), plan.holidays, plan.parcels, plan.parcel_minutes) == ({1}, frozenset(), 39, None)
    assert count_waiting(db.session()) == 1


def test_what_the_shop_itself_marks_is_no_packing(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storefront.core.clock.now", lambda: at(600))
    add_order(1, at(0), at(5), actor="import")
    assert list_sent(db.session(), at(-60)) == []


def test_order_paid_after_it_was_sent_was_ready_when_it_was_placed(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.core.clock.now", lambda: at(600))
    add_order(1, at(0), at(50))
    with transaction() as session:
        session.query(Order).update({"paid_at": at(500)})
    assert list_sent(db.session(), at(-60)) == [Sent("user:1", at(0), at(50))]


def test_orders_are_counted_by_hour_of_the_shops_week(
    context: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.core.clock.now", lambda: at(14 * 24 * 60))
    for number in range(35):
        add_order(number, at(number), at(number + 100))
    found = sample_orders(db.session(), settings.time_zone)
    nine = found[Slot(0, 9)]
    assert (nine.arrivals, nine.hours, nine.arrivals_per_hour) == (35, 2, 17.5)
    assert found[Slot(3, 3)].arrivals == 0
    assert nine.arrival_scv == pytest.approx(0, abs=0.1), "one a minute does not vary"
    waits = sample_waits(db.session())
    assert waits.wait_seconds == pytest.approx(6000)
    assert waits.wait_p95_seconds == pytest.approx(6000, rel=0.15)


def test_without_orders_nothing_is_known(context: Flask, settings: Settings) -> None:
    assert sample_orders(db.session(), settings.time_zone) == {}
    assert read_plan(db.session()) == Plan()
