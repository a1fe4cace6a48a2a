"""Who asked to hear when a variant is back is told once, in the order they asked, and nobody learns of anybody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from storefront.catalog import service as catalog
from storefront.catalog.queries import UnknownProduct
from storefront.checkout import service as checkout
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob
from storefront.payments.gateways import get_gateway
from storefront.stock import service as stock
from storefront.stock import waiting
from storefront.stock.models import StockRequest
from storefront.stock.queries import count_waiting
from storefront.stock.service import StockLine
from tests.fixtures.factories import make_order, make_product, make_variant
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget, staged, stock_of
from tests.fixtures.shop import on_every_database

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def gone() -> int:
    """A variant that is sold out."""
    return make_variant(stock_level=0).id


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """`turn(timedelta(days=1))` lets a day pass."""
    moment = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: moment[0])

    def turn(by: timedelta) -> None:
        moment[0] += by

    return turn


def ask(variant_id: int, *people: str) -> None:
    """Each of them asks, one after the other."""
    for person in people:
        waiting.ask(variant_id, f"{person}@example.com", "en")


def requests() -> list[StockRequest]:
    """Every request, the oldest first."""
    forget()
    return list(db.session.scalars(select(StockRequest).order_by(StockRequest.id)))


def told() -> list[str]:
    """Who was told, once for each mail that was staged, in the order of their mails."""
    forget()
    names = {row.id: row.email.partition("@")[0] for row in requests()}
    return [names[arguments["request_id"]] for arguments in staged("stock.send_back")]


def tell() -> int:
    return waiting.tell_waiting(db.session())


def people(count: int) -> list[str]:
    return [f"p{number}" for number in range(count)]


@on_every_database
def test_whoever_waits_is_told_once_when_goods_arrive(gone: int) -> None:
    ask(gone, "ada")
    assert (tell(), told()) == (0, [])
    stock.receive(gone, 1, "tests")
    assert (tell(), tell()) == (1, 0)
    assert told() == ["ada"]
    (request,) = requests()
    assert (request.open_variant_id, request.sent_at) == (None, None)
    assert request.told_at is not None


def test_no_way_for_goods_to_come_back_is_forgotten() -> None:
    found, given_back = make_variant(stock_level=0).id, make_variant(stock_level=1).id
    with transaction():
        stock.take([StockLine(given_back, 1, 77)], "shopper")
    last_one = make_variant(stock_level=1)
    unpaid, order_id = last_one.id, make_order(last_one).id
    for variant_id in (found, given_back, unpaid):
        ask(variant_id, f"of-{variant_id}")
    assert tell() == 0
    stock.adjust(found, 1, "staff", "found again")
    with transaction():
        stock.release([StockLine(given_back, 1, 77)], "shopper", "changed their mind")
    checkout.cancel_unpaid(order_id, get_gateway(), "http://shop.example", actor="tests", reason="changed")
    assert tell() == 3
    assert sorted(told()) == sorted(f"of-{variant_id}" for variant_id in (found, given_back, unpaid))


@on_every_database
def test_the_same_request_again_changes_nothing_until_it_is_told(gone: int) -> None:
    for typed in ("ada@example.com", " Ada@Example.COM "):
        waiting.ask(gone, typed, "en")
    assert [row.email for row in requests()] == ["ada@example.com"]
    stock.receive(gone, 1, "tests")
    tell()
    stock.adjust(gone, -1, "tests", "sold over the counter")
    ask(gone, "ada")
    assert [row.open_variant_id for row in requests()] == [None, gone]
    stock.receive(gone, 1, "tests")
    assert tell() == 1
    assert told() == ["ada", "ada"]


@on_every_database
def test_the_database_itself_refuses_a_second_open_request(gone: int) -> None:
    ask(gone, "ada")
    values = {"variant_id": gone, "email": "ada@example.com", "locale": "en"}
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(insert(StockRequest).values(open_variant_id=gone, token="second", **values))
    with transaction() as session:
        for token in ("over", "and done"):
            session.execute(insert(StockRequest).values(token=token, **values))
    assert len(requests()) == 3


def test_what_is_in_stock_or_off_the_shelves_is_not_waited_for(gone: int) -> None:
    with pytest.raises(waiting.InStock):
        ask(make_variant(stock_level=1).id, "ada")
    with pytest.raises(UnknownProduct):
        ask(gone + 999, "ada")
    product = make_product(stock_level=0)
    product_id, variant_id = product.id, product.variants[0].id
    forget()
    catalog.archive_product(product_id)
    with pytest.raises(UnknownProduct):
        ask(variant_id, "ada")
    assert requests() == []


def test_nobody_is_sent_to_a_product_that_is_off_the_shelves() -> None:
    product = make_product(stock_level=0)
    product_id, variant_id = product.id, product.variants[0].id
    ask(variant_id, "ada")
    catalog.archive_product(product_id)
    stock.receive(variant_id, 1, "tests")
    assert tell() == 0
    catalog.restore_product(product_id)
    assert tell() == 1


def test_an_address_that_waits_for_enough_is_given_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "MAX_OPEN", 2)
    variants = [make_variant(stock_level=0).id for _ in range(3)]
    for variant_id in variants:
        ask(variant_id, "ada")
    assert [row.variant_id for row in requests()] == variants[:2]
    ask(variants[2], "bob")
    stock.receive(variants[0], 1, "tests")
    tell()
    ask(variants[2], "ada")
    assert [count_waiting(db.session(), variant_id) for variant_id in variants] == [0, 1, 2]


@on_every_database
def test_no_more_hear_of_it_than_make_sense_and_the_oldest_first(gone: int, turn: Callable[[timedelta], None]) -> None:
    for person in people(8):
        ask(gone, person)
        turn(timedelta(seconds=1))
    stock.receive(gone, 1, "tests")
    assert tell() == 5
    assert told() == people(5)
    assert tell() == 3, "the rest hears of it while stock lasts"
    assert told() == people(8)


def test_when_it_is_gone_again_the_rest_waits_on(gone: int) -> None:
    ask(gone, *people(6))
    stock.receive(gone, 1, "tests")
    tell()
    stock.adjust(gone, -1, "tests", "sold over the counter")
    assert tell() == 0
    assert told() == people(5)
    assert count_waiting(db.session(), gone) == 1


def test_a_run_is_bounded_and_its_mails_are_spread_over_it(
    gone: int, monkeypatch: pytest.MonkeyPatch, turn: Callable[[timedelta], None]
) -> None:
    monkeypatch.setattr(waiting, "MAX_PER_RUN", 3)
    other = make_variant(stock_level=0).id
    ask(gone, "p0", "p1")
    turn(timedelta(seconds=1))
    ask(other, "p2", "p3")
    for variant_id in (gone, other):
        stock.receive(variant_id, 9, "tests")
    moment = clock.now()
    assert (tell(), told()) == (3, people(3))
    due = db.session.scalars(select(OutboxJob.due_at).where(OutboxJob.name == "stock.send_back").order_by(OutboxJob.id))
    assert [(at - moment).total_seconds() for at in due] == [0, 0.5, 1]
    assert (tell(), told()) == (1, people(4))


@on_every_database
def test_stopping_ends_every_mail_to_that_address_that_is_not_out_yet(gone: int) -> None:
    other, third = make_variant(stock_level=0).id, make_variant(stock_level=0).id
    ask(gone, "ada", "bob")
    stock.receive(gone, 1, "tests")
    tell()
    waiting.note_sent(requests()[0].id)
    ask(other, "ada", "bob")
    stock.receive(other, 1, "tests")
    tell()
    ask(third, "ada", "bob")
    token = requests()[0].token
    waiting.stop("unknown")
    assert len(requests()) == 6
    waiting.stop(token)
    waiting.stop(token)
    left = [(row.email.partition("@")[0], row.variant_id) for row in requests()]
    assert left == [("ada", gone), ("bob", gone), ("bob", other), ("bob", third)]


@on_every_database
def test_who_would_hear_too_late_keeps_the_place_in_the_line(gone: int) -> None:
    ask(gone, *people(6))
    stock.receive(gone, 1, "tests")
    tell()
    first = requests()[0]
    waiting.put_back(first.id)
    waiting.put_back(first.id)
    assert count_waiting(db.session(), gone) == 2
    assert tell() == 2
    assert told() == [*people(5), "p0", "p5"], "staged anew, before those who came later"


@on_every_database
def test_who_asked_again_meanwhile_waits_once(gone: int) -> None:
    ask(gone, "ada")
    stock.receive(gone, 1, "tests")
    tell()
    stock.adjust(gone, -1, "tests", "sold over the counter")
    ask(gone, "ada")
    first, second = [row.id for row in requests()]
    waiting.put_back(first)
    assert [row.id for row in requests()] == [second]


def test_a_mail_that_is_out_is_not_put_back(gone: int) -> None:
    ask(gone, "ada")
    stock.receive(gone, 1, "tests")
    tell()
    waiting.note_sent(requests()[0].id)
    waiting.put_back(requests()[0].id)
    assert count_waiting(db.session(), gone) == 0


@on_every_database
def test_nothing_is_kept_for_longer_than_it_is_needed(gone: int, turn: Callable[[timedelta], None]) -> None:
    other = make_variant(stock_level=0).id
    ask(gone, "ada")
    ask(other, "ada")
    stock.receive(gone, 1, "tests")
    tell()
    turn(timedelta(days=30))
    assert waiting.forget_old() == 0
    turn(timedelta(minutes=1))
    assert waiting.forget_old() == 1
    assert [row.variant_id for row in requests()] == [other]
    turn(timedelta(days=150) - timedelta(minutes=1))
    assert waiting.forget_old() == 0
    turn(timedelta(minutes=1))
    assert waiting.forget_old() == 1
    assert requests() == []


@on_every_database
def test_the_same_request_twice_at_once_is_one(context: Flask, gone: int) -> None:
    at_once(context, [lambda: ask(gone, "ada")] * 8).won()
    assert len(requests()) == 1


@on_every_database
def test_two_who_look_at_once_tell_everybody_once(context: Flask, gone: int) -> None:
    ask(gone, *people(12))
    stock.receive(gone, 2, "tests")
    race = at_once(context, [tell] * 6)
    assert sum(race.won()) == len(told()) == len(set(told()))
    while tell():
        pass
    assert sorted(told()) == sorted(people(12))


@on_every_database
def test_stopping_and_telling_at_once_leave_nobody_told_twice(context: Flask, gone: int) -> None:
    ask(gone, *people(5))
    stock.receive(gone, 1, "tests")
    tokens = [row.token for row in requests()]
    steps: list[Callable[[], object]] = [tell, tell, *(lambda token=token: waiting.stop(token) for token in tokens)]
    at_once(context, steps).won()
    assert requests() == []
    assert len(staged("stock.send_back")) <= 5
    assert stock_of(gone) == (1, 1)


def test_a_time_is_kept_to_the_microsecond_in_the_key_of_a_mail(gone: int, turn: Callable[[timedelta], None]) -> None:
    ask(gone, "ada")
    stock.receive(gone, 1, "tests")
    for _ in range(2):
        tell()
        waiting.put_back(requests()[0].id)
        turn(timedelta(microseconds=1))
    keys = set(db.session.scalars(select(OutboxJob.dedupe_key).where(OutboxJob.name == "stock.send_back")))
    assert len(keys) == 2
    assert max(map(len, keys)) < OutboxJob.dedupe_key.type.length - len(str(2**63))
