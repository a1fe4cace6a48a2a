"""Money that is only held until the goods are sent: taken once, given up when the order is over, asked for again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from storefront.catalog.models import Variant
from storefront.checkout.sending import send_order
from storefront.checkout.service import expire_order
from storefront.config import Settings
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.orders import service as orders
from storefront.orders.mails import send_request
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments import holding, refunds
from storefront.payments import service as payments
from storefront.payments.comparison import compare
from storefront.payments.gateway import GatewayUnavailable, PaymentStatus
from storefront.payments.holding import NothingHeld
from storefront.payments.models import CREDIT, Payment
from storefront.payments.queries import list_ending_holds, list_payments, list_stale_ids
from storefront.payments.refunds import RefundWish
from storefront.stock import service as stock
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.paying import BASE_URL, Paid, books, hear_all, make_started, read, theirs
from tests.fixtures.promoting import make_card, with_cards
from tests.fixtures.provider import Provider, Unreliable
from tests.fixtures.readings import event_kinds, forget, staged, stock_of
from tests.fixtures.shop import on_every_database


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, capture="manual")


@pytest.fixture
def provider(context: Flask) -> Provider:
    return Provider(context)


def make_held(provider: Provider, variant: Variant | None = None) -> Paid:
    """An order whose money the bank holds, and whose shop knows it."""
    started = make_started(provider, variant)
    provider.pay(started.session_id)
    payments.confirm(started.payment_id, provider.gateway)
    return read(started.order_id)


def status_of(order_id: int) -> OrderStatus:
    forget()
    return get_order_by_id(db.session(), order_id).status


def payment_of(order_id: int) -> Payment:
    forget()
    return list_payments(db.session(), order_id)[-1]


def cancel(order_id: int, provider: Provider) -> None:
    holding.cancel(order_id, provider.gateway, actor="user:1", reason="changed their mind", is_written_off=False)


@on_every_database
def test_money_is_held_first_and_taken_once_when_the_order_is_sent(context: Flask) -> None:
    provider = Provider(context)
    held = make_held(provider)
    hear_all(provider)
    assert status_of(held.order_id) is OrderStatus.ACCEPTED
    assert (payment_of(held.order_id).status, books(held.payment_id)) == (PaymentStatus.AUTHORISED, (0, 0))
    assert theirs(provider, held.payment_ref) == (0, [])
    assert staged("orders.send_confirmation") == [{"order_id": held.order_id}]
    send_order(held.order_id, provider.gateway, "user:1")
    hear_all(provider)
    assert status_of(held.order_id) is OrderStatus.FULFILLED
    assert books(held.payment_id) == (held.total_minor, 0)
    assert theirs(provider, held.payment_ref) == (held.total_minor, [])
    assert event_kinds(held.order_id) == [
        "placed",
        "payment_started",
        "payment_authorised",
        "accepted",
        "capture_requested",
        "paid",
        "fulfilled",
    ]
    assert compare(provider.gateway, clock.now().replace(year=2020)).is_green


def test_the_bank_says_until_when_it_holds_the_money(provider: Provider) -> None:
    held = make_held(provider)
    assert 6.9 < (payment_of(held.order_id).expires_at - clock.now()).total_seconds() / 86_400 < 7.1


def test_a_lost_answer_to_the_capture_takes_the_money_once(provider: Provider) -> None:
    held = make_held(provider)
    line = Unreliable(provider.gateway, is_mute=True)
    with pytest.raises(GatewayUnavailable):
        send_order(held.order_id, line, "user:1")
    assert status_of(held.order_id) is OrderStatus.ACCEPTED, "what is not known to be paid is not sent"
    send_order(held.order_id, provider.gateway, "user:1")
    assert status_of(held.order_id) is OrderStatus.FULFILLED
    assert theirs(provider, held.payment_ref) == (held.total_minor, [])


def test_a_capture_whose_process_died_is_found_by_the_sweep(provider: Provider) -> None:
    held = make_held(provider)
    provider.gateway.capture(held.session_id, held.payment_ref, "somebody else's key")
    payments.confirm(held.payment_id, provider.gateway)
    assert status_of(held.order_id) is OrderStatus.PAID
    assert books(held.payment_id) == (held.total_minor, 0)


def test_a_capture_on_the_providers_own_site_is_heard_of(provider: Provider) -> None:
    held = make_held(provider)
    provider.gateway.capture(held.session_id, held.payment_ref, "from the dashboard")
    hear_all(provider)
    assert status_of(held.order_id) is OrderStatus.PAID


def test_cancelling_gives_up_the_hold_and_returns_the_goods(provider: Provider) -> None:
    variant = make_variant(stock_level=5)
    held = make_held(provider, variant)
    cancel(held.order_id, provider)
    assert status_of(held.order_id) is OrderStatus.CANCELLED
    assert payment_of(held.order_id).status is PaymentStatus.CANCELED
    assert theirs(provider, held.payment_ref) == (0, [])
    assert stock_of(variant.id)[0] == 5


def test_an_order_whose_money_was_taken_meanwhile_is_not_cancelled_so(provider: Provider) -> None:
    held = make_held(provider)
    provider.gateway.capture(held.session_id, held.payment_ref, "a colleague was faster")
    with pytest.raises(orders.OrderMoved):
        cancel(held.order_id, provider)
    assert status_of(held.order_id) is OrderStatus.PAID
    assert books(held.payment_id) == (held.total_minor, 0)


def test_an_order_that_waits_for_other_money_is_not_cancelled_so(provider: Provider) -> None:
    order_id = make_order(payment_method="invoice").id
    forget()
    with pytest.raises(orders.OrderMoved):
        cancel(order_id, provider)
    assert status_of(order_id) is OrderStatus.ACCEPTED


def test_a_hold_that_is_over_keeps_the_goods_here_and_the_customer_is_asked_again(provider: Provider) -> None:
    held = make_held(provider)
    provider.gateway.release(held.session_id, held.payment_ref, "the bank lets go")
    hear_all(provider)
    assert (status_of(held.order_id), payment_of(held.order_id).status) == (
        OrderStatus.ACCEPTED,
        PaymentStatus.CANCELED,
    )
    with pytest.raises(NothingHeld):
        send_order(held.order_id, provider.gateway, "user:1")
    holding.ask_again(held.order_id, "user:1")
    assert status_of(held.order_id) is OrderStatus.PENDING
    assert staged("orders.send_request") == [{"order_id": held.order_id}]
    with pytest.raises(orders.OrderMoved):
        holding.ask_again(held.order_id, "user:1")
    payments.start(held.order_id, provider.gateway, BASE_URL)
    second = read(held.order_id)
    provider.pay(second.session_id)
    payments.confirm(second.payment_id, provider.gateway)
    second = read(held.order_id)
    send_order(held.order_id, provider.gateway, "user:1")
    assert theirs(provider, second.payment_ref) == (held.total_minor, [])
    assert books(held.payment_id) == (0, 0)


def test_every_lapse_is_asked_about_in_a_mail_of_its_own(provider: Provider, context: Flask) -> None:
    held = make_held(provider)
    for _ in range(2):
        current = read(held.order_id)
        provider.gateway.release(current.session_id, current.payment_ref, f"over {current.payment_id}")
        payments.confirm(current.payment_id, provider.gateway)
        holding.ask_again(held.order_id, "user:1")
        for _ in range(2):
            send_request(held.order_id, context.config["SETTINGS"])
        payments.start(held.order_id, provider.gateway, BASE_URL)
        provider.pay(read(held.order_id).session_id)
        payments.confirm(read(held.order_id).payment_id, provider.gateway)
    assert event_kinds(held.order_id).count("request_sent") == 2


def test_nothing_is_asked_again_while_the_money_is_held(provider: Provider) -> None:
    held = make_held(provider)
    with pytest.raises(orders.OrderMoved):
        holding.ask_again(held.order_id, "user:1")
    assert status_of(held.order_id) is OrderStatus.ACCEPTED


def expired(provider: Provider, variant_id: int, left: int) -> Paid:
    """An order that has expired while its payer was at the bank; `left` of ten pieces can still be had."""
    started = make_started(provider, db.session.get_one(Variant, variant_id), 3)
    with transaction():
        orders.expire_pending(started.order_id, "tests")
    if left < 10:
        stock.adjust(variant_id, left - 10, "tests", "sold elsewhere")
    provider.pay(started.session_id)
    return started


def test_a_hold_for_an_expired_order_is_kept_while_its_goods_can_be_had(provider: Provider) -> None:
    variant_id = make_variant(stock_level=10).id
    late = expired(provider, variant_id, left=3)
    hear_all(provider)
    assert status_of(late.order_id) is OrderStatus.ACCEPTED
    assert stock_of(variant_id)[0] == 0
    send_order(late.order_id, provider.gateway, "user:1")
    assert books(late.payment_id) == (late.total_minor, 0)


def test_a_hold_for_an_expired_order_is_given_up_when_its_goods_are_gone(provider: Provider) -> None:
    variant_id = make_variant(stock_level=10).id
    late = expired(provider, variant_id, left=2)
    hear_all(provider)
    assert status_of(late.order_id) is OrderStatus.EXPIRED
    assert staged("payments.release") == [{"payment_id": late.payment_id}]
    for _ in range(2):
        holding.release(late.payment_id, provider.gateway)
    assert payment_of(late.order_id).status is PaymentStatus.CANCELED
    assert event_kinds(late.order_id)[-2:] == ["held_too_late", "payment_canceled"]
    assert theirs(provider, read(late.order_id).payment_ref) == (0, [])


def test_an_order_about_to_expire_is_accepted_when_its_money_is_held(provider: Provider) -> None:
    started = make_started(provider)
    with transaction() as session:
        session.get_one(Order, started.order_id).expires_at = clock.now()
    provider.pay(started.session_id)
    expire_order(started.order_id, provider.gateway, BASE_URL)
    assert status_of(started.order_id) is OrderStatus.ACCEPTED
    assert payment_of(started.order_id).status is PaymentStatus.AUTHORISED


def test_holds_are_asked_about_once_an_hour(provider: Provider) -> None:
    held = make_held(provider)
    for minutes, found in ((10, []), (61, [held.payment_id])):
        with transaction() as session:
            session.get_one(Payment, held.payment_id).updated_at = clock.now() - timedelta(minutes=minutes)
        assert [one[0] for one in list_stale_ids(db.session())] == found
        forget()


def test_the_desk_is_warned_of_holds_that_end_soon(provider: Provider) -> None:
    from storefront.admin.queries import HOLD_WARNING, count_attention

    held = make_held(provider)
    assert count_attention(db.session()).ending_holds == 0
    forget()
    with transaction() as session:
        session.get_one(Payment, held.payment_id).expires_at = clock.now() + HOLD_WARNING / 2
    assert [one.id for one in list_ending_holds(db.session(), HOLD_WARNING)] == [held.payment_id]
    assert count_attention(db.session()).ending_holds == 1


def test_goods_stay_here_when_the_money_was_asked_for_and_did_not_come(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = make_held(provider)
    monkeypatch.setattr(provider.gateway, "capture", lambda *_words: provider.gateway.look_up(held.session_id))
    with pytest.raises(NothingHeld):
        send_order(held.order_id, provider.gateway, "user:1")
    assert status_of(held.order_id) is OrderStatus.ACCEPTED


def test_nothing_is_given_up_that_is_not_held(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    held = make_held(provider)
    send_order(held.order_id, provider.gateway, "user:1")
    monkeypatch.setattr(provider.gateway, "release", lambda *_words: pytest.fail("the provider was asked"))
    holding.release(held.payment_id, provider.gateway)
    assert books(held.payment_id) == (held.total_minor, 0)


def test_a_card_that_was_paid_back_in_part_stays_taken_while_the_rest_is_asked_for_again(provider: Provider) -> None:
    card = make_card(300)
    started = make_started(provider, applied=with_cards(card.id), quoted=345)
    provider.pay(started.session_id)
    payments.confirm(started.payment_id, provider.gateway)
    refunds.request(started.order_id, "k", RefundWish(other_minor=100), "user:1")
    held = read(started.order_id)
    provider.gateway.release(held.session_id, held.payment_ref, "the bank lets go")
    hear_all(provider)
    holding.ask_again(held.order_id, "user:1")
    assert status_of(held.order_id) is OrderStatus.PENDING
    taken = db.session.scalars(db.select(Payment).where(Payment.gateway == CREDIT)).one()
    assert (taken.status, taken.captured_minor, taken.refunded_minor) == (PaymentStatus.SUCCEEDED, 300, 100)
