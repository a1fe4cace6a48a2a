"""kill -9 at every point between an intent and its outcome: nothing is lost and nothing happens twice.

`KILLS=20` kills twenty times at each point instead of once.
"""

import multiprocessing
import os
import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from storefront.checkout import cards
from storefront.checkout.cards import CardWish, OfferedCards
from storefront.config import Settings
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.orders import service as orders
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments import service as payments
from storefront.payments.comparison import compare
from storefront.payments.queries import list_payments
from storefront.promotions.models import CreditAccount
from storefront.promotions.sold_cards import Gift
from storefront.stock import service as stock
from tests.faults import kills
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.paying import BASE_URL, make_paid, make_started, read, refunds_of, theirs
from tests.fixtures.provider import Provider
from tests.fixtures.readings import event_kinds, forget

PATIENCE_SECONDS = 600
TIMES = int(os.environ.get("KILLS", "1"))
fresh = multiprocessing.get_context("forkserver")
fresh.set_forkserver_preload(["tests.faults.kills", "storefront.app", "storefront.admin.views", "stripe"])


@pytest.fixture
def provider(context: Flask) -> Provider:
    return Provider(context)


@pytest.fixture
def die(settings: Settings, tmp_path: Path) -> Iterator[Callable[[str, int, int], list[str]]]:
    """`die(step, order, point)` takes the step in a process that dies there; point 0 gives the names of all points."""
    environ = {
        "SECRET_KEY": settings.secret_key,
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "TESTING": "1",
    }

    here, there = fresh.Pipe()
    process = fresh.Process(target=kills.host, args=(environ, there), daemon=True)
    process.start()

    def die(step: str, order_id: int, point: int) -> list[str]:
        db.session.remove()
        report = tmp_path / "points"
        here.send((step, order_id, point, str(report)))
        assert here.poll(PATIENCE_SECONDS)
        assert here.recv() == (-9 if point else 0)
        return [] if point else report.read_text().splitlines()

    yield die
    here.send(None)
    process.join(PATIENCE_SECONDS)


def finish(provider: Provider, order_id: int) -> None:
    """What sweep and jobs do afterwards, twice."""
    for _ in range(2):
        for step in ("hear", "drive"):
            kills.STEPS[step](order_id, provider.gateway)
            db.session.rollback()


def assert_books_agree(provider: Provider) -> None:
    forget()
    found = compare(provider.gateway, clock.now() - timedelta(days=1))
    assert found.differences == ()


def status_of(order_id: int) -> OrderStatus:
    forget()
    return get_order_by_id(db.session(), order_id).status


@pytest.mark.xdist_group("kills")
def test_killed_while_it_opens_the_providers_page(provider: Provider, die) -> None:
    names = die("start", make_order().id, 0)
    assert names.count("before start") == 1
    assert len(names) >= 6
    for point in list(range(1, len(names) + 1)) * TIMES:
        order_id, known = make_order().id, len(provider.sessions())
        die("start", order_id, point)
        kills.start(order_id, provider.gateway)
        assert len(provider.sessions()) == known + 1, names[point - 1]
        forget()
        (payment,) = list_payments(db.session(), order_id)
        session_id = payment.session_id
        forget()
        provider.pay(session_id)
        finish(provider, order_id)
        assert status_of(order_id) is OrderStatus.PAID
    assert_books_agree(provider)


@pytest.mark.xdist_group("kills")
def test_killed_while_it_hears_of_a_payment(provider: Provider, die) -> None:
    first = make_started(provider)
    provider.pay(first.session_id)
    names = die("hear", first.order_id, 0)
    assert {"before list_events", "before look_up", "after a commit"} <= set(names)
    for point in list(range(1, len(names) + 1)) * TIMES:
        started = make_started(provider)
        provider.pay(started.session_id)
        die("hear", started.order_id, point)
        finish(provider, started.order_id)
        assert event_kinds(started.order_id) == ["placed", "payment_started", "paid"], names[point - 1]
    assert_books_agree(provider)


@pytest.mark.xdist_group("kills")
def test_killed_while_it_pays_back(provider: Provider, die) -> None:
    names = die("pay_back", make_paid(provider).order_id, 0)
    assert {"before refund", "after refund"} <= set(names)
    for point in list(range(1, len(names) + 1)) * TIMES:
        paid = make_paid(provider)
        die("pay_back", paid.order_id, point)
        finish(provider, paid.order_id)
        # Killed before anything was committed, nobody was told that it would happen: the form is sent again.
        kills.pay_back(paid.order_id, provider.gateway)
        assert [amount for _, amount in refunds_of(paid.order_id)] == [100], names[point - 1]
        assert theirs(provider, paid.payment_ref) == (paid.total_minor, [100])
    assert_books_agree(provider)


