"""Many at once, on each of the three databases: nothing is sold twice and no sum is off."""

from flask import Flask

from storefront.core.db import retry_deadlocks, transaction
from storefront.stock import service as stock
from storefront.stock.service import OutOfStock, StockLine
from tests.fixtures.factories import make_variant
from tests.fixtures.races import at_once
from tests.fixtures.readings import ledger_sum, stock_of
from tests.fixtures.shop import on_every_database

pytestmark = on_every_database


def test_corrections_at_once_add_up_exactly(context: Flask) -> None:
    variant_id = make_variant(stock_level=100).id

    def change_often(quantity: int) -> None:
        for _ in range(20):
            stock.adjust(variant_id, quantity, "staff", "counted")

    at_once(context, [lambda: change_often(1), lambda: change_often(-1)] * 5).won()
    assert stock_of(variant_id) == (100, 100)
    stock.adjust(variant_id, 7, "staff", "found")
    assert ledger_sum(variant_id) == 107


def test_the_first_goods_of_a_variant_may_arrive_twice_at_once(context: Flask) -> None:
    variant_id = make_variant(stock_level=0).id
    at_once(context, [lambda: stock.receive(variant_id, 3, "staff")] * 8).won()
    assert stock_of(variant_id) == (24, 24)
    assert ledger_sum(variant_id) == 24


def test_orders_that_want_the_same_things_in_another_order_do_not_wait_in_a_circle(context: Flask) -> None:
    first, second = make_variant(stock_level=40).id, make_variant(stock_level=40).id

    def buy(number: int) -> None:
        ids = (first, second) if number % 2 else (second, first)
        with transaction():
            stock.take([StockLine(variant_id, 1, 2 * number + n) for n, variant_id in enumerate(ids)], "shopper")

    at_once(context, [lambda number=number: buy(number) for number in range(40)]).won()
    assert (stock_of(first)[0], stock_of(second)[0]) == (0, 0)


def test_the_last_piece_is_sold_once(context: Flask) -> None:
    variant_id = make_variant(stock_level=1).id

    @retry_deadlocks
    def buy(number: int) -> None:
        with transaction():
            stock.take([StockLine(variant_id, 1, number)], "shopper")

    race = at_once(context, [lambda number=number: buy(number) for number in range(12)])
    assert len(race.results) == 1
    assert [type(error) for error in race.errors] == [OutOfStock] * 11
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 0
