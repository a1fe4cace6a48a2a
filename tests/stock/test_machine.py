"""Two thousand steps of a shop with a gate, real Valkey and real SQL, against a model of a page.

The model predicts every answer: what the gate admits, what the guard sells, and what each of them says afterwards.
"""

import time
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from redis import Redis

from storefront.checkout import service as checkout
from storefront.core.db import db, transaction
from storefront.orders import returns
from storefront.orders import service as orders
from storefront.orders.queries import get_order, get_order_by_id
from storefront.stock import service as stock
from storefront.stock.gate import Copy, Hold
from storefront.stock.holds import Holds
from storefront.stock.service import OutOfStock
from tests.fixtures import factories
from tests.fixtures.readings import ledger_sum, stock_of
from tests.fixtures.stock import add_up, restore_keys, save_keys

# Some examples end early, so that more of them are asked for than 2,000 steps would need.
EXAMPLES, EXAMPLE_STEPS, STEPS = 30, 100, 2000
BRIEFLY = 0.004
Lines = dict[int, int]
shoppers = st.sampled_from(["ada", "bob", "cy"])
pieces = st.integers(1, 3)
wanted = st.dictionaries(st.sampled_from([0, 1]), pieces, min_size=1)
which = st.sampled_from([0, 1])


@dataclass
class Kept:
    """A hold as the model sees it."""

    id: str
    lines: Lines
    is_live: bool = True


@dataclass
class Remembered:
    """What the server remembers: copies as (available, version), and the last hold of each shopper."""

    copies: dict[int, tuple[int, int]] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)

    def free(self, variant: int, shopper: str) -> int:
        """What this shopper could hold of a variant."""
        others = [one.lines for name, one in self.kept.items() if name != shopper and one.is_live]
        return self.copies[variant][0] - sum(lines.get(variant, 0) for lines in others)

    def learn(self, variant: int, truth: tuple[int, int]) -> None:
        """A copy is published."""
        if variant not in self.copies or self.copies[variant][1] < truth[1]:
            self.copies[variant] = truth

    def drop(self, hold_id: str) -> None:
        """A hold is over."""
        self.kept = {name: one for name, one in self.kept.items() if one.id != hold_id}


