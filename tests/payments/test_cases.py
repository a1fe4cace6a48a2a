"""The cases of docs/money.md that decide whether it is real: each by its name, on three databases.

Where two sides act, their steps are taken in every order that keeps each side's own (`merges`). A step that the shop
refuses is what a shopper or a retried job would see; afterwards everything that was left is done, twice. Then the
provider's books, ours and the stock ledger must agree, and the case must have ended as it should.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from flask import Flask

from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.errors import ShopError
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderStatus
from storefront.payments import refunds
from storefront.payments import service as payments
from storefront.payments.comparison import compare
from storefront.payments.gateway import GatewayUnavailable
from storefront.payments.models import Payment, Refund, WebhookEvent
from storefront.payments.queries import list_disputes
from storefront.payments.refunds import RefundWish
from storefront.payments.sweeping import sweep_events
from storefront.stock import service as stock
from tests.fixtures.factories import checkout_data, make_cart, make_variant
from tests.fixtures.paying import BASE_URL, make_paid, make_started, read, refunds_of, theirs
from tests.fixtures.provider import Provider, Unreliable
from tests.fixtures.readings import forget, ledger_sum, stock_of
from tests.fixtures.shop import on_every_database

Step = Callable[[], object]
TOTAL, PIECES = 250 * 3 + 395, 3


def merges(first: Sequence[Step], second: Sequence[Step]) -> Iterator[list[Step]]:
    """Every order of all steps that keeps the order of each side."""
    if not first or not second:
        yield [*first, *second]
        return
    yield from ([first[0], *rest] for rest in merges(first[1:], second))
    yield from ([second[0], *rest] for rest in merges(first, second[1:]))


@dataclass
class World:
    """One order of three pieces, and both sides' hands."""

    provider: Provider
    stock_level: int = 10
    is_paid: bool = False
    order_id: int = field(init=False)
    variant_id: int = field(init=False)

    def __post_init__(self) -> None:
        variant = make_variant(stock_level=self.stock_level)
        self.variant_id = variant.id
        make = make_paid if self.is_paid else make_started
        self.started = make(self.provider, variant, PIECES)
        self.order_id = self.started.order_id

    def pay(self, choice: str = "pay") -> None:
        """The shopper pays, if the provider's page still takes it."""
        with suppress(AssertionError):
            self.provider.pay(self.started.session_id, choice)

    def come_back(self) -> None:
        payments.confirm(self.started.payment_id, self.provider.gateway)

    def hear(self) -> None:
        for event, body in self.provider.events():
            payments.receive_event(event, "demo", body)
        forget()
        for event_id in db.session.scalars(db.select(WebhookEvent.id).order_by(WebhookEvent.id)).all():
            with suppress(ShopError):
                payments.process_event(event_id, self.provider.gateway)

    def drive(self) -> None:
        forget()
        for refund_id in db.session.scalars(db.select(Refund.id)).all():
            with suppress(ShopError):
                refunds.drive(refund_id, self.provider.gateway)

    def ask_back(self, amount: int) -> None:
        refunds.request(self.order_id, "k", RefundWish(other_minor=amount, reason="Lamp"), "tests")

    def expire(self) -> None:
        """Its time is over, and the clock's job looks at it."""
        with transaction() as session:
            session.get_one(Order, self.order_id).expires_at = clock.now() - timedelta(minutes=1)
        checkout.expire_order(self.order_id, self.provider.gateway, BASE_URL)

    def expire_behind_the_provider(self) -> None:
        with transaction():
            orders.expire_pending(self.order_id, "tests")

    def sell_the_rest(self) -> None:
        """Everything that can be had now goes elsewhere."""
        free = stock_of(self.variant_id)[0]
        if free:
            stock.adjust(self.variant_id, -free, "tests", "sold elsewhere")

    @property
    def status(self) -> OrderStatus:
        forget()
        return db.session.get_one(Order, self.order_id).status

    @property
    def money(self) -> tuple[int, int]:
        """What the provider took of the shopper, and what it gave back."""
        ref = self.provider.gateway.look_up(self.started.session_id).payment_ref
        taken, back = theirs(self.provider, ref) if ref else (0, [])
        return taken, sum(back)

    def take(self, steps: Sequence[Step]) -> None:
        """Take the steps, and then do what is left until nothing changes any more."""
        for step in steps:
            with suppress(ShopError):
                step()
            db.session.rollback()
        for _ in range(2):
            for rest in (self.come_back, self.hear, self.drive):
                with suppress(ShopError):
                    rest()
                db.session.rollback()
        found = compare(self.provider.gateway, clock.now() - timedelta(days=1))
        assert found.is_green, found.differences
        assert ledger_sum(self.variant_id) == stock_of(self.variant_id)[0]