@pytest.mark.xdist_group("kills")
def test_killed_while_it_takes_held_money_and_sends(provider: Provider, die) -> None:
    provider.gateway.is_held = True
    names = die("send", make_paid(provider).order_id, 0)
    assert {"before capture", "after capture"} <= set(names)
    for point in list(range(1, len(names) + 1)) * TIMES:
        held = make_paid(provider)
        die("send", held.order_id, point)
        finish(provider, held.order_id)
        # Whoever pressed the button was told nothing, and presses again unless it was sent.
        if status_of(held.order_id) is not OrderStatus.FULFILLED:
            kills.send(held.order_id, provider.gateway)
        assert status_of(held.order_id) is OrderStatus.FULFILLED, names[point - 1]
        assert theirs(provider, held.payment_ref) == (held.total_minor, [])
        kinds = event_kinds(held.order_id)
        assert (kinds.count("paid"), kinds.count("fulfilled")) == (1, 1)
    assert_books_agree(provider)


@pytest.mark.xdist_group("kills")
def test_killed_while_late_money_goes_back(provider: Provider, die) -> None:
    def late() -> int:
        variant = make_variant(stock_level=1)
        variant_id, started = variant.id, make_started(provider, variant)
        with transaction():
            orders.expire_pending(started.order_id, "tests")
        stock.adjust(variant_id, -1, "tests", "sold elsewhere")
        provider.pay(started.session_id)
        return started.order_id

    names = die("hear", late(), 0)
    for point in list(range(1, len(names) + 1)) * TIMES:
        order_id = late()
        die("hear", order_id, point)
        finish(provider, order_id)
        ended = read(order_id)
        assert status_of(order_id) is OrderStatus.EXPIRED
        assert [amount for _, amount in refunds_of(order_id)] == [ended.total_minor], names[point - 1]
        assert theirs(provider, ended.payment_ref) == (ended.total_minor, [ended.total_minor])
    finish(provider, 0)
    assert_books_agree(provider)


@pytest.mark.xdist_group("kills")
def test_killed_between_the_money_for_a_gift_card_and_the_card(provider: Provider, die) -> None:
    def bought() -> int:
        order_id = buy_card()
        payments.start(order_id, provider.gateway, BASE_URL)
        provider.pay(read(order_id).session_id)
        forget()
        return order_id

    names = die("sell", bought(), 0)
    assert names[-2:] == ["before a commit", "after a commit"]
    for point in list(range(1, len(names) + 1)) * TIMES:
        order_id, known = bought(), count_cards()
        die("sell", order_id, point)
        finish(provider, order_id)
        # What the job's row in the outbox does, once more each time.
        for _ in range(2):
            kills.issue(order_id, provider.gateway)
        assert count_cards() == known + 1, names[point - 1]
        assert event_kinds(order_id) == ["placed", "payment_started", "paid", "fulfilled"]
    assert_books_agree(provider)


@pytest.mark.xdist_group("kills")
def test_killed_while_it_pays_back_as_credit(provider: Provider, die) -> None:
    names = die("credit_back", make_paid(provider).order_id, 0)
    assert len(names) >= 6
    for point in list(range(1, len(names) + 1)) * TIMES:
        paid = make_paid(provider)
        die("credit_back", paid.order_id, point)
        finish(provider, paid.order_id)
        kills.credit_back(paid.order_id, provider.gateway)
        assert [amount for _, amount in refunds_of(paid.order_id)] == [100], names[point - 1]
        assert theirs(provider, paid.payment_ref) == (paid.total_minor, [])
    forget()
    balances = set(db.session.scalars(db.select(CreditAccount.balance_minor)))
    assert balances == {100}
    assert_books_agree(provider)


def buy_card() -> int:
    key = secrets.token_urlsafe(24)
    gift = Gift("bob@example.com", "Ada", "", "en")
    wish = CardWish(key=key, amount_minor=2500, email="a@example.com", gift=gift, line_name="Gift card", country="GB")
    return cards.buy(wish, OfferedCards(amounts=(2500,), limits=None, currency="GBP")).id


def count_cards() -> int:
    forget()
    count = db.session.scalar(db.select(db.func.count()).select_from(CreditAccount))
    forget()
    return count or 0
