"""Money goes back once, to the penny, and never more than was taken."""

from datetime import timedelta

import pytest
from flask import Flask

from storefront.core import clock
from storefront.core.db import db
from storefront.payments import refunds
from storefront.payments.demo_provider.faults import Fault, Faults
from storefront.payments.gateway import GatewayUnavailable, RefundState, RefundStatus
from storefront.payments.models import Payment, Refund
from storefront.payments.queries import list_stale_refunds
from storefront.payments.refunds import NothingPaid, NothingToRefund, RefundTooHigh, RefundWish
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.paying import Paid, books, drive_all, hear_all, make_paid, refunds_of, theirs
from tests.fixtures.provider import Provider, Unreliable
from tests.fixtures.races import at_once
from tests.fixtures.readings import event_kinds, forget, staged, stock_of
from tests.fixtures.shop import on_every_database

DONE = RefundStatus.SUCCEEDED
# In a wish: the order's own line.
LINE = -1


@pytest.fixture
def provider(context: Flask) -> Provider:
    return Provider(context)


@pytest.fixture
def paid(provider: Provider) -> Paid:
    """Three pieces at 9.99 with delivery: 33.92."""
    return make_paid(provider, make_variant(price_minor=999), 3)


def ask(paid: Paid, key: str = "k", **wish: object) -> int:
    return refunds.request(paid.order_id, key, RefundWish(**wish), "user:1")  # type: ignore[arg-type]


def test_pieces_and_delivery_go_back_at_what_was_paid_for_them(paid: Paid, provider: Provider) -> None:
    (line,) = paid.line_ids
    ask(paid, pieces={line: 2}, shipping_minor=395, reason="Broken")
    drive_all(provider)
    assert refunds_of(paid.order_id) == [(DONE, 2393)]
    assert books(paid.payment_id) == (3392, 2393)
    assert theirs(provider, paid.payment_ref) == (3392, [2393])
    assert event_kinds(paid.order_id)[-2:] == ["refund_requested", "refund_succeeded"]
    assert len(staged("payments.send_refund")) == 1


def test_money_back_leaves_stock_alone(provider: Provider) -> None:
    variant = make_variant(stock_level=10)
    paid = make_paid(provider, variant, 3)
    ask(paid, other_minor=100)
    drive_all(provider)
    assert stock_of(variant.id) == (7, 10)


def test_the_same_form_sent_twice_is_one_refund(paid: Paid, provider: Provider) -> None:
    assert ask(paid, other_minor=500) == ask(paid, other_minor=500)
    drive_all(provider)
    drive_all(provider)
    assert theirs(provider, paid.payment_ref) == (3392, [500])
    assert books(paid.payment_id) == (3392, 500)


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({}, NothingToRefund),
        ({"other_minor": -5}, NothingToRefund),
        ({"other_minor": -5, "shipping_minor": 100}, NothingToRefund),
        ({"pieces": {LINE: -1}, "other_minor": 1000}, NothingToRefund),
        ({"pieces": {LINE: 1, 0: 0}}, NothingToRefund),
        ({"pieces": {0: 1}}, NothingToRefund),
        ({"shipping_minor": 396}, RefundTooHigh),
        ({"shipping_minor": -1, "other_minor": 10}, RefundTooHigh),
        ({"other_minor": 3393}, RefundTooHigh),
    ],
)
def test_what_cannot_go_back_is_refused_and_leaves_nothing(paid: Paid, wish: dict[str, object], error: type) -> None:
    pieces: dict[int, int] = wish.get("pieces", {})  # type: ignore[assignment]
    wish = {**wish, "pieces": {paid.line_ids[0] if line == LINE else line: n for line, n in pieces.items()}}
    with pytest.raises(error):
        ask(paid, **wish)
    assert refunds_of(paid.order_id) == []
    assert books(paid.payment_id) == (3392, 0)


def test_pieces_go_back_once(paid: Paid) -> None:
    (line,) = paid.line_ids
    ask(paid, pieces={line: 2})
    with pytest.raises(NothingToRefund):
        ask(paid, "other", pieces={line: 2})
    ask(paid, "third", pieces={line: 1})
    assert books(paid.payment_id) == (3392, 2997)


