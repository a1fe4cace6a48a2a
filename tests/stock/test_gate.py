"""The gate's contract, on Valkey and on Redis: what it admits, refuses, forgets and never forgets."""

import time
from collections.abc import Iterator

import pytest
from redis import Redis

from storefront.stock.gate import MAX_PIECES, Copy, Gate, GateAway, Hold, Short, Unknown
from tests.fixtures import stock as proofs
from tests.fixtures.servers import on_every_redis
from tests.fixtures.stock import add_up, make_gate

pytestmark = on_every_redis


@pytest.fixture
def client(redis_url: str) -> Iterator["Redis"]:
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def gate(redis_url: str) -> Gate:
    return make_gate(redis_url)


def test_all_lines_are_held_or_none(gate: Gate) -> None:
    proofs.prove_all_lines_or_none(gate)
    assert isinstance(gate.hold("modest", "ada", {1: 2, 2: 1}), Hold)
    assert gate.read_held([1, 2]) == {1: 2, 2: 1}


def test_a_hold_ends_after_its_time_by_the_servers_clock(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 1, 1)])
    seconds, micros = client.time()
    hold = gate.hold("one", "ada", {1: 1}, 600)
    assert isinstance(hold, Hold)
    assert 600_000 <= hold.expires_at_ms - (seconds * 1000 + micros // 1000) < 605_000


def test_every_short_line_is_named_with_what_is_free(gate: Gate) -> None:
    gate.publish([Copy(1, 5, 1), Copy(2, 3, 1), Copy(3, 0, 1)])
    gate.hold("one", "ada", {1: 4, 2: 1})
    assert gate.hold("two", "bob", {1: 2, 2: 3}) == Short({1: 1, 2: 2})
    # What is sold out altogether is said at once, without a look at the others.
    assert gate.hold("two", "bob", {1: 2, 3: 1}) == Short({3: 0})


def test_a_hold_sent_again_gets_the_first_answer_and_counts_once(gate: Gate) -> None:
    gate.publish([Copy(1, 2, 1)])
    first = gate.hold("one", "ada", {1: 2})
    time.sleep(0.005)
    assert gate.hold("one", "ada", {1: 2}) == first
    assert gate.read_held([1]) == {1: 2}


def test_a_hold_sent_again_with_other_lines_replaces_itself(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 3, 1), Copy(2, 3, 1)])
    gate.hold("one", "ada", {1: 3, 2: 1})
    assert isinstance(gate.hold("one", "ada", {1: 1}), Hold)
    assert gate.read_held([1, 2]) == {1: 1, 2: 0}
    assert add_up(client, 2) == (0, 0)


def test_a_new_hold_replaces_the_shoppers_former_one(gate: Gate) -> None:
    proofs.prove_a_shopper_is_not_in_their_own_way(gate)
    assert gate.release("first") is False


def test_a_new_hold_that_is_refused_leaves_the_former_one(gate: Gate) -> None:
    gate.publish([Copy(1, 2, 1)])
    kept = gate.hold("one", "ada", {1: 1})
    assert gate.hold("two", "ada", {1: 3}) == Short({1: 2})
    assert gate.hold("one", "ada", {1: 1}) == kept
    assert gate.read_held([1]) == {1: 1}


def test_an_expired_hold_makes_room_by_itself(gate: Gate) -> None:
    gate.publish([Copy(1, 1, 1)])
    gate.hold("one", "ada", {1: 1}, 0.03)
    assert gate.hold("two", "bob", {1: 1}) == Short({1: 0})
    time.sleep(0.04)
    assert isinstance(gate.hold("two", "bob", {1: 1}), Hold)
    assert gate.read_held([1]) == {1: 1}


def test_the_apps_clock_changes_nothing(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    proofs.prove_no_clock_but_the_servers_counts(gate, monkeypatch)
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert gate.hold("late", "bob", {1: 1}) == Short({1: 0})


def test_a_hold_that_ends_while_it_is_extended_is_had_anew_or_not_at_all(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 1, 1)])
    gate.hold("one", "ada", {1: 1}, 0.02)
    time.sleep(0.03)
    assert isinstance(gate.hold("two", "ada", {1: 1}, 0.02), Hold)
    assert add_up(client, 1) == (1, 1)
    time.sleep(0.03)
    assert isinstance(gate.hold("three", "bob", {1: 1}), Hold)
    assert gate.hold("four", "ada", {1: 1}) == Short({1: 0})
    assert add_up(client, 1) == (1, 1)


