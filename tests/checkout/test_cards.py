"""A gift card that is bought: made when its money is there and not before, once, and taken back with its money."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from storefront.checkout import cards
from storefront.checkout import service as checkout
from storefront.checkout.cards import CardWish, NoSuchCard, OfferedCards
from storefront.checkout.service import PriceChanged
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.money import minor_digits
from storefront.orders import service as orders
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments import refunds
from storefront.payments import service as payments
from storefront.payments.comparison import compare
from storefront.payments.gateway import PaymentStatus, RefundState, RefundStatus
from storefront.payments.queries import list_payments
from storefront.payments.refunds import RefundWish
from storefront.promotions import credit
from storefront.promotions.credit import CreditGone
from storefront.promotions.models import CardSale, CreditAccount
from storefront.promotions.queries import find_card, find_sale
from storefront.promotions.sold_cards import CardGoesBackWhole, CardUsed, Gift
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.paying import BASE_URL, Paid, drive_all, hear_all, read, refunds_of, theirs
from tests.fixtures.promoting import SECRET, balance, with_cards
from tests.fixtures.provider import Provider
from tests.fixtures.races import at_once
from tests.fixtures.readings import event_kinds, forget, staged
from tests.fixtures.shop import on_every_database

OFFERED = OfferedCards(amounts=(2500, 5000), limits=(1000, 50_000), currency="GBP")
GIFT = Gift("bob@example.com", "Ada", "For your garden", "en")


def wish(amount_minor: int = 2500, key: str = "a-key-of-this-form-1", **changes: Any) -> CardWish:
    values = {"key": key, "amount_minor": amount_minor, "email": "ada@example.com", "gift": GIFT}
    return CardWish(**{**values, "line_name": "Gift card", "country": "GB", **changes})


def start(provider: Provider, amount_minor: int = 2500, key: str = "a-key-of-this-form-1") -> Paid:
    order_id = cards.buy(wish(amount_minor, key), OFFERED).id
    payments.start(order_id, provider.gateway, BASE_URL)
    return read(order_id)


def sell(provider: Provider, amount_minor: int = 2500, key: str = "a-key-of-this-form-1") -> Paid:
    """A card that was paid and made."""
    started = start(provider, amount_minor, key)
    provider.pay(started.session_id)
    payments.confirm(started.payment_id, provider.gateway)
    cards.issue(started.order_id, SECRET)
    return read(started.order_id)


def card_of(order_id: int) -> CreditAccount:
    forget()
    sale = find_sale(db.session(), order_id)
    assert sale
    found = db.session.get_one(CreditAccount, sale.account_id)
    db.session.expunge(found)
    return found


def is_made(order_id: int) -> bool:
    forget()
    return db.session.get_one(CardSale, order_id).account_id is not None


def status_of(order_id: int) -> OrderStatus:
    forget()
    return get_order_by_id(db.session(), order_id).status


def differences(provider: Provider) -> list[object]:
    forget()
    return list(compare(provider.gateway, clock.now() - timedelta(days=1)).differences)


@on_every_database
def test_a_card_is_made_and_mailed_once_it_is_paid_and_can_be_spent(context: Flask) -> None:
    provider = Provider(context)
    started = start(provider)
    cards.issue(started.order_id, SECRET)
    assert not is_made(started.order_id)
    assert staged("checkout.issue_card") == []
    provider.pay(started.session_id)
    payments.confirm(started.payment_id, provider.gateway)
    assert staged("checkout.issue_card") == [{"order_id": started.order_id}]
    cards.issue(started.order_id, SECRET)
    card = card_of(started.order_id)
    assert (card.balance_minor, card.email, card.currency) == (2500, "bob@example.com", "GBP")
    assert staged("promotions.send_card") == [{"account_id": card.id}]
    assert status_of(started.order_id) is OrderStatus.FULFILLED
    assert event_kinds(started.order_id) == ["placed", "payment_started", "paid", "fulfilled"]
    code = credit.code_of(card.salt, SECRET)
    found = find_card(db.session(), credit.digest(code, SECRET))
    assert found
    assert found.id == card.id
    make_order(make_variant(price_minor=1000), applied=with_cards(card.id), quoted=0)
    assert balance(card.id) == (2500 - 1395, 2500 - 1395)
    assert differences(provider) == []


@on_every_database
def test_it_costs_what_it_holds_without_tax_delivery_or_stock(context: Flask) -> None:
    order = get_order_by_id(db.session(), cards.buy(wish(7777), OFFERED).id)
    assert (order.items_minor, order.total_minor, order.due_minor) == (7777, 7777, 7777)
    sums = (order.tax_minor, order.included_tax_minor, order.shipping_minor, order.discount_minor, order.taxes)
    assert sums == (0, 0, 0, 0, [])
    assert [line.variant_id for line in order.lines] == [None]


@on_every_database
def test_twenty_makers_at_once_make_one_card(context: Flask) -> None:
    provider = Provider(context)
    started = start(provider)
    provider.pay(started.session_id)
    payments.confirm(started.payment_id, provider.gateway)
    forget()
    at_once(context, [lambda: cards.issue(started.order_id, SECRET)] * 20).won()
    forget()
    assert db.session.scalar(db.select(db.func.count()).select_from(CreditAccount)) == 1
    assert card_of(started.order_id).balance_minor == 2500
    assert len(staged("promotions.send_card")) == 1


def test_a_form_sent_twice_is_one_order(context: Flask) -> None:
    assert cards.buy(wish(), OFFERED).id == cards.buy(wish(), OFFERED).id


@pytest.mark.parametrize("amount_minor", [0, -5000, 999, 50_001, 10**13])
def test_amounts_that_are_not_for_sale_are_refused(context: Flask, amount_minor: int) -> None:
    with pytest.raises(NoSuchCard):
        cards.buy(wish(amount_minor), OFFERED)


def test_without_limits_only_the_offered_amounts_are_sold(context: Flask) -> None:
    offered = OfferedCards(amounts=(2500,), limits=None, currency="GBP")
    cards.buy(wish(2500), offered)
    with pytest.raises(NoSuchCard):
        cards.buy(wish(2501, "a-key-of-this-form-2"), offered)


@on_every_database
def test_held_money_is_no_money_so_a_card_is_charged_at_once(context: Flask) -> None:
    provider = Provider(context)
    provider.gateway.is_held = True
    sold = sell(provider)
    assert theirs(provider, sold.payment_ref) == (2500, [])
    assert list_payments(db.session(), sold.order_id)[-1].status is PaymentStatus.SUCCEEDED
    assert is_made(sold.order_id)


@on_every_database
def test_a_debit_that_takes_days_makes_its_card_when_it_came(context: Flask) -> None:
    provider = Provider(context)
    started = start(provider)
    provider.pay(started.session_id, "debit")
    payments.confirm(started.payment_id, provider.gateway)
    cards.issue(started.order_id, SECRET)
    assert not is_made(started.order_id)


@on_every_database
def test_an_unused_card_goes_back_with_its_money(context: Flask) -> None:
    provider = Provider(context)
    sold = sell(provider)
    refunds.request(sold.order_id, "k", RefundWish(other_minor=2500, reason="unwanted"), "user:1")
    drive_all(provider)
    card = card_of(sold.order_id)
    assert (card.balance_minor, card.is_active) == (0, False)
    assert theirs(provider, sold.payment_ref) == (2500, [2500])
    with pytest.raises(CreditGone), transaction():
        credit.spend(card.id, 1, sold.order_id, 1, "tests")
    # Opening it again brings nothing back.
    credit.set_active(card.id, is_active=True)
    assert balance(card.id) == (0, 0)
    assert differences(provider) == []


@on_every_database
def test_a_used_card_is_not_paid_back(context: Flask) -> None:
    provider = Provider(context)
    sold = sell(provider)
    card = card_of(sold.order_id)
    make_order(make_variant(price_minor=1000), applied=with_cards(card.id), quoted=0)
    with pytest.raises(CardUsed):
        refunds.request(sold.order_id, "k", RefundWish(other_minor=2500), "user:1")
    assert refunds_of(sold.order_id) == []
    assert card_of(sold.order_id).is_active
    assert balance(card.id) == (1105, 1105)


@on_every_database
def test_a_card_is_not_paid_back_in_part(context: Flask) -> None:
    provider = Provider(context)
    sold = sell(provider)
    with pytest.raises(CardGoesBackWhole):
        refunds.request(sold.order_id, "k", RefundWish(other_minor=2499), "user:1")
    assert card_of(sold.order_id).balance_minor == 2500


@on_every_database
def test_money_that_goes_back_before_the_card_is_made_makes_none(context: Flask) -> None:
    provider = Provider(context)
    started = start(provider)
    provider.pay(started.session_id)
    payments.confirm(started.payment_id, provider.gateway)
    refunds.request(started.order_id, "k", RefundWish(other_minor=2500), "user:1")
    cards.issue(started.order_id, SECRET)
    assert not is_made(started.order_id)
    checkout.cancel_paid(started.order_id, actor="user:1", reason="unwanted", is_written_off=False)
    cards.issue(started.order_id, SECRET)
    assert not is_made(started.order_id)


@on_every_database
def test_spent_or_paid_back_but_never_both(context: Flask) -> None:
    provider = Provider(context)
    sold = sell(provider)
    card_id, variant = card_of(sold.order_id).id, make_variant(price_minor=2500)
    forget()
    steps = [
        lambda: ("back", refunds.request(sold.order_id, "k", RefundWish(other_minor=2500), "user:1")),
        lambda: ("spent", make_order(variant, applied=with_cards(card_id), quoted=395).id),
    ]
    race = at_once(context, steps)
    assert [type(error) for error in race.errors] in ([CardUsed], [CreditGone], [PriceChanged])
    ((outcome, _id),) = race.results
    assert balance(card_id) == (0, 0)
    assert len(refunds_of(sold.order_id)) == (1 if outcome == "back" else 0)


@on_every_database
def test_a_refund_that_fails_gives_the_card_back(context: Flask) -> None:
    provider = Provider(context)
    sold = sell(provider)
    refund_id = refunds.request(sold.order_id, "k", RefundWish(other_minor=2500), "user:1")
    forget()
    failed = RefundState(
        refund_ref="re_x",
        refund_id=refund_id,
        amount_minor=2500,
        status=RefundStatus.FAILED,
        failure_reason="lost_card",
    )
    for _ in range(2):
        refunds.settle(sold.payment_id, failed, "demo")
    card = card_of(sold.order_id)
    assert (card.balance_minor, card.is_active) == (2500, True)


@on_every_database
@pytest.mark.parametrize("spent_minor", [0, 1395])
def test_a_refund_on_the_providers_site_blocks_what_is_left(context: Flask, spent_minor: int) -> None:
    provider = Provider(context)
    sold = sell(provider)
    card = card_of(sold.order_id)
    if spent_minor:
        make_order(make_variant(price_minor=1000), applied=with_cards(card.id), quoted=0)
    provider.dashboard.refund(sold.payment_ref, 2500)
    hear_all(provider)
    after = card_of(sold.order_id)
    assert (after.balance_minor, after.is_active) == (0, False)
    forget()
    events = get_order_by_id(db.session(), sold.order_id).events
    (told,) = [event.facts for event in events if event.kind == "card_taken_back"]
    assert told == {"amount_minor": spent_minor, "currency": "GBP"}


@on_every_database
def test_a_dispute_blocks_the_card(context: Flask) -> None:
    provider = Provider(context)
    sold = sell(provider)
    provider.dashboard.dispute(sold.payment_ref)
    hear_all(provider)
    card = card_of(sold.order_id)
    assert (card.balance_minor, card.is_active) == (2500, False)
    assert "card_blocked" in event_kinds(sold.order_id)


@on_every_database
def test_money_that_comes_after_the_order_expired_still_buys_the_card(context: Flask) -> None:
    provider = Provider(context)
    started = start(provider)
    with transaction():
        orders.expire_pending(started.order_id, "tests")
    provider.pay(started.session_id)
    payments.confirm(started.payment_id, provider.gateway)
    assert staged("checkout.issue_card") == [{"order_id": started.order_id}]
    cards.issue(started.order_id, SECRET)
    assert card_of(started.order_id).balance_minor == 2500
    assert differences(provider) == []


@on_every_database
def test_an_unpaid_card_is_cancelled_without_goods(context: Flask) -> None:
    provider = Provider(context)
    started = start(provider)
    token = get_order_by_id(db.session(), started.order_id).token
    forget()
    assert checkout.cancel_order(token, provider.gateway, BASE_URL, None) is None
    assert status_of(started.order_id) is OrderStatus.CANCELLED
    assert not is_made(started.order_id)


def test_the_books_show_a_card_that_is_missing_or_of_another_amount(context: Flask) -> None:
    provider = Provider(context)
    sold = sell(provider)
    with transaction() as session:
        session.execute(db.update(CardSale).values(account_id=None))
    assert [one.kind for one in differences(provider)] == ["card"]
    assert sold.total_minor == 2500


@pytest.mark.parametrize(("currency", "shown"), [("GBP", (2500, 1000)), ("JPY", (2500, 1000)), ("KWD", (2500, 1000))])
def test_amounts_make_sense_in_every_currency(context: Flask, currency: str, shown: tuple[int, int]) -> None:
    settings = replace(context.config["SETTINGS"], currency=currency)
    offered = cards.offered_cards(settings)
    assert offered
    assert offered.limits
    assert (offered.amounts[0], offered.limits[0]) == shown
    given = replace(settings, gift_card_amounts=(Decimal(30),), gift_card_limits=())
    chosen = cards.offered_cards(given)
    assert chosen
    assert (chosen.amounts, chosen.limits) == ((30 * 10 ** minor_digits(currency),), None)
    assert cards.offered_cards(replace(settings, gift_card_amounts=())) is None