def test_an_order_that_was_not_paid_has_nothing_to_give_back(context: Flask) -> None:
    order_id = make_order().id
    with pytest.raises(NothingPaid):
        refunds.request(order_id, "k", RefundWish(other_minor=1), "user:1")


@on_every_database
def test_a_hundred_refunds_at_once_never_exceed_what_was_taken(app: Flask, context: Flask) -> None:
    provider = Provider(context)
    paid = make_paid(provider, make_variant(price_minor=999), 3)
    forget()

    ended = at_once(app, [lambda number=number: ask(paid, f"k-{number}", other_minor=100) for number in range(100)])
    assert len(ended.results) == 33
    assert {type(error) for error in ended.errors} == {RefundTooHigh}
    assert books(paid.payment_id) == (3392, 3300)
    drive_all(provider)
    assert theirs(provider, paid.payment_ref) == (3392, [100] * 33)


def test_without_the_guard_the_database_itself_refuses(paid: Paid) -> None:
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError):
        db.session.execute(db.update(Payment).values(refunded_minor=3393))
    forget()


def test_without_the_split_the_guard_itself_refuses(paid: Paid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refunds, "split", lambda payments, amount: [(payments[0], amount)])
    with pytest.raises(RefundTooHigh):
        ask(paid, other_minor=3393)
    assert (refunds_of(paid.order_id), books(paid.payment_id)) == ([], (3392, 0))


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.TIMED_OUT, Fault.FAILED_LATE, Fault.RATE_LIMITED])
def test_a_refund_whose_answer_was_lost_is_made_once(paid: Paid, provider: Provider, fault: Fault) -> None:
    refund_id = ask(paid, other_minor=500)
    # The library tries again by itself, twice.
    provider.plan(Faults(next_calls=(("create_refund", fault),) * 3))
    with pytest.raises(GatewayUnavailable):
        refunds.drive(refund_id, provider.gateway)
    assert refunds_of(paid.order_id) == [(RefundStatus.REQUESTED, 500)]
    provider.plan(Faults())
    refunds.drive(refund_id, provider.gateway)
    assert refunds_of(paid.order_id) == [(DONE, 500)]
    assert theirs(provider, paid.payment_ref) == (3392, [500])