def test_an_expired_hold_sent_again_is_asked_for_anew(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 1, 1)])
    first = gate.hold("one", "ada", {1: 1}, 0.02)
    time.sleep(0.03)
    second = gate.hold("one", "ada", {1: 1})
    assert isinstance(first, Hold)
    assert isinstance(second, Hold)
    assert second.expires_at_ms > first.expires_at_ms + 500_000
    assert add_up(client, 1) == (1, 1)


def test_what_is_not_known_is_neither_zero_nor_endless(gate: Gate) -> None:
    gate.publish([Copy(1, 5, 1), Copy(2, 0, 1)])
    assert gate.hold("one", "ada", {1: 1, 8: 1, 9: 1}) == Unknown([8, 9])
    assert gate.hold("one", "ada", {2: 1, 9: 1}) == Unknown([9])
    assert gate.hold("one", "ada", {1: 1, 2: 1}) == Short({2: 0})
    assert gate.read_held([1, 2, 9]) == {1: 0, 2: 0, 9: 0}
    assert set(gate.read_copies([1, 2, 9])) == {1, 2}


@pytest.mark.parametrize("pieces", [0, -1, MAX_PIECES + 1, 1.5, "2"])
def test_only_whole_numbers_within_bounds_are_held(gate: Gate, pieces: int) -> None:
    gate.publish([Copy(1, 5000, 1)])
    with pytest.raises(ValueError, match="1 to 999 pieces"):
        gate.hold("one", "ada", {1: pieces})
    with pytest.raises(ValueError, match="1 to 999 pieces"):
        gate.hold("one", "ada", {})
    assert isinstance(gate.hold("one", "ada", {1: MAX_PIECES}), Hold)
    assert gate.read_held([1]) == {1: MAX_PIECES}


def test_only_newer_news_counts_in_any_order_and_however_often(gate: Gate) -> None:
    proofs.prove_only_newer_news_counts(gate)


def test_a_copy_that_differs_at_the_same_version_is_told_and_left(gate: Gate) -> None:
    assert gate.publish([Copy(1, 5, 3), Copy(2, 7, 2)]) == []
    assert gate.publish([Copy(1, 4, 3), Copy(2, 7, 2)]) == [1]
    assert gate.read_copies([1]) == {1: Copy(1, 5, 3)}


def test_a_reset_replaces_even_what_is_ahead_and_keeps_the_holds(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 5, 9)])
    gate.hold("one", "ada", {1: 2})
    assert gate.publish([Copy(1, 4, 2)]) == []
    assert gate.read_copies([1]) == {1: Copy(1, 5, 9)}
    gate.publish([Copy(1, 4, 2)], is_reset=True)
    assert gate.read_copies([1]) == {1: Copy(1, 4, 2)}
    assert gate.hold("two", "bob", {1: 3}) == Short({1: 2})
    assert add_up(client, 1) == (2, 2)


def test_many_copies_are_published_in_several_calls(gate: Gate) -> None:
    gate.publish([Copy(variant_id, variant_id % 7, 1) for variant_id in range(1, 2502)])
    assert gate.publish([Copy(variant_id, 9, 1) for variant_id in range(1, 2502)]) == list(range(1, 2502))
    assert gate.read_copies(range(1, 2502))[2500] == Copy(2500, 2500 % 7, 1)


def test_settling_publishes_and_drops_the_hold_in_one_step(gate: Gate) -> None:
    gate.publish([Copy(1, 3, 1), Copy(2, 3, 1)])
    gate.hold("one", "ada", {1: 2, 2: 1})
    for _ in range(2):
        gate.settle("one", [Copy(1, 1, 2), Copy(2, 2, 2)])
        assert gate.read_copies([1, 2]) == {1: Copy(1, 1, 2), 2: Copy(2, 2, 2)}
        assert gate.read_held([1, 2]) == {1: 0, 2: 0}


