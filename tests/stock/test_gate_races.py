"""Races stopped at named points: between hold and place, between commit and settle, between reading and publishing."""

import time

import pytest
from flask import Flask
from redis import Redis

from storefront.checkout import service as checkout
from storefront.core.db import transaction
from storefront.stock import holds as holds_module
from storefront.stock import service as stock
from storefront.stock.gate import Copy, Hold
from storefront.stock.holds import Holds, get_holds
from storefront.stock.service import OutOfStock, StockLine
from tests.fixtures import factories
from tests.fixtures.races import at_once
from tests.fixtures.readings import count_orders, ledger_sum, stock_of
from tests.fixtures.shop import on_every_database
from tests.fixtures.stock import PausePoint, add_up, aside


@pytest.fixture
def holds(context: Flask) -> Holds:
    """The holds of the shop under test."""
    return get_holds()


def order(holds: Holds, variant_id: int, hold_id: str | None, cart: str | None = None) -> str:
    """The checkout of one piece."""
    cart = cart or factories.make_cart((variant_id, 1))
    return checkout.check_out(cart, factories.checkout_data(645), holds, hold_id)


class Paused(Holds):
    """Holds of a web worker that stops between the order's commit and settling."""

    def __init__(self, holds: Holds, point: PausePoint) -> None:
        super().__init__(holds.gate)
        self._point = point

    def settle(self, hold_id: str | None, variant_ids: object) -> None:
        self._point.wait_here()
        super().settle(hold_id, variant_ids)  # type: ignore[arg-type]


@on_every_database
def test_between_commit_and_settle_the_hold_still_counts(holds: Holds, context: Flask) -> None:
    variant_id, point = factories.make_variant(stock_level=2).id, PausePoint()
    hold = holds.hold("ada", {variant_id: 1})
    assert hold is not None
    with aside(context, lambda: order(Paused(holds, point), variant_id, hold.id)) as placed:
        point.wait_until_reached()
        assert stock_of(variant_id)[0] == 1
        with pytest.raises(OutOfStock):
            holds.hold("bob", {variant_id: 2})
        assert holds.hold("bob", {variant_id: 1}) is not None
        point.let_go()
        assert placed.result()
    assert holds.gate.read_copies([variant_id]) == {variant_id: Copy(variant_id, 1, 2)}
    assert holds.gate.read_held([variant_id]) == {variant_id: 1}


def test_a_publisher_that_comes_before_settling_leaves_too_little_and_never_too_much(
    holds: Holds, context: Flask
) -> None:
    variant_id, point = factories.make_variant(stock_level=2).id, PausePoint()
    hold = holds.hold("ada", {variant_id: 1})
    assert hold is not None
    with aside(context, lambda: order(Paused(holds, point), variant_id, hold.id)) as placed:
        point.wait_until_reached()
        holds.publish([variant_id])
        with pytest.raises(OutOfStock):
            holds.hold("bob", {variant_id: 1})
        point.let_go()
        placed.result()
    assert holds.hold("bob", {variant_id: 1}) is not None


def test_a_worker_that_dies_before_settling_is_made_good_by_expiry_and_publisher(holds: Holds) -> None:
    variant_id = factories.make_variant(stock_level=2).id
    assert holds.hold("ada", {variant_id: 1}, 0.05) is not None
    checkout.place_order(factories.make_cart((variant_id, 1)), factories.checkout_data(645))
    holds.publish([variant_id])
    time.sleep(0.06)
    assert holds.hold("bob", {variant_id: 1}) is not None
    with pytest.raises(OutOfStock):
        holds.hold("cy", {variant_id: 1})


@on_every_database
def test_a_hold_that_ends_before_the_order_is_placed_sells_nothing_twice(holds: Holds, context: Flask) -> None:
    variant_id, point = factories.make_variant(stock_level=1).id, PausePoint()

    def be_slow() -> str:
        hold = holds.hold("ada", {variant_id: 1}, 0.02)
        assert hold is not None
        cart = factories.make_cart((variant_id, 1))
        point.wait_here()
        return order(holds, variant_id, hold.id, cart)

    with aside(context, be_slow) as slow:
        point.wait_until_reached()
        time.sleep(0.03)
        hold = holds.hold("bob", {variant_id: 1})
        assert hold is not None
        order(holds, variant_id, hold.id)
        point.let_go()
        assert isinstance(slow.exception(), OutOfStock)
    assert count_orders() == 1
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 0
    assert holds.gate.read_held([variant_id]) == {variant_id: 0}


def test_a_publisher_that_read_before_another_does_not_bring_back_what_is_sold(
    holds: Holds, context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant_id, point = factories.make_variant(stock_level=3).id, PausePoint()
    read = holds_module.read_copies

    def read_and_wait(*arguments: object) -> list[Copy]:
        copies = read(*arguments)  # type: ignore[arg-type]
        monkeypatch.undo()
        point.wait_here()
        return copies

    monkeypatch.setattr(holds_module, "read_copies", read_and_wait)
    with aside(context, lambda: holds.publish([variant_id])) as late:
        point.wait_until_reached()
        with transaction():
            stock.take([StockLine(variant_id, 2, 1)], "shopper")
        holds.publish([variant_id])
        point.let_go()
        late.result()
    assert holds.gate.read_copies([variant_id]) == {variant_id: Copy(variant_id, 1, 2)}


def test_the_last_pieces_are_held_by_as_many_shoppers_even_when_the_gate_knows_nothing(
    holds: Holds, context: Flask, redis_url: str
) -> None:
    variant_id = factories.make_variant(stock_level=5).id
    race = at_once(context, [lambda n=n: holds.hold(f"shopper {n}", {variant_id: 1}) for n in range(12)])
    assert [type(one) for one in race.results] == [Hold] * 5
    assert [type(error) for error in race.errors] == [OutOfStock] * 7
    with Redis.from_url(redis_url) as client:
        assert add_up(client, variant_id) == (5, 5)


def test_a_shopper_with_many_tabs_holds_once(holds: Holds, context: Flask, redis_url: str) -> None:
    variant_id = factories.make_variant(stock_level=2).id
    at_once(context, [lambda: holds.hold("ada", {variant_id: 2})] * 10).won()
    with Redis.from_url(redis_url) as client:
        assert add_up(client, variant_id) == (2, 2)


def test_orders_and_holds_at_once_leave_nothing_behind(holds: Holds, context: Flask, redis_url: str) -> None:
    variant_id = factories.make_variant(stock_level=6).id

    def buy(number: int) -> str:
        hold = holds.hold(f"shopper {number}", {variant_id: 1})
        return order(holds, variant_id, hold.id if hold else None)

    race = at_once(context, [lambda number=number: buy(number) for number in range(12)])
    assert {type(error) for error in race.errors} == {OutOfStock}
    assert len(race.results) == 6
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 0
    assert holds.gate.read_copies([variant_id]) == {variant_id: Copy(variant_id, 0, 7)}
    with Redis.from_url(redis_url) as client:
        assert add_up(client, variant_id) == (0, 0)