class Shop(RuleBasedStateMachine):
    """Rules are what shoppers, staff, clocks and accidents do; variants are 0 and 1 here."""

    holds: Holds
    client: "Redis"
    seen: Counter[str]
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.client.flushdb()
        self.ids = [factories.make_variant(stock_level=4).id for _ in range(2)]
        self.truth = {0: (4, 1), 1: (4, 1)}
        self.received = {0: 4, 1: 4}
        self.server = Remembered()
        self.session: dict[str, Kept] = {}
        self.open_orders: list[tuple[int, Lines]] = []
        self.sent_orders: list[tuple[int, Lines]] = []
        self.sold: Counter[int] = Counter()
        self.snapshot = (save_keys(self.client), deepcopy(self.server))

    @rule(shopper=shoppers, lines=wanted)
    def hold(self, shopper: str, lines: Lines) -> None:
        self._hold(shopper, lines, 600)

    @rule(shopper=shoppers, lines=wanted)
    def hold_until_it_expires(self, shopper: str, lines: Lines) -> None:
        if self._hold(shopper, lines, BRIEFLY):
            time.sleep(2 * BRIEFLY)
            self.server.kept[shopper].is_live = False
            self.seen["expired"] += 1

    @rule(shopper=shoppers)
    def extend(self, shopper: str) -> None:
        if shopper in self.session:
            self._hold(shopper, self.session[shopper].lines, 600)

    @rule(shopper=shoppers)
    def send_the_hold_again(self, shopper: str) -> None:
        kept = self.server.kept.get(shopper)
        if kept and kept.is_live:
            before = [add_up(self.client, variant_id) for variant_id in self.ids]
            assert isinstance(self.holds.gate.hold(kept.id, shopper, self._real(kept.lines)), Hold)
            assert [add_up(self.client, variant_id) for variant_id in self.ids] == before

    @rule(shopper=shoppers)
    def release(self, shopper: str) -> None:
        if shopper in self.session:
            hold_id = self.session.pop(shopper).id
            self.holds.release(hold_id)
            self.server.drop(hold_id)

    @rule(shopper=shoppers)
    def place(self, shopper: str) -> None:
        """The whole checkout; what was admitted by a gate that knew too little is refused by the guard, unpaid."""
        kept = self.session.get(shopper) or Kept("", {0: 1})
        if self._place(kept):
            self.holds.settle(kept.id or None, [self.ids[variant] for variant in kept.lines])
            self._learn(kept.lines)
            self.server.drop(kept.id)
            self.session.pop(shopper, None)

    @rule(shopper=shoppers)
    def place_and_die_before_settling(self, shopper: str) -> None:
        self._place(self.session.get(shopper) or Kept("", {1: 2}))

    @rule(number=st.integers(0, 99))
    def cancel_and_write_off(self, number: int) -> None:
        """The goods of an unpaid order are broken: it ends, and nothing comes back on sale."""
        if not self.open_orders:
            return
        order_id, lines = self.open_orders.pop(number % len(self.open_orders))
        with transaction():
            orders.cancel_pending(order_id, "staff", "broken", is_written_off=True)
        for variant, quantity in lines.items():
            self._change(variant, quantity)
            self._change(variant, -quantity)
            self.sold[variant] -= quantity
            self.received[variant] -= quantity

    @rule(number=st.integers(0, 99), expires=st.booleans())
    def end_an_unpaid_order(self, number: int, expires: bool) -> None:
        """Cancelled or expired; nothing is published here, as when the process dies after the commit."""
        if not self.open_orders:
            return
        order_id, lines = self.open_orders.pop(number % len(self.open_orders))
        with transaction():
            if expires:
                orders.expire_pending(order_id, "shop")
            else:
                orders.cancel_pending(order_id, "shopper", "changed their mind")
        for variant, quantity in lines.items():
            self._change(variant, quantity)
            self.sold[variant] -= quantity

    @rule(variant=which, quantity=pieces)
    def receive(self, variant: int, quantity: int) -> None:
        stock.receive(self.ids[variant], quantity, "staff")
        self.holds.publish([self.ids[variant]])
        self.received[variant] += quantity
        self._change(variant, quantity)
        self._learn([variant])

    @rule(number=st.integers(0, 99))
    def send_an_order(self, number: int) -> None:
        if not self.open_orders:
            return
        order_id, lines = self.open_orders.pop(number % len(self.open_orders))
        with transaction():
            orders.mark_paid(order_id, "tests")
        orders.fulfil(order_id, "tests")
        for variant in lines:
            self._change(variant, 0)
        self.sent_orders.append((order_id, dict(lines)))

    @rule(number=st.integers(0, 99), is_restocked=st.booleans(), quantity=st.integers(1, 2))
    def take_goods_back(self, number: int, is_restocked: bool, quantity: int) -> None:
        """Never more than is out there, however often; on sale again only when that was chosen."""
        if not self.sent_orders:
            return
        order_id, out = self.sent_orders[number % len(self.sent_orders)]
        order = get_order_by_id(db.session(), order_id)
        variant = min(out)
        (line,) = [line for line in order.lines if line.variant_id == self.ids[variant]]
        pieces_back = {line.id: quantity}
        db.session.rollback()
        key = f"{order_id}-{type(self).steps}-{len(self.seen)}-{time.monotonic_ns()}"
        try:
            returns.take_back(order_id, key, pieces_back, is_restocked=is_restocked, reason="changed", actor="tests")
        except returns.ReturnedTooMany:
            assert quantity > out[variant]
            self.seen["returned too many"] += 1
            return
        assert quantity <= out[variant]
        out[variant] -= quantity
        self.seen["returned"] += 1
        if is_restocked:
            self.received[variant] += quantity
            self._change(variant, quantity)

    @rule(variant=which, quantity=pieces)
    def write_off(self, variant: int, quantity: int) -> None:
        try:
            stock.write_off(self.ids[variant], quantity, "staff", "broken")
        except stock.NotEnoughStock:
            assert quantity > self.truth[variant][0]
            return
        assert quantity <= self.truth[variant][0]
        self.received[variant] -= quantity
        self._change(variant, -quantity)
        self.seen["written off"] += 1

    @rule(variants=st.lists(which, min_size=1, max_size=3))
    def publish(self, variants: list[int]) -> None:
        self.holds.publish([self.ids[variant] for variant in variants])
        self._learn(variants)

    @rule()
    def flush(self) -> None:
        self.client.flushdb()
        self.server = Remembered()

    @rule()
    def save(self) -> None:
        self.snapshot = (save_keys(self.client), deepcopy(self.server))

    @rule()
    def roll_back(self) -> None:
        restore_keys(self.client, self.snapshot[0])
        self.server = deepcopy(self.snapshot[1])

    @invariant()
    def what_is_sold_was_there_and_every_sum_is_right(self) -> None:
        type(self).steps += 1
        for variant, variant_id in enumerate(self.ids):
            available, _ = stock_of(variant_id)
            assert available == ledger_sum(variant_id) == self.truth[variant][0]
            assert available == self.received[variant] - self.sold[variant] >= 0
            counted, written = add_up(self.client, variant_id)
            live = [one.lines.get(variant, 0) for one in self.server.kept.values() if one.is_live]
            # Expired holds are counted until somebody touches the variant; a flushed server counts none.
            assert counted == written >= sum(live)
        copies = self.holds.gate.read_copies(self.ids)
        assert copies == {self.ids[v]: Copy(self.ids[v], *copy) for v, copy in self.server.copies.items()}

    def teardown(self) -> None:
        """After everything has been published once, nothing is off."""
        self.holds.publish(self.ids)
        for variant, copy in enumerate(self.holds.gate.read_copies(self.ids).values()):
            assert (copy.available, copy.version) == self.truth[variant]

    def _hold(self, shopper: str, lines: Lines, seconds: float) -> bool:
        self._learn(set(lines) - set(self.server.copies))
        short = {v for v, quantity in lines.items() if self.server.free(v, shopper) < quantity}
        try:
            hold = self.holds.hold(shopper, self._real(lines), seconds)
        except OutOfStock as error:
            told = {line.variant_id for line in error.facts["lines"]}
            assert told
            assert told <= {self.ids[v] for v in short}
            self.seen["refused"] += 1
            return False
        assert hold is not None
        assert not short
        self.server.kept[shopper] = Kept(hold.id, dict(lines))
        self.session[shopper] = Kept(hold.id, dict(lines))
        self.seen["held"] += 1
        return True

    def _place(self, kept: Kept) -> bool:
        is_there = all(self.truth[v][0] >= quantity for v, quantity in kept.lines.items())
        cart = factories.fill_cart(*self._real(kept.lines).items())
        data = factories.checkout_data(250 * sum(kept.lines.values()) + 395)
        try:
            token = checkout.place_order(cart, data).token
        except OutOfStock:
            assert not is_there
            self.seen["refused by the guard, held" if kept.id else "refused by the guard"] += 1
            return False
        assert is_there
        order = get_order(db.session(), token)
        self.open_orders.append((order.id, kept.lines))
        db.session.rollback()
        for variant, quantity in kept.lines.items():
            self._change(variant, -quantity)
            self.sold[variant] += quantity
        self.seen["sold"] += 1
        return True

    def _real(self, lines: Lines) -> Lines:
        return {self.ids[variant]: quantity for variant, quantity in lines.items()}

    def _change(self, variant: int, quantity: int) -> None:
        available, version = self.truth[variant]
        self.truth[variant] = (available + quantity, version + 1)

    def _learn(self, variants: "set[int] | list[int] | Lines") -> None:
        for variant in variants:
            self.server.learn(variant, self.truth[variant])


def test_the_gate_and_the_guard_do_what_the_model_says(context: Flask, redis_url: str) -> None:
    class Driven(Shop):
        pass

    Driven.holds, Driven.client, Driven.seen = Holds.at(redis_url), Redis.from_url(redis_url), Counter()
    run_state_machine_as_test(
        Driven,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=EXAMPLE_STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Driven.steps >= STEPS
    # A run in which these never happened would show nothing.
    assert min(Driven.seen[what] for what in ("held", "refused", "expired", "sold")) >= 10, Driven.seen
    assert Driven.seen["refused by the guard, held"] >= 1, Driven.seen
    assert min(Driven.seen[what] for what in ("returned", "returned too many", "written off")) >= 3, Driven.seen
    assert not Driven.holds.counts["failed"]
