"""Messages reach the shop over real HTTP, again and again until it takes them, whoever is killed in between."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from storefront.payments.demo_provider.deliveries import LEASE_SECONDS, Deliveries
from storefront.payments.demo_provider.desk import Setting
from storefront.payments.demo_provider.events import sign
from storefront.payments.demo_provider.office import Office
from storefront.payments.demo_provider.store import Store
from storefront.payments.stripe_gateway import StripeGateway
from tests.contracts.gateway_demo import API_KEY, WEBHOOK_SECRET, Clock, Demo, make_demo, make_request
from tests.payments.hook import Hook

PATIENCE_SECONDS = 10


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.close()


@pytest.fixture
def demo(tmp_path: Path, hook: Hook) -> Iterator[Demo]:
    demo = make_demo(tmp_path / "provider.sqlite3", webhook_url=hook.url)
    yield demo
    demo.provider.stop_deliveries()


def deliveries(tmp_path: Path, hook: Hook, clock: Clock) -> Deliveries:
    """A deliverer that is driven by hand instead of by its thread."""
    office = Office(Store(tmp_path / "provider.sqlite3"), Setting(), clock)
    return Deliveries(office, url=hook.url, secret=WEBHOOK_SECRET)


def eventually(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_so()


def paid_session(demo: Demo, key: str = "order-7-attempt-1") -> str:
    session_id = demo.gateway.start(make_request(idempotency_key=key)).session_id
    demo.pay(session_id)
    return session_id


def pending(demo: Demo) -> int:
    from stripe import StripeClient

    client = StripeClient(API_KEY, http_client=demo.provider.http_client())
    return len(client.v1.events.list({"delivery_success": False}).data)


def test_a_payment_is_told_to_the_shop_with_a_signature_it_believes(demo: Demo, hook: Hook) -> None:
    demo.provider.start_deliveries()
    session_id = paid_session(demo)
    assert eventually(lambda: len(hook.messages) == 1)
    event = demo.gateway.read_event(*hook.messages[0])
    assert (event.kind, event.session_id) == ("checkout.session.completed", session_id)
    assert event.payment_ref == demo.gateway.look_up(session_id).payment_ref
    assert eventually(lambda: pending(demo) == 0)


def test_what_another_process_caused_is_delivered_too(demo: Demo, hook: Hook, tmp_path: Path) -> None:
    demo.provider.start_deliveries()
    other = make_demo(tmp_path / "provider.sqlite3", demo.clock, hook.url)
    session_id = other.gateway.start(make_request()).session_id
    other.gateway.cancel(session_id, "cancel-1")
    assert eventually(lambda: hook.kinds() == ["checkout.session.expired"])


def test_a_session_whose_time_is_over_is_told_without_anyone_looking(demo: Demo, hook: Hook) -> None:
    demo.gateway.start(make_request())
    demo.clock.advance(3601)
    demo.provider.start_deliveries()
    assert eventually(lambda: hook.kinds() == ["checkout.session.expired"])


@pytest.mark.parametrize("answer", [500, 503, 400, 404, 302])
def test_a_message_that_was_not_taken_comes_again_later(demo: Demo, hook: Hook, tmp_path: Path, answer: int) -> None:
    paid_session(demo)
    hook.answers = [answer]
    by_hand = deliveries(tmp_path, hook, demo.clock)
    assert by_hand.deliver_next()
    assert not by_hand.deliver_next()
    demo.clock.advance(2)
    assert by_hand.deliver_next()
    assert len(hook.messages) == 2
    assert hook.messages[0][0] == hook.messages[1][0]
    assert pending(demo) == 0


def test_the_pause_grows_with_every_try(demo: Demo, hook: Hook, tmp_path: Path) -> None:
    paid_session(demo)
    hook.answers = [500] * 20
    by_hand = deliveries(tmp_path, hook, demo.clock)
    tried_at: list[float] = []
    for _ in range(1200):
        if by_hand.deliver_next():
            tried_at.append(demo.clock.time)
        demo.clock.advance(1)
    pauses = [later - earlier for earlier, later in pairwise(tried_at)]
    assert pauses[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert set(pauses[9:]) == {300}


def test_after_three_days_it_is_given_up_and_still_listed(demo: Demo, hook: Hook, tmp_path: Path) -> None:
    paid_session(demo)
    demo.clock.advance(3 * 24 * 3600 + 1)
    hook.answers = [500]
    by_hand = deliveries(tmp_path, hook, demo.clock)
    assert by_hand.deliver_next()
    demo.clock.advance(24 * 3600)
    assert not by_hand.deliver_next()
    assert pending(demo) == 1


def test_a_shop_that_is_down_gets_everything_when_it_is_back(tmp_path: Path, hook: Hook) -> None:
    closed = Hook()
    closed.close()
    demo = make_demo(tmp_path / "provider.sqlite3", webhook_url=closed.url)
    demo.provider.start_deliveries()
    first, second = paid_session(demo, "one"), paid_session(demo, "two")
    assert eventually(lambda: pending(demo) == 2)
    demo.provider.stop_deliveries()
    demo.clock.advance(60)
    restarted = make_demo(tmp_path / "provider.sqlite3", demo.clock, hook.url)
    restarted.provider.start_deliveries()
    assert eventually(lambda: len(hook.messages) == 2)
    restarted.provider.stop_deliveries()
    told = {restarted.gateway.read_event(*message).session_id for message in hook.messages}
    assert told == {first, second}


def test_a_message_held_by_a_killed_process_is_sent_by_the_next(demo: Demo, hook: Hook, tmp_path: Path) -> None:
    paid_session(demo)
    killed, survivor = deliveries(tmp_path, hook, demo.clock), deliveries(tmp_path, hook, demo.clock)
    assert killed._claim() is not None
    assert not survivor.deliver_next()
    demo.clock.advance(LEASE_SECONDS)
    assert survivor.deliver_next()
    assert hook.kinds() == ["checkout.session.completed"]


def test_two_processes_deliver_each_message_once(demo: Demo, hook: Hook, tmp_path: Path) -> None:
    for number in range(20):
        paid_session(demo, f"order-{number}")
    both = [deliveries(tmp_path, hook, demo.clock) for _ in range(2)]
    for one in both:
        one.start()
    assert eventually(lambda: pending(demo) == 0)
    for one in both:
        one.stop()
    ids = [json.loads(body)["id"] for body, _ in hook.messages]
    assert len(ids) == len(set(ids)) == 20


def test_a_message_signed_by_someone_else_is_not_believed(demo: Demo, hook: Hook) -> None:
    demo.provider.start_deliveries()
    paid_session(demo)
    assert eventually(lambda: len(hook.messages) == 1)
    body, header = hook.messages[0]
    assert header == sign(body, WEBHOOK_SECRET, int(demo.clock.time))
    assert header != sign(body, "whsec_of_another", int(demo.clock.time))
    assert StripeGateway(API_KEY, [WEBHOOK_SECRET], now=demo.clock).read_event(body, header).id.startswith("evt_demo_")