def test_settling_leaves_a_newer_copy_and_the_shoppers_newer_hold(gate: Gate) -> None:
    gate.publish([Copy(1, 9, 1)])
    gate.hold("one", "ada", {1: 2})
    gate.hold("two", "ada", {1: 1})
    gate.publish([Copy(1, 5, 4)])
    gate.settle("one", [Copy(1, 7, 2)])
    assert gate.read_copies([1]) == {1: Copy(1, 5, 4)}
    assert isinstance(gate.hold("three", "ada", {1: 5}), Hold)
    assert gate.read_held([1]) == {1: 5}


def test_settling_an_expired_hold_gives_back_once(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 2, 1)])
    gate.hold("one", "ada", {1: 1}, 0.02)
    time.sleep(0.03)
    gate.hold("two", "bob", {1: 1})
    gate.settle("one", [Copy(1, 1, 2)])
    assert add_up(client, 1) == (1, 1)


def test_a_released_hold_makes_room_once(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 1, 1)])
    gate.hold("one", "ada", {1: 1})
    assert gate.release("one") is True
    assert gate.release("one") is False
    assert add_up(client, 1) == (0, 0)
    assert isinstance(gate.hold("two", "bob", {1: 1}), Hold)


def test_dropping_an_expired_hold_leaves_the_shoppers_newer_one_theirs(gate: Gate) -> None:
    gate.publish([Copy(1, 1, 1)])
    gate.hold("one", "ada", {1: 1}, 0.02)
    time.sleep(0.03)
    gate.hold("two", "ada", {1: 1})
    assert gate.release("one") is True
    assert isinstance(gate.hold("three", "ada", {1: 1}), Hold)
    assert gate.read_held([1]) == {1: 1}


def test_a_hold_taken_over_by_another_shopper_counts_once(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 5, 1)])
    gate.hold("one", "ada", {1: 2})
    assert isinstance(gate.hold("one", "bob", {1: 3}), Hold)
    assert add_up(client, 1) == (3, 3)


def test_scripts_the_server_has_forgotten_are_told_again(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 1, 1)])
    for step in (
        lambda: gate.hold("one", "ada", {1: 1}),
        lambda: gate.settle("one", [Copy(1, 0, 2)]),
        lambda: gate.publish([Copy(1, 1, 3)]),
        lambda: gate.release("one"),
    ):
        client.script_flush()
        step()
    assert gate.read_copies([1]) == {1: Copy(1, 1, 3)}


def test_an_emptied_server_knows_nothing_and_learns_again(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 1, 1)])
    gate.hold("one", "ada", {1: 1})
    client.flushdb()
    assert gate.hold("two", "bob", {1: 1}) == Unknown([1])
    assert gate.release("one") is False
    gate.publish([Copy(1, 1, 1)])
    assert isinstance(gate.hold("two", "bob", {1: 1}), Hold)


def test_holds_that_outlived_their_copy_count_again_with_the_next_one(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 3, 1)])
    gate.hold("one", "ada", {1: 2})
    client.delete("{stock}:v:1")
    gate.publish([Copy(1, 3, 1)])
    assert gate.hold("two", "bob", {1: 2}) == Short({1: 1})
    gate.release("one")
    assert add_up(client, 1) == (0, 0)


def test_every_key_of_a_shard_carries_its_hash_tag(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 3, 1)])
    gate.hold("one", "ada", {1: 2})
    keys = list(client.scan_iter())
    assert len(keys) == 6
    assert all(key.startswith(b"{stock}:") for key in keys)


def test_nothing_but_copies_stays_for_ever(gate: Gate, client: "Redis") -> None:
    gate.publish([Copy(1, 3, 1)])
    hold = gate.hold("one", "ada", {1: 2}, 0.02)
    assert isinstance(hold, Hold)
    assert client.pexpiretime("{stock}:hold:one") == hold.expires_at_ms + 60_000
    assert client.pexpiretime("{stock}:shopper:ada") == hold.expires_at_ms
    time.sleep(0.03)
    gate.hold("two", "bob", {1: 1})
    gate.release("two")
    assert set(client.scan_iter()) == {b"{stock}:v:1", b"{stock}:hold:one"}


def test_an_answer_that_is_an_error_is_the_gate_being_away(gate: Gate, client: "Redis") -> None:
    client.set("{stock}:v:1", "not a hash")
    with pytest.raises(GateAway) as away:
        gate.hold("one", "ada", {1: 1})
    assert "WRONGTYPE" in away.value.facts["reason"]
    with pytest.raises(GateAway):
        gate.read_copies([1])