def test_a_refund_the_provider_could_not_make_is_made_a_day_later_under_a_new_key(
    paid: Paid, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund_id = ask(paid, other_minor=500)
    provider.plan(Faults(next_calls=(("create_refund", Fault.FAILED),)))
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            refunds.drive(refund_id, provider.gateway)
    later = clock.now() + timedelta(hours=24)
    monkeypatch.setattr(clock, "now", lambda: later)
    refunds.drive(refund_id, provider.gateway)
    assert refunds_of(paid.order_id) == [(DONE, 500)]
    assert theirs(provider, paid.payment_ref) == (3392, [500])


def test_a_refund_nobody_finished_is_found_again(
    paid: Paid, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund_id = ask(paid, other_minor=500)
    assert list_stale_refunds(db.session()) == []
    forget()
    later = clock.now() + timedelta(minutes=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert [found for found, _ in list_stale_refunds(db.session())] == [refund_id]
    forget()


def test_no_transaction_is_open_while_money_is_paid_back(paid: Paid, provider: Provider) -> None:
    asked: list[tuple[str, bool]] = []
    line = Unreliable(provider.gateway, heard=lambda call: asked.append((call, db.session().in_transaction())))
    refunds.drive(ask(paid, other_minor=500), line)
    assert asked == [("refund", False)]


@pytest.mark.parametrize("is_heard_first", [True, False])
def test_a_refund_from_the_providers_own_site_is_one_row(paid: Paid, provider: Provider, is_heard_first: bool) -> None:
    if not is_heard_first:
        ask(paid, other_minor=300)
        drive_all(provider)
    provider.dashboard.refund(paid.payment_ref, 700)
    hear_all(provider)
    hear_all(provider)
    if is_heard_first:
        ask(paid, other_minor=300)
        drive_all(provider)
        hear_all(provider)
    assert sorted(refunds_of(paid.order_id)) == [(DONE, 300), (DONE, 700)]
    assert books(paid.payment_id) == (3392, 1000)
    assert theirs(provider, paid.payment_ref) == (3392, [300, 700])


def test_our_refund_is_one_row_whether_the_answer_or_the_message_comes_first(paid: Paid, provider: Provider) -> None:
    refund_id = ask(paid, other_minor=500)
    line = Unreliable(provider.gateway, is_mute=True)
    with pytest.raises(GatewayUnavailable):
        refunds.drive(refund_id, line)
    hear_all(provider)
    assert refunds_of(paid.order_id) == [(DONE, 500)]
    drive_all(provider)
    assert refunds_of(paid.order_id) == [(DONE, 500)]
    assert event_kinds(paid.order_id).count("refund_succeeded") == 1


def test_both_sides_pay_back_everything_at_once_and_one_wins(paid: Paid, provider: Provider) -> None:
    ask(paid, other_minor=3392)
    provider.dashboard.refund(paid.payment_ref)
    with pytest.raises(refunds.RefundsUnsettled):
        hear_all(provider)
    drive_all(provider)
    hear_all(provider)
    assert refunds_of(paid.order_id) == [(RefundStatus.FAILED, 3392), (DONE, 3392)]
    assert books(paid.payment_id) == (3392, 3392)
    assert theirs(provider, paid.payment_ref) == (3392, [3392])


def test_what_the_bank_sends_back_can_be_paid_back_again(paid: Paid, provider: Provider) -> None:
    ask(paid, other_minor=500)
    drive_all(provider)
    refund = db.session.scalars(db.select(Refund)).one()
    payment_id, ref = refund.payment_id, refund.refund_ref or ""
    forget()
    bounced = RefundState(
        refund_ref=ref, refund_id=1, amount_minor=500, status=RefundStatus.FAILED, failure_reason="expired_card"
    )
    for _ in range(2):
        refunds.settle(payment_id, bounced, "demo")
    assert refunds_of(paid.order_id) == [(RefundStatus.FAILED, 500)]
    assert books(paid.payment_id) == (3392, 0)
    assert event_kinds(paid.order_id)[-1] == "refund_failed"


def state_of(refund_id: int, amount_minor: int, status: RefundStatus = DONE) -> RefundState:
    """What the provider says of a refund that carries our id, or of one that does not (0)."""
    return RefundState(
        refund_ref="re_other", refund_id=refund_id, amount_minor=amount_minor, status=status, failure_reason=None
    )


def test_a_refund_elsewhere_that_failed_before_it_was_heard_of_takes_nothing(paid: Paid) -> None:
    refunds.settle(paid.payment_id, state_of(0, 500, RefundStatus.FAILED), "demo")
    assert (refunds_of(paid.order_id), books(paid.payment_id)) == ([], (3392, 0))


def test_a_refund_with_our_id_and_another_amount_is_not_ours(paid: Paid) -> None:
    refund_id = ask(paid, other_minor=500)
    refunds.settle(paid.payment_id, state_of(refund_id, 300), "demo")
    assert refunds_of(paid.order_id) == [(RefundStatus.REQUESTED, 500), (DONE, 300)]
    assert books(paid.payment_id) == (3392, 800)


def test_a_refund_with_our_id_of_another_payment_is_not_ours(paid: Paid, provider: Provider) -> None:
    refund_id, other = ask(paid, other_minor=500), make_paid(provider, make_variant(price_minor=999), 3)
    refunds.settle(other.payment_id, state_of(refund_id, 500), "demo")
    assert refunds_of(paid.order_id) == [(RefundStatus.REQUESTED, 500)]
    assert refunds_of(other.order_id) == [(DONE, 500)]
    assert books(other.payment_id) == (3392, 500)


def test_no_step_back_from_failed(paid: Paid, provider: Provider) -> None:
    refund_id = ask(paid, other_minor=500)
    provider.dashboard.refund(paid.payment_ref, 3392)
    drive_all(provider)
    assert refunds_of(paid.order_id) == [(RefundStatus.FAILED, 500)]
    refunds.drive(refund_id, provider.gateway)
    assert refunds_of(paid.order_id) == [(RefundStatus.FAILED, 500)]
