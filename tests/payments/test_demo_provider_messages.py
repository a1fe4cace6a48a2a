"""Messages that come twice, out of order, days late or not at all: what a shop has to bear."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from storefront.payments.demo_provider import Faults
from storefront.payments.demo_provider.deliveries import Deliveries
from storefront.payments.demo_provider.desk import Setting
from storefront.payments.demo_provider.office import Office
from storefront.payments.demo_provider.store import Store
from tests.contracts.gateway_demo import WEBHOOK_SECRET, Clock, Demo, make_demo, make_request
from tests.payments.hook import Hook

DAY = 86_400


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.close()


@pytest.fixture
def demo(tmp_path: Path, hook: Hook) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3", webhook_url=hook.url)


@pytest.fixture
def by_hand(tmp_path: Path, hook: Hook, demo: Demo) -> Deliveries:
    office = Office(Store(tmp_path / "provider.sqlite3"), Setting(), demo.clock)
    return Deliveries(office, url=hook.url, secret=WEBHOOK_SECRET)


def pay(demo: Demo, times: int) -> list[str]:
    """Paid sessions, the oldest first."""
    found = []
    for number in range(times):
        found.append(demo.gateway.start(make_request(idempotency_key=f"order-{number}")).session_id)
        demo.pay(found[-1])
        demo.clock.advance(1)
    return found


def deliver(by_hand: Deliveries, clock: Clock, seconds: int = 0) -> int:
    """Everything that is due up to a time, as the thread would; gives the number of tries."""
    tries = 0
    for _ in range(seconds + 1):
        while by_hand.deliver_next():
            tries += 1
        clock.advance(1)
    return tries


def told(hook: Hook) -> list[str]:
    """The sessions that messages were about, in the order of arrival."""
    return [json.loads(body)["data"]["object"]["id"] for body, _ in hook.messages]


def test_without_a_plan_each_message_comes_once_and_in_order(demo: Demo, hook: Hook, by_hand: Deliveries) -> None:
    sessions = pay(demo, 10)
    deliver(by_hand, demo.clock)
    assert told(hook) == sessions


def test_messages_come_out_of_order_and_each_once(demo: Demo, hook: Hook, by_hand: Deliveries) -> None:
    demo.provider.plan(Faults(seed=3, shuffled_seconds=60))
    sessions = pay(demo, 10)
    deliver(by_hand, demo.clock, 61)
    assert told(hook) != sessions
    assert sorted(told(hook)) == sorted(sessions)


def test_a_share_of_the_messages_comes_twice_under_one_id(demo: Demo, hook: Hook, by_hand: Deliveries) -> None:
    demo.provider.plan(Faults(seed=3, duplicated=0.5))
    sessions = pay(demo, 20)
    deliver(by_hand, demo.clock, 10)
    counts = Counter(told(hook))
    assert counts.keys() == set(sessions)
    assert 4 <= sum(count == 2 for count in counts.values()) <= 16
    assert set(counts.values()) == {1, 2}
    assert len({json.loads(body)["id"] for body, _ in hook.messages}) == 20


def test_a_message_days_late_is_signed_when_it_is_sent(demo: Demo, hook: Hook, by_hand: Deliveries) -> None:
    demo.provider.plan(Faults(late_seconds=5 * DAY))
    pay(demo, 1)
    assert deliver(by_hand, demo.clock) == 0
    demo.clock.advance(5 * DAY)
    assert deliver(by_hand, demo.clock) == 1
    event = demo.gateway.read_event(*hook.messages[0])
    assert demo.clock.time - event.created_at.timestamp() > 5 * DAY


def test_an_unreachable_shop_is_tried_again_more_and_more_rarely(demo: Demo, hook: Hook, by_hand: Deliveries) -> None:
    demo.provider.plan(Faults(is_shop_unreachable=True))
    pay(demo, 1)
    assert deliver(by_hand, demo.clock, 120) == 7
    assert hook.messages == []
    demo.provider.plan(Faults())
    deliver(by_hand, demo.clock, 130)
    assert len(hook.messages) == 1


def test_what_never_arrived_is_found_by_asking(demo: Demo, hook: Hook, by_hand: Deliveries) -> None:
    demo.provider.plan(Faults(is_shop_unreachable=True))
    sessions = pay(demo, 3)
    deliver(by_hand, demo.clock)
    listed = demo.api.events.list({"types": ["checkout.session.completed"], "delivery_success": False})
    assert [event.data.object["id"] for event in listed.auto_paging_iter()] == sessions[::-1]
