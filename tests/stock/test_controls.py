"""Negative controls: take out what gives a guarantee, and its proof fails. A test that passes without it is none."""

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from storefront.core import clock
from tests.fixtures import stock as proofs
from tests.fixtures.factories import make_variant
from tests.fixtures.readings import stock_of
from tests.fixtures.servers import on_every_redis
from tests.fixtures.shop import on_every_database
from tests.fixtures.stock import make_gate


@on_every_database
def test_with_the_guard_nothing_is_sold_twice(context: Flask) -> None:
    proofs.prove_what_is_sold_was_there(context, make_variant(stock_level=3).id)


def test_without_guard_and_constraint_more_is_sold_than_there_is(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    proofs.take_the_guard_out(monkeypatch)
    with proofs.no_checks():
        variant_id = make_variant(stock_level=3).id
        with pytest.raises(AssertionError, match="12 sold of 3"):
            proofs.prove_what_is_sold_was_there(context, variant_id)
        assert stock_of(variant_id) == (-9, 3)


@on_every_database
def test_without_the_guard_the_constraint_still_refuses(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    proofs.take_the_guard_out(monkeypatch)
    variant_id = make_variant(stock_level=3).id
    with pytest.raises(AssertionError, match=r"IntegrityError|OperationalError"):
        proofs.prove_what_is_sold_was_there(context, variant_id)
    assert stock_of(variant_id) == (0, 3)


def test_the_constraint_is_there_when_it_is_not_switched_off(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    proofs.take_the_guard_out(monkeypatch)
    with proofs.no_checks():
        pass
    with pytest.raises(IntegrityError, match="CHECK"):
        proofs.sell(make_variant(stock_level=1).id, 2, 1)


@on_every_redis
def test_without_superseding_shoppers_are_in_their_own_way(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proofs.alter_scripts(monkeypatch, 'redis.call("GET", "{stock}:shopper:" .. shopper)', lambda: "false")
    with pytest.raises(AssertionError, match=r"refused: Short\(free=\{1: 0\}\)"):
        proofs.prove_a_shopper_is_not_in_their_own_way(make_gate(redis_url))


@on_every_redis
def test_without_the_version_check_old_news_wins(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proofs.alter_scripts(monkeypatch, "known >= tonumber(version)", lambda: "false")
    with pytest.raises(AssertionError, match=r"it believes .*version=1"):
        proofs.prove_only_newer_news_counts(make_gate(redis_url))


@on_every_redis
def test_with_the_apps_time_wrong_clocks_give_one_piece_to_two(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = make_gate(redis_url)
    proofs.alter_scripts(monkeypatch, 'redis.call("TIME")', lambda: f"{{{clock.now().timestamp():.0f}, 0}}")
    with pytest.raises(AssertionError, match="given to two"):
        proofs.prove_no_clock_but_the_servers_counts(gate, monkeypatch)


@on_every_redis
def test_without_looking_at_all_lines_first_some_are_kept_of_a_refused_cart(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_at_once = 'if free >= wanted then redis.call("HINCRBY", "{stock}:v:" .. variant, "held", wanted) end\n'
    proofs.alter_scripts(monkeypatch, "  if free < wanted then", lambda: f"  {keep_at_once}  if free < wanted then")
    with pytest.raises(AssertionError, match=r"kept of a refused cart: \{1: 2, 2: 0\}"):
        proofs.prove_all_lines_or_none(make_gate(redis_url))
