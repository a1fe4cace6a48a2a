"""Money moves once: an attempt, its page, the provider's messages and the order they pay."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest
from flask import Flask

from storefront.core.db import db, transaction
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.orders.service import OrderMoved
from storefront.payments import service as payments
from storefront.payments.gateway import GatewayRejected, GatewayUnavailable, PaymentState, PaymentStatus
from storefront.payments.models import Payment, WebhookEvent
from storefront.payments.queries import UnknownPayment, list_payments
from storefront.payments.service import PaymentMismatch
from tests.fixtures.factories import make_order
from tests.fixtures.provider import Provider, Unreliable
from tests.fixtures.readings import event_kinds, forget, staged

BASE_URL = "http://shop.example"
PAID_ONCE = ["placed", "payment_started", "paid"]


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


def start(order_id: int, provider: Provider) -> Payment:
    payments.start(order_id, provider.gateway, BASE_URL)
    return attempts(order_id)[-1]


def session_of(payment: Payment) -> str:
    assert payment.session_id is not None
    return payment.session_id


def state_of(payment: Payment, provider: Provider) -> PaymentState:
    return provider.gateway.look_up(session_of(payment))


def process_all(provider: Provider) -> None:
    forget()
    for event_id in db.session.scalars(db.select(WebhookEvent.id).order_by(WebhookEvent.id)).all():
        payments.process_event(event_id, provider.gateway)


def deliver(provider: Provider) -> list[bool]:
    return [payments.receive_event(event, "demo", body) for event, body in provider.events()]


def assert_paid_once(order_id: int) -> None:
    assert status_of(order_id) is OrderStatus.PAID
    assert event_kinds(order_id) == PAID_ONCE
    assert staged("orders.send_confirmation") == [{"order_id": order_id}]


def test_an_attempt_is_written_before_the_provider_hears_of_it(order: int, provider: Provider) -> None:
    line = Unreliable(provider.gateway, is_deaf=True)
    with pytest.raises(GatewayUnavailable):
        payments.start(order, line, BASE_URL)
    (payment,) = attempts(order)
    assert (payment.status, payment.live_order_id, payment.session_id, payment.url) == ("created", order, None, None)
    assert payment.idempotency_key == line.keys[0]
    assert provider.sessions() == []
    assert event_kinds(order) == ["placed", "payment_started"]


def test_no_transaction_is_open_while_the_provider_is_asked(order: int, provider: Provider) -> None:
    asked: list[tuple[str, bool]] = []
    line = Unreliable(provider.gateway, heard=lambda call: asked.append((call, db.session().in_transaction())))
    payments.start(order, line, BASE_URL)
    payment = attempts(order)[0]
    payments.confirm(payment.id, line)
    provider.pay(session_of(payment), "decline")
    payments.stop(order, line, BASE_URL)
    deliver(provider)
    for event_id in db.session.scalars(db.select(WebhookEvent.id).order_by(WebhookEvent.id)).all():
        payments.process_event(event_id, line)
    calls = ["start", "look_up", "cancel", "look_up_money", "look_up"]
    assert asked == [(call, False) for call in calls]


def test_starting_again_gives_the_same_page(order: int, provider: Provider) -> None:
    first = payments.start(order, provider.gateway, BASE_URL)
    assert payments.start(order, provider.gateway, BASE_URL) == first
    assert len(attempts(order)) == len(provider.sessions()) == 1
    payment = attempts(order)[0]
    assert (payment.amount_minor, payment.currency, payment.gateway) == (645, "GBP", "demo")
    assert event_kinds(order) == ["placed", "payment_started"]


@pytest.mark.parametrize("flaw", ["is_deaf", "is_mute"])
def test_an_attempt_whose_answer_was_lost_is_asked_for_again_under_its_key(
    order: int, provider: Provider, flaw: str
) -> None:
    line = Unreliable(provider.gateway, **{flaw: True})  # type: ignore[arg-type]
    with pytest.raises(GatewayUnavailable):
        payments.start(order, line, BASE_URL)
    line.is_deaf = line.is_mute = False
    assert payments.start(order, line, BASE_URL) == attempts(order)[0].url
    assert line.keys[0] == line.keys[1]
    assert len(attempts(order)) == len(provider.sessions()) == 1


@pytest.mark.parametrize("status", [OrderStatus.PAID, OrderStatus.CANCELLED])
def test_only_a_pending_order_can_be_paid(order: int, provider: Provider, status: OrderStatus) -> None:
    with transaction() as session:
        session.get_one(Order, order).status = status
    with pytest.raises(OrderMoved):
        payments.start(order, provider.gateway, BASE_URL)
    assert attempts(order) == []


def test_what_the_provider_refused_can_be_started_once_it_is_put_right(order: int, provider: Provider) -> None:
    with transaction() as session:
        session.get_one(Order, order).email = "nobody"
    with pytest.raises(GatewayRejected):
        payments.start(order, provider.gateway, BASE_URL)
    with transaction() as session:
        session.get_one(Order, order).email = "ada@example.com"
    assert payments.start(order, provider.gateway, BASE_URL)


def ways(order_id: int, payment_id: int, provider: Provider) -> dict[str, Callable[[], object]]:
    return {
        "message": lambda: (deliver(provider), process_all(provider)),
        "return": lambda: payments.confirm(payment_id, provider.gateway),
        "state": lambda: payments.apply_state(state_of(attempts(order_id)[0], provider), provider.gateway),
    }


@pytest.mark.parametrize("order_of_ways", list(permutations(["message", "return", "state"])))
def test_in_whatever_order_and_however_often_the_news_come_the_order_is_paid_once(
    order: int, provider: Provider, order_of_ways: tuple[str, ...]
) -> None:
    payment = start(order, provider)
    provider.pay(session_of(payment))
    steps = ways(order, payment.id, provider)
    for name in order_of_ways * 2:
        steps[name]()
        assert_paid_once(order)
    (paid,) = attempts(order)
    assert (paid.status, paid.live_order_id) == (PaymentStatus.SUCCEEDED, None)
    assert paid.payment_ref is not None


def test_an_event_is_stored_and_staged_once(order: int, provider: Provider) -> None:
    provider.pay(session_of(start(order, provider)))
    assert deliver(provider) == [True]
    assert deliver(provider) == [False]
    rows = db.session.scalars(db.select(WebhookEvent)).all()
    assert [(row.kind, row.provider, row.processed_at) for row in rows] == [
        ("checkout.session.completed", "demo", None)
    ]
    assert staged("payments.process_event") == [{"event_id": rows[0].id}]
    process_all(provider)
    forget()
    assert db.session.scalars(db.select(WebhookEvent)).one().processed_at is not None


def test_an_event_that_was_acted_on_is_not_acted_on_again(order: int, provider: Provider) -> None:
    provider.pay(session_of(start(order, provider)))
    deliver(provider)
    process_all(provider)
    line = Unreliable(provider.gateway, is_deaf=True)
    event_id = db.session.scalars(db.select(WebhookEvent.id)).one()
    payments.process_event(event_id, line)
    assert_paid_once(order)


def test_an_event_stays_in_the_inbox_while_the_provider_does_not_answer(order: int, provider: Provider) -> None:
    provider.pay(session_of(start(order, provider)))
    deliver(provider)
    event_id = db.session.scalars(db.select(WebhookEvent.id)).one()
    with pytest.raises(GatewayUnavailable):
        payments.process_event(event_id, Unreliable(provider.gateway, is_deaf=True))
    assert status_of(order) is OrderStatus.PENDING
    payments.process_event(event_id, provider.gateway)
    assert_paid_once(order)


def test_an_event_about_something_else_is_kept_and_moves_nothing(order: int, provider: Provider) -> None:
    provider.pay(session_of(start(order, provider)))
    ((event, body),) = provider.events()
    payments.receive_event(replace(event, id="evt_1", kind="customer.created"), "demo", body)
    process_all(provider)
    assert status_of(order) is OrderStatus.PENDING
    assert db.session.scalars(db.select(WebhookEvent)).one().processed_at is not None


def test_an_event_that_comes_before_its_attempt_is_known_is_tried_again(order: int, provider: Provider) -> None:
    payment = start(order, provider)
    provider.pay(session_of(payment))
    deliver(provider)
    early = Unreliable(provider.gateway, changed=lambda state: replace(state, attempt_id=10**6))
    event_id = db.session.scalars(db.select(WebhookEvent.id)).one()
    with pytest.raises(UnknownPayment):
        payments.process_event(event_id, early)
    forget()
    assert db.session.get_one(WebhookEvent, event_id).processed_at is None
    payments.process_event(event_id, provider.gateway)
    assert_paid_once(order)


def test_an_event_may_come_before_the_answer_that_names_its_session(order: int, provider: Provider) -> None:
    with pytest.raises(GatewayUnavailable):
        payments.start(order, Unreliable(provider.gateway, is_mute=True), BASE_URL)
    (session_id,) = provider.sessions()
    provider.pay(session_id)
    deliver(provider)
    process_all(provider)
    assert_paid_once(order)
    assert attempts(order)[0].session_id == session_id


def test_an_event_or_attempt_that_does_not_exist_is_named(provider: Provider) -> None:
    with pytest.raises(UnknownPayment):
        payments.process_event(10**6, provider.gateway)
    with pytest.raises(UnknownPayment):
        payments.confirm(10**6, provider.gateway)


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"amount_minor": 644}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"order_number": "OTHER"}, "order"),
        ({"session_id": "cs_other"}, "session"),
        ({"is_live": True}, "mode"),
        ({"amount_minor": 1, "currency": "JPY"}, "amount, currency"),
    ],
)
def test_a_report_that_does_not_match_moves_nothing_and_is_noted(
    order: int, provider: Provider, change: dict[str, object], differs: str
) -> None:
    payment = start(order, provider)
    provider.pay(session_of(payment))
    line = Unreliable(provider.gateway, changed=lambda state: replace(state, **change))  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(PaymentMismatch):
            payments.confirm(payment.id, line)
    assert status_of(order) is OrderStatus.PENDING
    assert (attempts(order)[0].status, attempts(order)[0].live_order_id) == (PaymentStatus.CREATED, order)
    assert event_kinds(order) == ["placed", "payment_started", "payment_mismatch"]
    assert differs in get_order_by_id(db.session(), order).events[-1].facts["text"]
    assert staged("orders.send_confirmation") == []


def test_a_declined_card_leaves_the_attempt_alive_for_another_one(order: int, provider: Provider) -> None:
    payment = start(order, provider)
    provider.pay(session_of(payment), "decline")
    payments.confirm(payment.id, provider.gateway)
    (declined,) = attempts(order)
    assert (declined.status, declined.decline_code) == (PaymentStatus.REQUIRES_ACTION, "generic_decline")
    assert payments.start(order, provider.gateway, BASE_URL) == declined.url
    provider.pay(session_of(payment))
    payments.confirm(payment.id, provider.gateway)
    assert status_of(order) is OrderStatus.PAID
    assert attempts(order)[0].decline_code is None


def test_a_card_that_asks_its_holder_is_paid_after_the_answer(order: int, provider: Provider) -> None:
    payment = start(order, provider)
    provider.pay(session_of(payment), "authenticate")
    payments.confirm(payment.id, provider.gateway)
    assert attempts(order)[0].status is PaymentStatus.REQUIRES_ACTION
    provider.authenticate(session_of(payment))
    payments.confirm(payment.id, provider.gateway)
    assert status_of(order) is OrderStatus.PAID


def test_an_old_report_never_takes_a_payment_back(order: int, provider: Provider) -> None:
    payment = start(order, provider)
    before = state_of(payment, provider)
    provider.pay(session_of(payment))
    payments.confirm(payment.id, provider.gateway)
    for status in set(PaymentStatus) - {PaymentStatus.SUCCEEDED}:
        payments.apply_state(replace(before, status=status), provider.gateway)
    assert_paid_once(order)
    assert attempts(order)[0].status is PaymentStatus.SUCCEEDED


def test_the_reason_of_the_last_decline_is_kept(order: int, provider: Provider) -> None:
    payment = start(order, provider)
    provider.pay(session_of(payment), "decline")
    payments.confirm(payment.id, provider.gateway)
    first = attempts(order)[0].decline_code
    assert first
    line = Unreliable(provider.gateway, changed=lambda state: replace(state, decline_code="lost_card"))
    for _ in range(2):
        payments.confirm(payment.id, line)
    assert (first, attempts(order)[0].decline_code) == ("generic_decline", "lost_card")
    assert event_kinds(order).count("payment_requires_action") == 2
