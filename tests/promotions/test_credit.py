"""Gift cards and store credit are money: a ledger, a balance that cannot go below zero, and a way back."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from storefront.accounts import service as accounts
from storefront.checkout import service as checkout
from storefront.checkout.quote import Applied
from storefront.core import clock
from storefront.core.db import db, insert_rows, transaction
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments import credit as tenders
from storefront.payments import offline, refunds
from storefront.payments import service as payments
from storefront.payments.comparison import compare
from storefront.payments.gateway import PaymentStatus, RefundStatus
from storefront.payments.models import CREDIT, Payment, Refund
from storefront.payments.refunds import RefundTooHigh, RefundWish
from storefront.promotions import credit
from storefront.promotions.credit import CreditGone, NoSuchAccount
from storefront.promotions.models import CreditAccount
from storefront.promotions.queries import find_card, list_unbalanced
from tests.fixtures.factories import checkout_data, make_cart, make_order, make_variant
from tests.fixtures.paying import BASE_URL, drive_all, make_paid, make_started, refunds_of, theirs
from tests.fixtures.promoting import SECRET, balance, make_card, with_cards
from tests.fixtures.provider import Provider
from tests.fixtures.races import at_once
from tests.fixtures.readings import event_kinds, forget, staged, stock_of
from tests.fixtures.shop import on_every_database

TOTAL = 1395


def thing() -> object:
    """Something for 10.00, so that an order is 13.95."""
    return make_variant(price_minor=1000, stock_level=100)


def differences(provider: Provider) -> list[object]:
    forget()
    return list(compare(provider.gateway, clock.now() - timedelta(days=1)).differences)


def status_of(order_id: int) -> OrderStatus:
    forget()
    return get_order_by_id(db.session(), order_id).status


@on_every_database
def test_a_card_pays_its_part_and_the_provider_the_rest(context: Flask) -> None:
    provider, card = Provider(context), make_card(1000)
    paid = make_paid(provider, thing(), applied=with_cards(card.id), quoted=395)
    assert balance(card.id) == (0, 0)
    assert theirs(provider, paid.payment_ref) == (395, [])
    assert status_of(paid.order_id) is OrderStatus.PAID
    assert differences(provider) == []


@on_every_database
def test_an_order_that_credit_pays_whole_asks_no_provider_and_is_paid_at_once(context: Flask) -> None:
    provider, first, second = Provider(context), make_card(1000), make_card(5000)
    order = make_order(thing(), applied=with_cards(first.id, second.id), quoted=0)
    assert order.status is OrderStatus.PAID
    assert event_kinds(order.id) == ["placed", "paid"]
    assert staged("orders.send_confirmation") == [{"order_id": order.id}]
    assert (balance(first.id), balance(second.id)) == ((0, 0), (4605, 4605))
    assert provider.events() == []
    assert differences(provider) == []


@on_every_database
def test_a_card_is_never_overspent_by_orders_at_once(context: Flask) -> None:
    card, variant_id = make_card(3 * TOTAL + 500), make_variant(price_minor=1000, stock_level=100).id
    tokens = [make_cart((variant_id, 1)) for _ in range(20)]

    def place(token: str) -> int:
        return checkout.place_order(token, checkout_data(0, applied=with_cards(card.id))).id

    race = at_once(context, [lambda token=token: place(token) for token in tokens])
    assert len(race.results) == 3
    # Who comes later sees a new total, or finds the balance gone at the last moment.
    assert {type(error) for error in race.errors} <= {CreditGone, checkout.PriceChanged}
    assert balance(card.id) == (500, 500)
    assert stock_of(variant_id)[0] == 97


@on_every_database
@pytest.mark.parametrize("how", ["expire", "cancel"])
def test_an_order_that_is_over_gives_back_what_it_had_reserved_once(context: Flask, how: str) -> None:
    provider, card = Provider(context), make_card(1000)
    started = make_started(provider, thing(), applied=with_cards(card.id), quoted=395)
    assert balance(card.id) == (0, 0)
    if how == "cancel":
        checkout.cancel_unpaid(started.order_id, provider.gateway, BASE_URL, actor="tests", reason="wrong")
    for _ in range(2):
        with transaction() as session:
            get_order_by_id(session, started.order_id).expires_at = clock.now() - timedelta(minutes=1)
        checkout.expire_order(started.order_id, provider.gateway, BASE_URL)
    assert status_of(started.order_id) in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}
    assert balance(card.id) == (1000, 1000)
    assert differences(provider) == []


@on_every_database
def test_money_that_comes_late_takes_the_credit_again(context: Flask) -> None:
    provider, card = Provider(context), make_card(1000)
    started = late(provider, card.id)
    provider.pay(started.session_id)
    payments.confirm(started.payment_id, provider.gateway)
    assert status_of(started.order_id) is OrderStatus.PAID
    assert balance(card.id) == (0, 0)
    assert differences(provider) == []


@on_every_database
def test_money_that_comes_late_goes_back_when_the_credit_was_spent_elsewhere(context: Flask) -> None:
    provider, card = Provider(context), make_card(1000)
    started = late(provider, card.id)
    make_order(thing(), applied=with_cards(card.id), quoted=395)
    provider.pay(started.session_id)
    payments.confirm(started.payment_id, provider.gateway)
    drive_all(provider)
    assert status_of(started.order_id) is OrderStatus.EXPIRED
    assert theirs(provider, provider_ref(provider, started.session_id)) == (395, [395])
    assert balance(card.id) == (0, 0)


@on_every_database
def test_cancelling_a_paid_order_gives_everybody_back_what_was_theirs(context: Flask) -> None:
    provider, card = Provider(context), make_card(1000)
    paid = make_paid(provider, thing(), applied=with_cards(card.id), quoted=395)
    checkout.cancel_paid(paid.order_id, actor="tests", reason="wrong", is_written_off=False)
    drive_all(provider)
    drive_all(provider)
    assert theirs(provider, paid.payment_ref) == (395, [395])
    assert balance(card.id) == (1000, 1000)
    assert differences(provider) == []


@on_every_database
def test_refunds_go_to_the_provider_first_and_then_to_the_card_and_never_above_both(context: Flask) -> None:
    provider, card = Provider(context), make_card(1000)
    paid = make_paid(provider, thing(), applied=with_cards(card.id), quoted=395)
    ask(paid.order_id, "a", pieces={paid.line_ids[0]: 1})
    with pytest.raises(RefundTooHigh):
        ask(paid.order_id, "b", other_minor=396)
    ask(paid.order_id, "c", shipping_minor=395)
    ask(paid.order_id, "c", shipping_minor=395)
    drive_all(provider)
    assert [amount for _, amount in refunds_of(paid.order_id)] == [395, 605, 395]
    assert theirs(provider, paid.payment_ref) == (395, [395])
    assert balance(card.id) == (1000, 1000)
    assert differences(provider) == []


@pytest.mark.usefixtures("context")
def test_only_what_paid_an_orders_last_turn_is_taken_again() -> None:
    card, order_id = make_card(5000), make_order(thing()).id
    row = {"order_id": order_id, "gateway": CREDIT, "status": PaymentStatus.CANCELED, "currency": "GBP"}
    row |= {"payment_ref": str(card.id), "expires_at": clock.now()}
    with transaction() as session:
        for turn, amount in ((1, 300), (2, 200)):
            key = f"credit-{order_id}-{card.id}-{turn}"
            insert_rows(session, Payment, [{**row, "amount_minor": amount, "idempotency_key": key}])
        order = get_order_by_id(session, order_id)
        order.turn = 3
        session.flush()
        tenders.reserve_again(order, "tests")
    assert balance(card.id) == (4800, 4800)


@on_every_database
def test_a_refund_to_a_card_is_driven_by_two_workers_and_booked_once(context: Flask) -> None:
    provider, card = Provider(context), make_card(5000)
    order_id = make_order(thing(), applied=with_cards(card.id), quoted=0).id
    ask(order_id, "a", other_minor=700)
    assert at_once(context, [lambda: drive_all(provider)] * 4).won()
    assert balance(card.id) == (5000 - TOTAL + 700,) * 2
    assert staged("promotions.send_card") == [], "whoever has the card needs no mail with its code"


@pytest.mark.parametrize("method", ["card", "invoice"])
def test_a_refund_whose_worker_was_killed_after_the_call_is_noted_once(context: Flask, method: str) -> None:
    provider, card = Provider(context), make_card(5000)
    if method == "card":
        order_id = make_order(thing(), applied=with_cards(card.id), quoted=0).id
    else:
        order_id = make_order(thing(), payment_method="invoice").id
        offline.note_paid(order_id, "Lamp", "tests")
    refund_id = ask(order_id, "a", other_minor=700)
    with transaction() as session:
        session.get_one(Refund, refund_id).tried_at = clock.now()
    for _ in range(2):
        drive_all(provider)
    assert refunds_of(order_id) == [(RefundStatus.SUCCEEDED, 700)]
    assert balance(card.id) == ((5000 - TOTAL + 700,) * 2 if method == "card" else (5000, 5000))


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("why", ["blocked", "over", "another currency"])
def test_what_cannot_be_spent_pays_nothing(why: str) -> None:
    card = make_card(1000, expires_at=clock.now() - timedelta(seconds=1) if why == "over" else None)
    if why == "blocked":
        credit.set_active(card.id, is_active=False)
    if why == "another currency":
        with transaction() as session:
            session.get_one(CreditAccount, card.id).currency = "EUR"
    with pytest.raises(checkout.PriceChanged):
        make_order(thing(), applied=with_cards(card.id), quoted=395)
    assert balance(card.id) == (1000, 1000)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("why", ["blocked", "over"])
def test_a_card_that_is_blocked_or_over_between_page_and_order_is_refused_at_the_last_moment(why: str) -> None:
    card, order_id = make_card(1000), make_order().id
    with transaction() as session:
        account = session.get_one(CreditAccount, card.id)
        account.is_active = why != "blocked"
        account.expires_at = clock.now() - timedelta(seconds=1) if why == "over" else None
    with pytest.raises(CreditGone), transaction():
        credit.spend(card.id, 100, order_id, 1, "tests")
    assert balance(card.id) == (1000, 1000)


@pytest.mark.usefixtures("context")
def test_a_card_is_found_however_its_code_is_typed_and_its_code_is_nowhere_in_the_database() -> None:
    card = make_card(1000, email="ada@example.com")
    for typed in (card.code, card.code.lower(), card.code.replace("-", " "), f" {card.code.replace('-', '')} "):
        found = find_card(db.session(), credit.digest(typed, SECRET))
        assert found is not None
        assert found.id == card.id
    assert find_card(db.session(), credit.digest(card.code, "another secret")) is None
    assert credit.code_of(db.session.get_one(CreditAccount, card.id).salt, SECRET) == card.code
    plain = card.code.replace("-", "")
    for table in db.metadata.tables:
        rows = db.session.execute(text(f'SELECT * FROM "{table}"')).all()
        assert not any(card.code in str(row) or plain in str(row) for row in rows), table


@pytest.mark.usefixtures("context")
def test_store_credit_belongs_to_an_account_and_pays_for_who_is_signed_in(context: Flask) -> None:
    user_id = accounts.create_user("ada@example.com", "correct horse battery", "Ada")
    for _ in range(2):
        account_id = credit.grant("ada@example.com", 500, "GBP", key="k", actor="tests", reason="sorry")
    assert balance(account_id) == (500, 500)
    wanted = Applied(uses_credit=True)
    order = make_order(thing(), applied=wanted, user_id=user_id, quoted=895)
    assert (order.credit_minor, order.due_minor) == (500, 895)
    with pytest.raises(checkout.PriceChanged):
        make_order(thing(), applied=wanted, quoted=895)
    with pytest.raises(NoSuchAccount):
        credit.grant("nobody@example.com", 500, "GBP", key="k", actor="tests", reason="")


@pytest.mark.usefixtures("context")
def test_a_balance_is_corrected_once_and_not_below_zero() -> None:
    card = make_card(1000)
    for _ in range(2):
        credit.adjust(card.id, -400, key="k", actor="tests", reason="typo")
    assert balance(card.id) == (600, 600)
    with pytest.raises(CreditGone):
        credit.adjust(card.id, -601, key="l", actor="tests", reason="typo")


@pytest.mark.usefixtures("context")
def test_a_balance_that_differs_from_its_ledger_makes_the_books_red(context: Flask) -> None:
    provider, card = Provider(context), make_card(1000)
    with transaction() as session:
        session.get_one(CreditAccount, card.id).balance_minor = 999
    assert list_unbalanced(db.session()) == [(card.id, 999, 1000)]
    assert [one.kind for one in differences(provider)] == ["credit"]  # type: ignore[attr-defined]


def ask(order_id: int, key: str, **wish: object) -> int:
    return refunds.request(order_id, key, RefundWish(reason="Lamp", **wish), "tests")  # type: ignore[arg-type]


def late(provider: Provider, card_id: int):  # type: ignore[no-untyped-def]
    """An order that has expired while its shopper is on the provider's page, and given its credit back."""
    from storefront.orders import service as orders
    from storefront.payments import credit as tenders

    started = make_started(provider, thing(), applied=with_cards(card_id), quoted=395)
    with transaction():
        orders.expire_pending(started.order_id, "tests")
        tenders.release(started.order_id, "tests")
    assert balance(card_id) == (1000, 1000)
    return started


def provider_ref(provider: Provider, session_id: str) -> str:
    return provider.gateway.look_up(session_id).payment_ref or ""