@on_every_database
@pytest.mark.parametrize("is_sold", [False, True])
def test_success_arrives_after_the_order_expired(context: Flask, is_sold: bool) -> None:
    provider = Provider(context)
    ends = set()
    for number in range(len(list(merges([len] * (2 if is_sold else 1), [len] * 3)))):
        world = World(provider)
        shop = [world.expire_behind_the_provider, world.sell_the_rest][: 2 if is_sold else 1]
        world.take(list(merges(shop, [world.pay, world.hear, world.come_back]))[number])
        ends.add((world.status, world.money))
    whole = (OrderStatus.PAID, (TOTAL, 0))
    given_back = (OrderStatus.EXPIRED, (TOTAL, TOTAL))
    assert ends == ({whole, given_back} if is_sold else {whole})


@on_every_database
def test_order_about_to_expire(context: Flask) -> None:
    provider = Provider(context)
    ends = set()
    for number in range(4):
        world = World(provider)
        world.take(list(merges([world.expire], [world.pay, world.hear, world.come_back]))[number])
        ends.add((world.status, world.money, stock_of(world.variant_id)[0]))
    assert ends == {(OrderStatus.PAID, (TOTAL, 0), 7), (OrderStatus.EXPIRED, (0, 0), 10)}


@on_every_database
def test_order_about_to_expire_whose_payment_is_under_way_or_whose_provider_is_silent(context: Flask) -> None:
    provider = Provider(context)
    slow, silent = World(provider), World(provider)
    slow.pay("debit")
    slow.take([slow.expire])
    assert (slow.status, stock_of(slow.variant_id)[0]) == (OrderStatus.PENDING, 7)
    with transaction() as session:
        session.get_one(Order, silent.order_id).expires_at = clock.now() - timedelta(minutes=1)
    with pytest.raises(GatewayUnavailable):
        checkout.expire_order(silent.order_id, Unreliable(provider.gateway, is_deaf=True), BASE_URL)
    assert (silent.status, stock_of(silent.variant_id)[0]) == (OrderStatus.PENDING, 7)


@on_every_database
def test_two_tabs_double_click_back_button_reload_after_paying(context: Flask) -> None:
    provider = Provider(context)
    for number in range(6):
        world = World(provider)

        def start(world: World = world) -> str:
            return payments.start(world.order_id, provider.gateway, BASE_URL)

        world.take(list(merges([start, world.pay], [start, world.pay]))[number])
        forget()
        attempts = db.session.scalars(db.select(Payment).where(Payment.order_id == world.order_id)).all()
        assert (world.status, world.money, len(attempts)) == (OrderStatus.PAID, (TOTAL, 0), 1)


