"""`perform`: what a job does once, and what becomes of one that fails."""

import time
from datetime import timedelta

import pytest
from flask import Flask
from rq import Queue, SimpleWorker
from sqlalchemy.exc import OperationalError

import jobs
from jobs.worker import is_more_handed_over, perform, perform_next, work
from storefront.config import Settings
from storefront.core import clock, outbox
from storefront.core.db import db, transaction
from storefront.core.outbox import BACKOFF_SECONDS, MAX_ATTEMPTS, OutboxStatus
from storefront.core.redis import connect
from storefront.orders.models import Order, OrderStatus
from storefront.payments.models import Payment, PaymentStatus, WebhookEvent
from tests.fixtures.races import at_once
from tests.fixtures.readings import event_kinds
from tests.fixtures.shop import on_every_database
from tests.jobs.paying import deliver_messages, make_started_order, pay
from tests.jobs.rows import claim, row, rows, run, stage


def order_status(order_id: int) -> OrderStatus:
    db.session.rollback()
    return db.session.get_one(Order, order_id).status


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What a job "tests.count" was called with."""
    numbers: list[int] = []
    monkeypatch.setitem(jobs.HANDLERS, "tests.count", "tests.jobs.test_worker:count")
    monkeypatch.setattr("tests.jobs.test_worker.count", lambda number: numbers.append(number), raising=False)
    return numbers


def test_job_that_is_done_is_not_done_again(worker: Flask, calls: list[int]) -> None:
    (job_id,) = stage("tests.count", number=7)
    run(job_id)
    assert row(job_id).status is OutboxStatus.DONE
    run(job_id)
    assert calls == [7]


def test_job_whose_row_is_gone_is_no_error(worker: Flask, calls: list[int]) -> None:
    perform(12345, 1)
    assert calls == []


@on_every_database
def test_try_that_was_handed_over_twice_is_begun_once(worker: Flask, calls: list[int]) -> None:
    (job_id,) = stage("tests.count", number=7)
    at_once(worker, [lambda: perform(job_id, 1)] * 6).won()
    assert calls == [7]
    assert row(job_id).attempts == 1


def test_try_whose_lease_was_over_is_not_begun_after_the_next_one(worker: Flask, calls: list[int]) -> None:
    (job_id,) = stage("tests.count", number=7)
    with transaction():
        assert outbox.begin(job_id, 1)
        assert outbox.begin(job_id, 2)
    perform(job_id, 1)
    perform(job_id, 2)
    assert calls == []


def test_lease_begins_anew_with_the_try(worker: Flask, calls: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have waited in the queue for almost all of the lease that its hand-over gave it."""
    (job_id,) = stage("tests.count", number=7)
    claim(job_id)
    late = row(job_id).due_at - timedelta(seconds=1)
    monkeypatch.setattr("storefront.core.clock.now", lambda: late)
    with transaction():
        assert outbox.begin(job_id, 1) == (job_id, "tests.count", {"number": 7})
    assert row(job_id).due_at == late + timedelta(seconds=outbox.LEASE_SECONDS)


def test_message_of_the_provider_pays_the_order_and_a_second_run_changes_nothing(worker: Flask) -> None:
    order_id, payment_id = make_started_order()
    pay(worker, payment_id)
    assert deliver_messages(worker) == 1
    assert deliver_messages(worker) == 1
    (event,) = rows("payments.process_event")
    run(event.id)
    assert order_status(order_id) is OrderStatus.PAID
    before = event_kinds(order_id)
    with transaction():
        # As if the worker had died between its work and the note of it.
        row(event.id).status = OutboxStatus.WAITING
    run(event.id)
    assert event_kinds(order_id) == before == ["placed", "payment_started", "paid"]
    assert len(rows("orders.send_confirmation")) == 1
    assert row(event.id).status is OutboxStatus.DONE


