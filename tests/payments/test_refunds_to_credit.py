"""Paying back as credit: staff choose, and both ways together never give back more than was taken."""

from datetime import timedelta

import pytest
from flask import Flask

from storefront.accounts import service as accounts
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.payments import refunds
from storefront.payments.comparison import compare
from storefront.payments.gateway import RefundStatus
from storefront.payments.gateways import gateway_of
from storefront.payments.models import CREDIT, Refund
from storefront.payments.refunds import RefundTooHigh, RefundWish
from storefront.promotions.models import CreditAccount, CreditKind
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.paying import Paid, books, drive_all, hear_all, make_paid, refunds_of, theirs
from tests.fixtures.promoting import SECRET, balance, make_card, with_cards
from tests.fixtures.provider import Provider
from tests.fixtures.races import at_once
from tests.fixtures.readings import event_kinds, forget, staged
from tests.fixtures.shop import on_every_database

TOTAL = 3 * 999 + 395


def make_customer() -> int:
    return accounts.create_user("ada@example.com", "correct horse battery", name="Ada")


def ask(paid: Paid, key: str = "k", *, is_credit: bool = True, **parts: object) -> int:
    wish = RefundWish(is_credit=is_credit, **parts)  # type: ignore[arg-type]
    return refunds.request(paid.order_id, key, wish, "user:1", SECRET)


def accounts_with_money() -> list[tuple[CreditKind, int, str]]:
    forget()
    rows = db.session.scalars(db.select(CreditAccount).order_by(CreditAccount.id)).all()
    found = [(row.kind, row.balance_minor, row.email) for row in rows]
    forget()
    return found


def differences(provider: Provider) -> list[object]:
    forget()
    return list(compare(provider.gateway, clock.now() - timedelta(days=1)).differences)


@on_every_database
def test_a_customer_gets_store_credit_and_the_provider_keeps_the_money(context: Flask) -> None:
    provider, user_id = Provider(context), make_customer()
    paid = make_paid(provider, make_variant(price_minor=999), 3, user_id=user_id)
    for _ in range(2):
        refund_id = ask(paid, pieces={paid.line_ids[0]: 1}, shipping_minor=395)
    for _ in range(2):
        drive_all(provider)
    assert accounts_with_money() == [(CreditKind.STORE_CREDIT, 1394, "ada@example.com")]
    assert theirs(provider, paid.payment_ref) == (TOTAL, [])
    assert books(paid.payment_id) == (TOTAL, 1394)
    assert refunds_of(paid.order_id) == [(RefundStatus.SUCCEEDED, 1394)]
    assert staged("payments.send_refund") == [{"refund_id": refund_id}]
    assert event_kinds(paid.order_id)[-2:] == ["refund_requested", "refund_succeeded"]
    assert differences(provider) == []
    # A second one goes to the same credit, the rest of the money the way it came.
    ask(paid, "k2", other_minor=100)
    ask(paid, "k3", is_credit=False, other_minor=TOTAL - 1494)
    drive_all(provider)
    assert accounts_with_money() == [(CreditKind.STORE_CREDIT, 1494, "ada@example.com")]
    assert theirs(provider, paid.payment_ref) == (TOTAL, [TOTAL - 1494])
    with pytest.raises(RefundTooHigh):
        ask(paid, "k4", other_minor=1)
    assert differences(provider) == []


@on_every_database
def test_a_guest_gets_a_card_by_mail_that_can_be_spent(context: Flask) -> None:
    provider = Provider(context)
    paid = make_paid(provider, make_variant(price_minor=999), 3)
    ask(paid, other_minor=1500)
    assert staged("promotions.send_card") == []
    for _ in range(2):
        drive_all(provider)
    assert accounts_with_money() == [(CreditKind.GIFT_CARD, 1500, "ada@example.com")]
    card_id = db.session.scalar(db.select(CreditAccount.id))
    assert staged("promotions.send_card") == [{"account_id": card_id}]
    make_order(make_variant(price_minor=1000), applied=with_cards(card_id), quoted=0)
    assert balance(card_id) == (105, 105)
    assert differences(provider) == []


@on_every_database
def test_an_order_paid_by_card_and_money_goes_back_as_one_credit(context: Flask) -> None:
    provider, card, user_id = Provider(context), make_card(1000), make_customer()
    changes = {"applied": with_cards(card.id), "quoted": TOTAL - 1000, "user_id": user_id}
    paid = make_paid(provider, make_variant(price_minor=999), 3, **changes)
    ask(paid, other_minor=TOTAL)
    drive_all(provider)
    assert accounts_with_money() == [
        (CreditKind.GIFT_CARD, 0, ""),
        (CreditKind.STORE_CREDIT, TOTAL, "ada@example.com"),
    ]
    assert sorted(amount for _, amount in refunds_of(paid.order_id)) == [1000, TOTAL - 1000]
    assert differences(provider) == []


@on_every_database
def test_a_hundred_refunds_both_ways_at_once_never_exceed_what_was_taken(app: Flask, context: Flask) -> None:
    provider, user_id = Provider(context), make_customer()
    paid = make_paid(provider, make_variant(price_minor=999), 3, user_id=user_id)
    forget()
    steps = [
        lambda number=number: ask(paid, f"k-{number}", is_credit=number % 2 == 0, other_minor=100)
        for number in range(100)
    ]
    ended = at_once(app, steps)
    assert len(ended.results) == 33
    assert {type(error) for error in ended.errors} == {RefundTooHigh}
    drive_all(provider)
    assert books(paid.payment_id) == (TOTAL, 3300)
    (_kind, credited, _email) = next(iter(accounts_with_money()), (None, 0, ""))
    _taken, back = theirs(provider, paid.payment_ref)
    assert credited + sum(back) == 3300
    assert differences(provider) == []


@on_every_database
def test_twenty_drivers_at_once_credit_it_once(app: Flask, context: Flask) -> None:
    provider, user_id = Provider(context), make_customer()
    paid = make_paid(provider, make_variant(price_minor=999), 3, user_id=user_id)
    refund_id = ask(paid, other_minor=700)
    forget()
    at_once(app, [lambda: refunds.drive(refund_id, gateway_of(CREDIT))] * 20).won()
    assert accounts_with_money() == [(CreditKind.STORE_CREDIT, 700, "ada@example.com")]
    assert refunds_of(paid.order_id) == [(RefundStatus.SUCCEEDED, 700)]


def test_a_refund_elsewhere_beside_credit_is_red_and_never_counted_twice(context: Flask) -> None:
    provider = Provider(context)
    paid = make_paid(provider, make_variant(price_minor=999), 3)
    ask(paid, other_minor=TOTAL)
    drive_all(provider)
    provider.dashboard.refund(paid.payment_ref, 500)
    with pytest.raises(refunds.RefundsUnsettled):
        hear_all(provider)
    assert books(paid.payment_id) == (TOTAL, TOTAL)
    assert [one.kind for one in differences(provider)] == ["refunded"]


def test_the_money_never_reaches_the_card_when_the_refund_was_undone(context: Flask) -> None:
    provider = Provider(context)
    paid = make_paid(provider, make_variant(price_minor=999), 3)
    with pytest.raises(RefundTooHigh):
        ask(paid, other_minor=TOTAL + 1)
    assert accounts_with_money() == []
    with transaction() as session:
        assert session.scalars(db.select(Refund)).all() == []
