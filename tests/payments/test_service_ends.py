"""How an attempt ends: stopped, expired, paid meanwhile, or asked about because nobody told us."""

from dataclasses import replace

import pytest
from flask import Flask

from storefront.checkout import service as checkout
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.orders.service import OrderMoved, cancel_pending
from storefront.payments import service as payments
from storefront.payments.gateway import GatewayUnavailable, PaymentStatus
from storefront.payments.models import Payment
from storefront.payments.queries import STALE_AFTER, find_live_payment, list_payments, list_stale_ids
from storefront.payments.service import StillPayable
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.provider import Provider, Unreliable
from tests.fixtures.readings import event_kinds, forget, staged, stock_of

BASE_URL = "http://shop.example"


@pytest.fixture
def provider(context: Flask) -> Provider:
    return Provider(context)


@pytest.fixture
def order(provider: Provider) -> int:
    return make_order().id


def status_of(order_id: int) -> OrderStatus:
    forget()
    return get_order_by_id(db.session(), order_id).status


def attempts(order_id: int) -> list[Payment]:
    forget()
    return list_payments(db.session(), order_id)


def started(order_id: int, provider: Provider) -> tuple[int, str]:
    payments.start(order_id, provider.gateway, BASE_URL)
    payment = attempts(order_id)[-1]
    assert payment.session_id is not None
    return payment.id, payment.session_id


def cancel(order_id: int, gateway: object) -> str | None:
    token = get_order_by_id(db.session(), order_id).token
    return checkout.cancel_order(token, gateway, BASE_URL, None)  # type: ignore[arg-type]


def test_a_stopped_attempt_can_no_longer_be_paid(order: int, provider: Provider) -> None:
    _, session_id = started(order, provider)
    payments.stop(order, provider.gateway, BASE_URL)
    (payment,) = attempts(order)
    assert (payment.status, payment.live_order_id) == (PaymentStatus.CANCELED, None)
    state = provider.gateway.look_up(session_id)
    assert (state.status, state.is_session_open) == (PaymentStatus.CANCELED, False)
    assert event_kinds(order) == ["placed", "payment_started", "payment_canceled"]


def test_stopping_twice_or_without_an_attempt_is_no_error(order: int, provider: Provider) -> None:
    payments.stop(order, provider.gateway, BASE_URL)
    started(order, provider)
    payments.stop(order, provider.gateway, BASE_URL)
    payments.stop(order, provider.gateway, BASE_URL)
    assert len(attempts(order)) == 1


def test_a_new_attempt_begins_after_the_old_one_has_ended(order: int, provider: Provider) -> None:
    first, first_session = started(order, provider)
    payments.stop(order, provider.gateway, BASE_URL)
    second, second_session = started(order, provider)
    assert (first, first_session) != (second, second_session)
    assert len({payment.idempotency_key for payment in attempts(order)}) == 2
    live = find_live_payment(db.session(), order)
    assert live is not None
    assert live.id == second


def test_a_cancelled_order_has_stopped_its_attempt_before(provider: Provider) -> None:
    variant = make_variant(stock_level=10)
    order = make_order(variant, 3).id
    _, session_id = started(order, provider)
    cancel(order, provider.gateway)
    assert status_of(order) is OrderStatus.CANCELLED
    assert provider.gateway.look_up(session_id).status is PaymentStatus.CANCELED
    assert stock_of(variant.id) == (10, 10)


def test_an_order_that_was_paid_meanwhile_is_paid_and_not_cancelled(provider: Provider) -> None:
    variant = make_variant(stock_level=10)
    order = make_order(variant, 3).id
    _, session_id = started(order, provider)
    provider.pay(session_id)
    with pytest.raises(OrderMoved) as refused:
        cancel(order, provider.gateway)
    assert refused.value.facts["status"] is OrderStatus.PAID
    assert status_of(order) is OrderStatus.PAID
    assert event_kinds(order) == ["placed", "payment_started", "paid"]
    assert staged("orders.send_confirmation") == [{"order_id": order}]
    assert stock_of(variant.id) == (7, 10)