@on_every_database
@pytest.mark.parametrize("changes_at", [0, 1, 2, 3])
def test_cart_changed_in_another_tab_while_paying(context: Flask, changes_at: int) -> None:
    provider, variant_id = Provider(context), make_variant().id
    token, placed = make_cart((variant_id, 1)), []
    steps: list[Step] = [
        lambda: placed.append(checkout.place_order(token, checkout_data(645)).id),
        lambda: payments.start(placed[0], provider.gateway, BASE_URL),
        lambda: provider.pay(read(placed[0]).session_id),
    ]
    steps.insert(changes_at, lambda: carts.add_line(token, variant_id, 2))
    if changes_at == 0:
        steps[0]()
        with pytest.raises(checkout.PriceChanged):
            steps[1]()
        return
    for step in steps:
        step()
    paid = read(placed[0])
    payments.confirm(paid.payment_id, provider.gateway)
    order = db.session.get_one(Order, placed[0])
    assert (order.status, order.total_minor, [line.quantity for line in order.lines]) == (OrderStatus.PAID, 645, [1])
    assert theirs(provider, read(placed[0]).payment_ref) == (645, [])


@on_every_database
@pytest.mark.parametrize("is_all", [False, True])
def test_refund_from_the_providers_own_dashboard_before_our_commit_or_after(context: Flask, is_all: bool) -> None:
    provider = Provider(context)
    ours, elsewhere = (TOTAL, TOTAL) if is_all else (300, 700)
    for number in range(6):
        world = World(provider, is_paid=True)

        def at_the_provider(world: World = world) -> None:
            with suppress(Exception):  # It refuses what was paid back already, in words of its own.
                provider.dashboard.refund(world.started.payment_ref, elsewhere)

        steps = merges([lambda world=world: world.ask_back(ours), world.drive], [at_the_provider, world.hear])  # type: ignore[misc]
        world.take(list(steps)[number])
        assert world.money == (TOTAL, TOTAL if is_all else 1000)
        done = sorted(amount for status, amount in refunds_of(world.order_id) if status == "succeeded")
        assert done == ([TOTAL] if is_all else [300, 700])


@on_every_database
def test_partial_refund_by_line_and_quantity_by_amount_with_shipping_and_stock_apart(context: Flask) -> None:
    provider = Provider(context)
    world = World(provider, is_paid=True)
    (line_id,) = world.started.line_ids
    for key, wish in (
        ("a", RefundWish(pieces={line_id: 1})),
        ("b", RefundWish(shipping_minor=395)),
        ("c", RefundWish(pieces={line_id: 1}, other_minor=50)),
    ):
        refunds.request(world.order_id, key, wish, "tests")
    world.take([])
    assert world.money == (TOTAL, 250 + 395 + 300)
    assert stock_of(world.variant_id)[0] == 7


@on_every_database
@pytest.mark.parametrize("is_won", [True, False])
def test_dispute_opened_won_lost(context: Flask, is_won: bool) -> None:
    provider = Provider(context)
    for number in range(6):
        world, made = World(provider, is_paid=True), []
        steps = merges(
            [
                lambda world=world, made=made: made.append(provider.dashboard.dispute(world.started.payment_ref)["id"]),  # type: ignore[misc]
                lambda made=made: provider.dashboard.decide(made[0], is_won=is_won),  # type: ignore[misc]
            ],
            [world.hear, world.hear],
        )
        world.take(list(steps)[number])
        (found,) = list_disputes(db.session(), world.order_id)
        assert found.status == ("won" if is_won else "lost")
        assert (world.status, stock_of(world.variant_id)[0]) == (OrderStatus.PAID, 7)


@on_every_database
def test_browser_closed_after_paying(context: Flask) -> None:
    world = World(Provider(context))
    world.pay()
    world.hear()
    assert (world.status, world.money) == (OrderStatus.PAID, (TOTAL, 0))
    world.take([])


@on_every_database
def test_webhook_endpoint_down_for_a_day(context: Flask) -> None:
    provider = Provider(context)
    worlds = [World(provider) for _ in range(3)]
    for world in worlds:
        world.pay()
    provider.dashboard.refund(provider.gateway.look_up(worlds[0].started.session_id).payment_ref or "", 100)
    assert sweep_events(provider.gateway) >= 4
    worlds[0].take([])
    assert {world.status for world in worlds} == {OrderStatus.PAID}
    assert [amount for _, amount in refunds_of(worlds[0].order_id)] == [100]
