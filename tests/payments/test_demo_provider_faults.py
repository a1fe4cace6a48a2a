"""What can go wrong with a call goes wrong as told: by name, by chance that repeats itself, and in every process."""

import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from stripe import APIConnectionError, APIError, HTTPClient, RateLimitError, StripeClient, StripeError

from storefront.payments.demo_provider import Fault, Faults
from storefront.payments.demo_provider.store import Store
from storefront.payments.gateway import GatewayUnavailable
from storefront.payments.stripe_gateway import StripeGateway
from tests.contracts.gateway_demo import API_KEY, Demo, make_demo, make_request

KEY = {"idempotency_key": "order-7"}


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


def count(demo: Demo) -> int:
    return len(demo.api.checkout.sessions.list({"limit": 100}).data)


def strike(demo: Demo, *faults: Fault, endpoint: str = "create_session") -> None:
    demo.provider.plan(Faults(next_calls=tuple((endpoint, fault) for fault in faults)))


@pytest.mark.parametrize(
    ("fault", "error", "is_done", "is_kept"),
    [
        (Fault.REFUSED, APIConnectionError, False, False),
        (Fault.RATE_LIMITED, RateLimitError, False, False),
        (Fault.FAILED, APIError, False, True),
        (Fault.FAILED_LATE, APIError, True, True),
        (Fault.TIMED_OUT, APIConnectionError, True, False),
    ],
)
def test_each_fault_does_what_its_name_says(
    demo: Demo, fault: Fault, error: type[StripeError], is_done: bool, is_kept: bool
) -> None:
    """`is_done`: the session exists. `is_kept`: the key answers the same again, as the real service's does."""
    strike(demo, fault)
    params = demo.session_params()
    with pytest.raises(error) as struck:
        demo.api.checkout.sessions.create(params, KEY)
    assert type(struck.value) is error
    assert count(demo) == int(is_done)
    if not is_kept:
        assert demo.api.checkout.sessions.create(params, KEY).status == "open"
        assert count(demo) == 1
        return
    with pytest.raises(error):
        demo.api.checkout.sessions.create(params, KEY)
    assert count(demo) == int(is_done)


def test_what_was_done_before_a_failure_is_found_in_the_list(demo: Demo) -> None:
    strike(demo, Fault.FAILED_LATE, endpoint="create_refund")
    session_id = demo.gateway.start(make_request()).session_id
    demo.pay(session_id)
    payment_ref = demo.gateway.look_up(session_id).payment_ref or ""
    with pytest.raises(APIError):
        demo.api.refunds.create({"payment_intent": payment_ref, "metadata": {"refund_id": "9"}}, KEY)
    (refund,) = demo.api.refunds.list({"payment_intent": payment_ref}).data
    assert (refund.amount, refund.metadata.to_dict()) == (3147, {"refund_id": "9"})


def test_a_key_that_failed_answers_so_for_a_day_and_is_then_free(demo: Demo) -> None:
    strike(demo, Fault.FAILED)
    params = demo.session_params()
    del params["expires_at"]
    for seconds in (0, 86_300):
        demo.clock.advance(seconds)
        with pytest.raises(APIError):
            demo.api.checkout.sessions.create(params, KEY)
    demo.clock.advance(101)
    assert demo.api.checkout.sessions.create(params, KEY).status == "open"


def test_a_wrong_parameter_is_told_before_anything_fails(demo: Demo) -> None:
    """As at the real service, whose checks come before what can break."""
    strike(demo, Fault.FAILED)
    with pytest.raises(StripeError) as refused:
        demo.api.checkout.sessions.create(demo.session_params() | {"colour": "red"}, KEY)
    assert refused.value.http_status == 400


def test_looking_fails_too_and_is_asked_again(demo: Demo) -> None:
    session_id = demo.gateway.start(make_request()).session_id
    strike(demo, Fault.FAILED, Fault.TIMED_OUT, endpoint="retrieve_session")
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            StripeGateway(API_KEY, [], http_client=demo.provider.http_client, max_network_retries=0).look_up(session_id)
    assert demo.gateway.look_up(session_id).is_session_open