@pytest.mark.parametrize("flaw", ["is_deaf", "is_mute"])
def test_an_order_is_not_cancelled_while_the_provider_does_not_answer(
    order: int, provider: Provider, flaw: str
) -> None:
    started(order, provider)
    line = Unreliable(provider.gateway, **{flaw: True})  # type: ignore[arg-type]
    with pytest.raises(GatewayUnavailable):
        cancel(order, line)
    assert status_of(order) is OrderStatus.PENDING
    cancel(order, provider.gateway)
    assert status_of(order) is OrderStatus.CANCELLED


def test_an_order_is_not_cancelled_while_its_payment_is_being_processed(order: int, provider: Provider) -> None:
    payment_id, _ = started(order, provider)
    line = Unreliable(provider.gateway, changed=lambda state: replace(state, status=PaymentStatus.PROCESSING))
    for step in (lambda: payments.stop(order, line, BASE_URL), lambda: cancel(order, line)):
        with pytest.raises(StillPayable):
            step()
    assert status_of(order) is OrderStatus.PENDING
    assert attempts(order)[0].id == payment_id
    assert attempts(order)[0].status is PaymentStatus.PROCESSING


def test_an_order_is_not_cancelled_when_an_attempt_begins_after_the_last_was_stopped(
    order: int, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_stop = payments.stop

    def stop_and_begin_again(*arguments: object) -> None:
        real_stop(*arguments)  # type: ignore[arg-type]
        started(order, provider)

    monkeypatch.setattr(payments, "stop", stop_and_begin_again)
    with pytest.raises(StillPayable):
        cancel(order, provider.gateway)
    assert status_of(order) is OrderStatus.PENDING


@pytest.mark.parametrize("flaw", ["is_deaf", "is_mute"])
def test_an_attempt_without_a_session_is_asked_for_before_it_is_stopped(
    order: int, provider: Provider, flaw: str
) -> None:
    line = Unreliable(provider.gateway, **{flaw: True})  # type: ignore[arg-type]
    with pytest.raises(GatewayUnavailable):
        payments.start(order, line, BASE_URL)
    line.is_deaf = line.is_mute = False
    cancel(order, line)
    assert line.keys[0] == line.keys[1]
    assert status_of(order) is OrderStatus.CANCELLED
    (session_id,) = provider.sessions()
    assert provider.gateway.look_up(session_id).status is PaymentStatus.CANCELED


def test_money_for_an_order_that_is_over_is_not_lost_from_sight(order: int, provider: Provider) -> None:
    payment_id, session_id = started(order, provider)
    with transaction():
        cancel_pending(order, "tests", "without asking the provider")
    provider.pay(session_id)
    payments.confirm(payment_id, provider.gateway)
    payments.confirm(payment_id, provider.gateway)
    assert status_of(order) is OrderStatus.CANCELLED
    assert event_kinds(order) == ["placed", "payment_started", "cancelled", "paid_too_late", "refund_requested"]
    assert attempts(order)[0].status is PaymentStatus.SUCCEEDED
    assert staged("orders.send_confirmation") == []


def test_an_attempt_nobody_tells_us_about_is_asked_about(
    order: int, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_id, session_id = started(order, provider)
    assert list_stale_ids(db.session()) == []
    later = clock.now() + STALE_AFTER * 1.01
    monkeypatch.setattr(clock, "now", lambda: later)
    forget()
    assert [found for found, _ in list_stale_ids(db.session())] == [payment_id]
    payments.confirm(payment_id, provider.gateway)
    forget()
    assert list_stale_ids(db.session()) == []
    provider.pay(session_id)
    payments.confirm(payment_id, provider.gateway)
    assert status_of(order) is OrderStatus.PAID


def test_an_attempt_that_has_ended_is_not_asked_about(order: int, provider: Provider) -> None:
    payment_id, _ = started(order, provider)
    payments.stop(order, provider.gateway, BASE_URL)
    payments.confirm(payment_id, Unreliable(provider.gateway, is_deaf=True))
    assert attempts(order)[0].status is PaymentStatus.CANCELED


def test_what_the_provider_shows_is_what_was_ordered(order: int, provider: Provider) -> None:
    variant = make_variant(price_minor=1999)
    bought = make_order(variant, 2, locale="zh_Hans")
    bought_id, total, number = bought.id, bought.total_minor, bought.number
    payment_id, session_id = started(bought_id, provider)
    state = provider.gateway.look_up(session_id)
    assert (state.amount_minor, state.currency, state.order_number, state.attempt_id) == (
        total,
        "GBP",
        number,
        payment_id,
    )