def test_work_is_found_done_even_when_the_inbox_does_not_say_so(worker: Flask) -> None:
    """The worker died after the order was paid and before the message was marked as processed."""
    order_id, payment_id = make_started_order()
    pay(worker, payment_id)
    deliver_messages(worker)
    (event,) = rows("payments.process_event")
    run(event.id)
    with transaction() as session:
        row(event.id).status = OutboxStatus.WAITING
        for message in session.query(WebhookEvent):
            message.processed_at = None
    run(event.id)
    assert event_kinds(order_id).count("paid") == 1
    assert len(rows("orders.send_confirmation")) == 1


def test_sweep_finds_a_payment_that_nobody_told_us_about(worker: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id, payment_id = make_started_order()
    pay(worker, payment_id)
    (sweep,) = stage("payments.sweep")
    run(sweep)
    assert rows("payments.confirm") == [], "the webhook still has its two minutes"
    later = clock.now() + timedelta(minutes=3)
    monkeypatch.setattr("storefront.core.clock.now", lambda: later)
    run(stage("payments.sweep")[-1])
    (confirm,) = rows("payments.confirm")
    run(confirm.id)
    assert order_status(order_id) is OrderStatus.PAID


def test_sweep_asks_once_about_an_attempt_however_often_it_runs(worker: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    make_started_order()
    later = clock.now() + timedelta(minutes=3)
    monkeypatch.setattr("storefront.core.clock.now", lambda: later)
    for _ in range(3):
        run(stage("payments.sweep")[-1])
    assert len(rows("payments.confirm")) == 1


def test_sweep_asks_again_when_an_attempt_stays_open(worker: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id, payment_id = make_started_order()
    for minutes in (3, 6):
        later = clock.now() + timedelta(minutes=minutes)
        monkeypatch.setattr("storefront.core.clock.now", lambda later=later: later)
        run(stage("payments.sweep")[-1])
        run(rows("payments.confirm")[-1].id)
    assert len(rows("payments.confirm")) == 2
    assert order_status(order_id) is OrderStatus.PENDING
    assert db.session.get_one(Payment, payment_id).status not in {PaymentStatus.SUCCEEDED, PaymentStatus.FAILED}


def test_failed_job_waits_longer_after_each_try_until_it_is_dead(
    worker: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now()
    monkeypatch.setattr("storefront.core.clock.now", lambda: moment)
    (job_id,) = stage("payments.confirm", payment_id=12345)
    pauses = []
    for _ in range(MAX_ATTEMPTS - 1):
        claim(job_id)
        run(job_id)
        pauses.append(round((row(job_id).due_at - moment).total_seconds()))
        moment = row(job_id).due_at
    assert tuple(pauses) == BACKOFF_SECONDS
    claim(job_id)
    run(job_id)
    dead = row(job_id)
    assert dead.status is OutboxStatus.DEAD
    assert dead.error == "UnknownPayment: This payment is not known here."


def test_job_of_an_unknown_name_is_noted_and_hurts_no_other(worker: Flask, calls: list[int]) -> None:
    unknown = stage("tests.nobody_does_this")[0]
    known = stage("tests.count", number=1)[0]
    claim(unknown)
    run(unknown)
    run(known)
    assert row(unknown).status is OutboxStatus.WAITING
    assert row(unknown).error == "KeyError: 'tests.nobody_does_this'"
    assert row(known).status is OutboxStatus.DONE


def test_job_with_arguments_its_handler_does_not_take_is_noted(worker: Flask, calls: list[int]) -> None:
    (job_id,) = stage("tests.count", number=1, colour="green")
    claim(job_id)
    run(job_id)
    assert (row(job_id).error or "").startswith("TypeError")
    assert calls == []


def test_failure_leaves_nothing_half_written(worker: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id, payment_id = make_started_order()
    pay(worker, payment_id)

    def broken(*_: object, **__: object) -> None:
        raise OSError("no room")

    (job_id,) = stage("payments.confirm", payment_id=payment_id)
    claim(job_id)
    with monkeypatch.context() as patch:
        patch.setattr("storefront.orders.service.count_sold", broken)  # The last step of paying.
        run(job_id)
    assert order_status(order_id) is OrderStatus.PENDING
    assert rows("orders.send_confirmation") == []
    assert row(job_id).error == "OSError: no room"
    run(job_id)
    assert order_status(order_id) is OrderStatus.PAID


def test_database_that_fails_while_the_failure_is_noted_leaves_the_row_to_its_lease(
    worker: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job_id,) = stage("tests.nobody_does_this")
    claim(job_id)

    def gone(*_: object) -> None:
        raise OperationalError("UPDATE", {}, OSError("gone"))

    monkeypatch.setattr("storefront.core.outbox.mark_failed", gone)
    with pytest.raises(OperationalError):
        run(job_id)
    assert row(job_id).status is OutboxStatus.WAITING
    assert row(job_id).due_at > clock.now()


def test_old_rows_are_forgotten_and_new_ones_kept(worker: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    old, recent = stage("tests.job", 2)
    moment = clock.now()
    for job_id, days in ((old, 41), (recent, 39)):
        monkeypatch.setattr("storefront.core.clock.now", lambda days=days: moment - timedelta(days=days))
        with transaction():
            outbox.mark_done(job_id)
    monkeypatch.setattr("storefront.core.clock.now", lambda: moment)
    run(stage("outbox.forget_done")[0])
    assert [kept.id for kept in rows("tests.job")] == [recent]


@pytest.mark.parametrize("name", sorted(jobs.HANDLERS))
def test_every_job_that_can_be_staged_has_a_function(name: str) -> None:
    assert callable(jobs.find_handler(name))


def test_fork_goes_on_with_what_is_due_until_nothing_is(
    worker: Flask, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.worker.LINGER_SECONDS", 0.3)
    first, last = stage("tests.count", 2, number=1)
    (broken,) = stage("tests.unknown")
    (later,) = stage("tests.count", number=2, delay_seconds=60)[2:]
    work(first, 1)
    assert calls == [1, 1]
    assert [row(job_id).status for job_id in (first, broken, last, later)] == ["done", "waiting", "done", "waiting"]
    assert [row(job_id).attempts for job_id in (broken, later)] == [1, 0]


def test_fork_ends_in_time_however_much_is_due(
    worker: Flask, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.worker.WARM_SECONDS", 0)
    first, second = stage("tests.count", 2, number=1)
    work(first, 1)
    assert (row(first).status, row(second).status) == ("done", "waiting")


def test_fork_waits_for_nothing_while_rows_were_handed_over_to_the_next_one(
    worker: Flask, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them would wait for a second otherwise, with the next row behind it."""
    monkeypatch.setattr("jobs.worker.LINGER_SECONDS", 60)
    monkeypatch.setattr("jobs.worker.is_more_handed_over", lambda: True)
    (first,) = stage("tests.count", number=1)
    began_at = time.monotonic()
    work(first, 1)
    assert row(first).status is OutboxStatus.DONE
    assert time.monotonic() - began_at < 30


def test_fork_sees_what_was_handed_over(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    monkeypatch.setattr("tests.jobs.test_worker.look", lambda: seen.append(is_more_handed_over()), raising=False)
    connection = connect(settings.redis_queue_url)
    queue = Queue("looks", connection=connection)
    for _ in range(2):
        queue.enqueue("tests.jobs.test_worker.look")
    SimpleWorker([queue], connection=connection).work(burst=True)
    assert seen == [True, False]
    assert is_more_handed_over() is False, "outside of RQ there is no queue"


@on_every_database
def test_forks_that_go_on_side_by_side_begin_each_row_once(worker: Flask, calls: list[int]) -> None:
    ids = stage("tests.count", 12, number=1)

    def go_on() -> int:
        done = 0
        while perform_next():
            done += 1
        return done

    assert sum(at_once(worker, [go_on] * 4).won()) == len(calls) == 12
    assert {row(job_id).attempts for job_id in ids} == {1}
