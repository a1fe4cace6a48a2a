"""The sweep over the provider's events finishes what no message did, and the comparison sees what does not agree."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask

from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.orders.models import Order, OrderStatus
from storefront.payments import service as payments
from storefront.payments.command import reconcile
from storefront.payments.comparison import Difference, compare
from storefront.payments.gateway import GatewayUnavailable
from storefront.payments.models import Payment, ProviderCursor, Refund, WebhookEvent
from storefront.payments.queries import list_comparisons
from storefront.payments.sweeping import forget_events, sweep_events
from storefront.stock.models import StockEntry
from tests.fixtures.paying import make_paid, make_started, read, refunds_of
from tests.fixtures.provider import Provider, Unreliable
from tests.fixtures.readings import forget

A_DAY = timedelta(days=1)


@pytest.fixture
def provider(context: Flask) -> Provider:
    return Provider(context)


def process_all(provider: Provider) -> None:
    forget()
    for event_id in db.session.scalars(db.select(WebhookEvent.id).order_by(WebhookEvent.id)).all():
        payments.process_event(event_id, provider.gateway)


def compare_now(provider: Provider, *, is_mending: bool = False):
    forget()
    return compare(provider.gateway, clock.now() - A_DAY, is_mending=is_mending)


def change(model: type, **values: object) -> None:
    db.session.execute(db.update(model).values(**values))
    db.session.commit()


def test_the_webhook_endpoint_is_down_and_the_sweep_finishes_every_order(provider: Provider) -> None:
    started = [make_started(provider) for _ in range(3)]
    for one in started:
        provider.pay(one.session_id)
    provider.dashboard.refund(db_ref(provider, started[0].session_id), 100)
    assert sweep_events(provider.gateway) >= 5
    assert sweep_events(provider.gateway) == 0
    process_all(provider)
    forget()
    assert {order.status for order in db.session.scalars(db.select(Order))} == {OrderStatus.PAID}
    assert [amount for _, amount in refunds_of(started[0].order_id)] == [100]
    assert compare_now(provider).is_green


def db_ref(provider: Provider, session_id: str) -> str:
    ref = provider.gateway.look_up(session_id).payment_ref
    assert ref
    return ref


def test_a_sweep_that_failed_begins_where_the_last_good_one_did(provider: Provider) -> None:
    provider.pay(make_started(provider).session_id)
    with pytest.raises(GatewayUnavailable):
        sweep_events(Unreliable(provider.gateway, is_deaf=True))
    assert sweep_events(provider.gateway) == 1


def test_what_is_known_is_not_stored_again(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    provider.pay(make_started(provider).session_id)
    assert sweep_events(provider.gateway) == 1
    monkeypatch.setattr("storefront.payments.sweeping.receive_event", lambda *_words: pytest.fail("it is known"))
    assert sweep_events(provider.gateway) == 0


def test_what_shows_in_the_list_later_than_it_is_stamped_is_found(provider: Provider) -> None:
    with transaction() as session:
        session.merge(ProviderCursor(gateway=provider.gateway.name, seen_until=clock.now() + timedelta(minutes=50)))
    provider.pay(make_started(provider).session_id)
    assert sweep_events(provider.gateway) == 1


def test_messages_of_somebody_elses_payments_are_none_of_our_business(provider: Provider) -> None:
    paid = make_paid(provider)
    from stripe import StripeClient

    from storefront.payments.gateways import PROVIDER, demo_keys

    app = provider._app
    client = StripeClient(demo_keys(app.config["SETTINGS"])[0], http_client=app.extensions[PROVIDER].http_client()).v1
    foreign = client.payment_intents.create(
        {"amount": 500, "currency": "gbp", "confirm": True, "payment_method": "pm_card_visa", "return_url": "http://x"}
    )
    client.refunds.create({"payment_intent": foreign.id})
    sweep_events(provider.gateway)
    process_all(provider)
    assert refunds_of(paid.order_id) == []
    found = compare_now(provider)
    assert found.is_green
    assert found.payments == 1


def test_agreeing_books_are_green(provider: Provider) -> None:
    paid = [make_paid(provider) for _ in range(2)]
    found = compare_now(provider)
    assert (found.is_green, found.payments, found.orders, found.captured) == (
        True,
        2,
        2,
        {"GBP": sum(one.total_minor for one in paid)},
    )


def test_money_that_nobody_told_us_about_is_red_and_can_be_mended(provider: Provider) -> None:
    started = make_started(provider)
    provider.pay(started.session_id)
    assert compare_now(provider).differences == (Difference("captured", started.number, 0, started.total_minor),)
    found = compare_now(provider, is_mending=True)
    assert (found.is_green, found.mended) == (True, 1)
    forget()
    assert db.session.get_one(Order, started.order_id).status is OrderStatus.PAID


def test_a_refund_that_nobody_told_us_about_is_red_and_can_be_mended(provider: Provider) -> None:
    paid = make_paid(provider)
    provider.dashboard.refund(paid.payment_ref, 100)
    assert compare_now(provider).differences == (Difference("refunded", paid.number, 0, 100),)
    assert compare_now(provider, is_mending=True).is_green
    assert [amount for _, amount in refunds_of(paid.order_id)] == [100]


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda: change(Payment, captured_minor=1000), "captured"),
        (lambda: change(Order, status=OrderStatus.CANCELLED), "kept_of_ended_order"),
        (lambda: change(Order, status=OrderStatus.PENDING), "paid_but_pending"),
        (lambda: change(Order, total_minor=9999, items_minor=9999 - 395), "order_total"),
        (lambda: change(StockEntry, quantity=-7), "stock"),
    ],
)
def test_what_does_not_agree_is_named(provider: Provider, spoil, kind: str) -> None:
    paid = make_paid(provider)
    spoil()
    found = compare_now(provider)
    assert kind in {one.kind for one in found.differences}
    assert {one.order for one in found.differences} == {paid.number}


def test_the_same_number_in_another_currency_does_not_agree(provider: Provider) -> None:
    paid = make_paid(provider)
    change(Payment, currency="EUR")
    assert [(one.kind, one.order) for one in compare_now(provider).differences] == [("captured", paid.number)]


def test_money_for_an_attempt_that_is_not_here_is_named(provider: Provider) -> None:
    paid = make_paid(provider)
    db.session.execute(db.delete(Payment))
    db.session.commit()
    unknown = Difference("unknown_payment", paid.payment_ref, 0, paid.total_minor)
    assert unknown in compare_now(provider).differences


def test_the_command_says_green_or_red_in_one_line_and_keeps_it(app: Flask, provider: Provider) -> None:
    paid = make_paid(provider)
    run = lambda *options: CliRunner().invoke(reconcile, options, obj=None)  # noqa: E731
    with app.app_context():
        answer = run("--mend")
    assert answer.exit_code == 0, answer.output
    assert answer.output.splitlines()[-1].startswith("green: 1 payment(s) and 1 order(s)")
    provider.dashboard.refund(paid.payment_ref, 100)
    answer = run()
    assert answer.exit_code == 1
    assert answer.output.splitlines()[-1].startswith("RED: ")
    assert f"{paid.number}" in answer.output
    assert run("--mend").exit_code == 0
    forget()
    assert [one.is_green for one in list_comparisons(db.session())] == [True, False, True]
    assert read(paid.order_id)
    assert db.session.scalars(db.select(Refund)).one().amount_minor == 100


def test_old_messages_are_forgotten_once_they_were_acted_on(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.pay(make_started(provider).session_id)
    sweep_events(provider.gateway)
    later = clock.now() + timedelta(days=91)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: later)
        assert forget_events() == 0
    process_all(provider)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert forget_events() == 1