def test_the_official_library_tries_again_what_may_help_and_only_that(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HTTPClient, "INITIAL_DELAY", 0.01)
    api = StripeClient(API_KEY, http_client=demo.provider.http_client(), max_network_retries=2).v1
    strike(demo, Fault.REFUSED, Fault.TIMED_OUT)
    assert api.checkout.sessions.create(demo.session_params()).status == "open"
    assert count(demo) == 1
    # A key that failed would only fail again, which the answer says: the second fault is never met.
    strike(demo, Fault.FAILED, Fault.TIMED_OUT)
    with pytest.raises(APIError):
        api.checkout.sessions.create(demo.session_params())
    with pytest.raises(APIConnectionError):
        demo.api.checkout.sessions.create(demo.session_params())


def test_a_slow_call_keeps_its_key_in_use(demo: Demo, tmp_path: Path) -> None:
    demo.provider.plan(Faults(next_calls=(("create_session", Fault.SLOW),), slow_seconds=1))
    params, opened = demo.session_params(), []
    slow = threading.Thread(target=lambda: opened.append(demo.api.checkout.sessions.create(params, KEY).id))
    slow.start()
    store, deadline = Store(tmp_path / "provider.sqlite3"), time.monotonic() + 10
    while not _has_claim(store) and time.monotonic() < deadline:
        time.sleep(0.01)
    other = make_demo(tmp_path / "provider.sqlite3", demo.clock)
    with pytest.raises(StripeError) as refused:
        other.api.checkout.sessions.create(params, KEY)
    assert refused.value.http_status == 409
    assert refused.value.json_body["error"]["code"] == "idempotency_key_in_use"
    slow.join()
    assert other.api.checkout.sessions.create(params, KEY).id == opened[0]
    assert count(demo) == 1


def _has_claim(store: Store) -> bool:
    with store.read() as db:
        return db.execute("SELECT 1 FROM requests").fetchone() is not None


def test_named_faults_strike_their_call_once_in_their_order(demo: Demo) -> None:
    demo.provider.plan(
        Faults(
            next_calls=(
                ("retrieve_session", Fault.REFUSED),
                ("create_session", Fault.RATE_LIMITED),
                ("*", Fault.FAILED),
            )
        )
    )
    seen: list[str] = []
    for _ in range(4):
        try:
            demo.api.checkout.sessions.create(demo.session_params())
            seen.append("done")
        except StripeError as error:
            seen.append(type(error).__name__)
    assert seen == ["RateLimitError", "APIError", "done", "done"]


def met(demo: Demo, calls: int) -> list[str]:
    """What each of many calls came to."""
    found = []
    for _ in range(calls):
        try:
            demo.api.events.list({"limit": 1})
            found.append("done")
        except StripeError as error:
            found.append(type(error).__name__)
    return found


def test_chance_has_its_rates_and_repeats_itself(demo: Demo) -> None:
    planned = Faults(seed=7, rates={Fault.RATE_LIMITED: 0.2, Fault.TIMED_OUT: 0.1})
    demo.provider.plan(planned)
    first = met(demo, 300)
    counts = Counter(first)
    assert 40 <= counts["RateLimitError"] <= 80
    assert 15 <= counts["APIConnectionError"] <= 45
    demo.provider.plan(planned)
    assert met(demo, 300) == first
    demo.provider.plan(Faults(seed=8, rates=planned.rates))
    assert met(demo, 300) != first


def test_a_plan_holds_in_every_process_until_it_is_ended(demo: Demo, tmp_path: Path) -> None:
    other = make_demo(tmp_path / "provider.sqlite3", demo.clock)
    demo.provider.plan(Faults(rates={Fault.RATE_LIMITED: 1}))
    assert met(other, 3) == ["RateLimitError"] * 3
    other.provider.plan(Faults())
    assert met(demo, 3) == ["done"] * 3
