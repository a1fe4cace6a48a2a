"""The provider's API is as strict as the real one: keys, parameters, idempotency, lists."""

import copy
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from stripe import StripeClient
from stripe._encode import _api_encode
from werkzeug.test import Client, TestResponse

from storefront.payments.demo_provider import idempotency, objects
from storefront.payments.demo_provider.idempotency import claim, run_once
from storefront.payments.demo_provider.store import Store
from storefront.payments.stripe_api.sessions import session_params
from storefront.payments.stripe_gateway import API_VERSION
from tests.contracts.gateway_demo import API_KEY, Demo, make_demo, make_request

SESSIONS = "/v1/checkout/sessions"
ABSENT = object()
# One order for all, because a repeated request must not differ; its expiry is as good at the end of a long run.
ORDER = make_request(expires_at=datetime.now(UTC) + timedelta(hours=12))


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


@pytest.fixture
def stripe(demo: Demo) -> StripeClient:
    return StripeClient(API_KEY, http_client=demo.provider.http_client(), max_network_retries=0)


def good_params() -> dict[str, Any]:
    return copy.deepcopy(dict(session_params(ORDER)))


def post(demo: Demo, params: Any, key: str = "", path: str = SESSIONS, bearer: str = API_KEY) -> TestResponse:
    """A call as the official library encodes it, without its help."""
    body = params if isinstance(params, str) else urlencode(list(_api_encode(params)))
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/x-www-form-urlencoded"}
    if key:
        headers["Idempotency-Key"] = key
    return Client(demo.provider).post(path, data=body, headers=headers)


def error_of(response: TestResponse) -> dict[str, Any]:
    assert response.json is not None
    error: dict[str, Any] = response.json["error"]
    return error


def count_sessions(stripe: StripeClient) -> int:
    return len(stripe.v1.checkout.sessions.list({"limit": 100}).data)


def changed(*path: Any, to: Any) -> dict[str, Any]:
    """Good parameters with one value replaced, or taken away."""
    params = good_params()
    node: Any = params
    for step in path[:-1]:
        node = node[step]
    if to is ABSENT:
        del node[path[-1]]
    else:
        node[path[-1]] = to
    return params


def test_what_the_gateway_sends_is_accepted(demo: Demo) -> None:
    response = post(demo, good_params())
    assert response.status_code == 200
    assert response.json is not None
    assert response.json["url"] == f"http://shop.example/demo-pay/pay/{response.json['id']}"


@pytest.mark.parametrize("bearer", ["", "sk_test_other", API_KEY[:-1], f"{API_KEY}0"])
def test_a_wrong_key_is_refused(demo: Demo, stripe: StripeClient, bearer: str) -> None:
    assert post(demo, good_params(), bearer=bearer).status_code == 401
    assert count_sessions(stripe) == 0


def test_no_key_is_refused(demo: Demo) -> None:
    assert Client(demo.provider).get(SESSIONS).status_code == 401


def test_an_unknown_address_is_refused(demo: Demo) -> None:
    assert post(demo, {}, path="/v1/charges").status_code == 404


LINE = ("line_items", 0)
PRICE = (*LINE, "price_data")
PRODUCT = "line_items[0][price_data][product_data]"


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        (changed("colour", to="red"), "colour", "parameter_unknown"),
        (changed(*PRICE, "colour", to="red"), "line_items[0][price_data][colour]", "parameter_unknown"),
        (changed(*PRICE, "currency", to=ABSENT), "line_items[0][price_data][currency]", "parameter_missing"),
        (changed(*PRICE, "product_data", to={"description": "x"}), f"{PRODUCT}[name]", "parameter_missing"),
        (changed(*PRICE, "product_data", to={"name": " "}), f"{PRODUCT}[name]", "parameter_invalid_empty"),
        (changed(*PRICE, "product_data", to=ABSENT), PRODUCT, "parameter_missing"),
        (changed(*PRICE, "product_data", to="Mug"), PRODUCT, None),
        (
            changed(*PRICE, "unit_amount", to="8.50"),
            "line_items[0][price_data][unit_amount]",
            "parameter_invalid_integer",
        ),
        (changed(*PRICE, "unit_amount", to=ABSENT), "line_items[0][price_data][unit_amount]", "parameter_missing"),
        (changed(*PRICE, "unit_amount", to=-1), "line_items[0][price_data][unit_amount]", None),
        (changed(*PRICE, "currency", to="pounds"), "line_items[0][price_data][currency]", None),
        (changed(*PRICE, "currency", to="jpy"), "line_items", None),
        (changed(*PRICE, to=ABSENT), "line_items[0][price_data]", "parameter_missing"),
        (changed(*LINE, "quantity", to=0), "line_items[0][quantity]", None),
        (changed(*LINE, "quantity", to=ABSENT), "line_items[0][quantity]", "parameter_missing"),
        (changed(*LINE, "tax_rates", to=["txr_1"]), "line_items[0][tax_rates]", None),
        (changed("line_items", to=ABSENT), "line_items", "parameter_missing"),
        (changed("line_items", to="mug"), "line_items", None),
        (changed("line_items", to={"first": {"quantity": 1}}), "line_items", None),
        (changed("mode", to="barter"), "mode", None),
        (changed("mode", to="subscription"), "mode", None),
        (changed("mode", to=ABSENT), "mode", None),
        (changed("success_url", to=ABSENT), "success_url", "parameter_missing"),
        (changed("success_url", to="javascript:alert(1)"), "success_url", "url_invalid"),
        (changed("cancel_url", to="/cart"), "cancel_url", "url_invalid"),
        (changed("expires_at", to="tomorrow"), "expires_at", "parameter_invalid_integer"),
        (changed("expires_at", to=1), "expires_at", None),
        (changed("adaptive_pricing", "enabled", to="maybe"), "adaptive_pricing[enabled]", None),
        (changed("adaptive_pricing", "enabled", to=True), "adaptive_pricing[enabled]", None),
        (changed("metadata", to="none"), "metadata", None),
        (changed("metadata", "k" * 41, to="v"), f"metadata[{'k' * 41}]", None),
        (changed("metadata", "note", to="v" * 501), "metadata[note]", None),
        (changed("metadata", to={f"k{n}": "v" for n in range(51)}), "metadata", None),
        (changed("payment_method_types", to=["card"]), "payment_method_types", "parameter_unknown"),
        (changed("allowed_payment_method_types", to=["alipay"]), "allowed_payment_method_types", None),
        (changed("discounts", to=[{"coupon": "TEN"}]), "discounts", None),
        (changed("expand", to=["line_items"]), "expand", None),
        (changed("locale", to="tlh"), "locale", None),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    demo: Demo, stripe: StripeClient, params: dict[str, Any], param: str, code: str | None
) -> None:
    response = post(demo, params)
    error = error_of(response)
    assert (response.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["param"] == param
    assert error.get("code") == code or code is None
    assert count_sessions(stripe) == 0


@pytest.mark.parametrize("body", ["a=1&a[b]=2", "a[b]=2&a=1", "[a]=1", "a]=1", "a" + "[b]" * 9 + "=1", "=1"])
def test_a_body_that_makes_no_sense_is_refused(demo: Demo, body: str) -> None:
    assert post(demo, body).status_code == 400


@pytest.mark.parametrize("amount", [5124, 5129])
def test_three_decimal_amounts_must_end_in_zero(demo: Demo, amount: int) -> None:
    line = {"price_data": {"currency": "kwd", "product_data": {"name": "Oud"}, "unit_amount": amount}, "quantity": 1}
    assert error_of(post(demo, good_params() | {"line_items": [line]}))["code"] == "invalid_charge_amount"


def test_a_total_of_nine_digits_is_refused(demo: Demo) -> None:
    assert error_of(post(demo, changed(*PRICE, "unit_amount", to=10**8)))["code"] == "amount_too_large"


def test_a_repeated_request_is_answered_again_and_marked(demo: Demo, stripe: StripeClient) -> None:
    first, second = post(demo, good_params(), "key-1"), post(demo, good_params(), "key-1")
    assert first.json == second.json
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert count_sessions(stripe) == 1


def test_another_body_under_a_used_key_is_refused(demo: Demo, stripe: StripeClient) -> None:
    post(demo, good_params(), "key-1")
    response = post(demo, changed("client_reference_id", to="other"), "key-1")
    assert (response.status_code, error_of(response)["type"]) == (400, "idempotency_error")
    assert count_sessions(stripe) == 1


def test_another_address_under_a_used_key_is_refused(demo: Demo) -> None:
    session = post(demo, good_params(), "key-1").json
    assert session is not None
    assert post(demo, {}, "key-1", f"{SESSIONS}/{session['id']}/expire").status_code == 400


def test_a_refusal_that_came_from_the_action_is_repeated_too(demo: Demo) -> None:
    session = post(demo, good_params()).json
    assert session is not None
    path = f"{SESSIONS}/{session['id']}/expire"
    assert post(demo, {}, "key-1", path).status_code == 200
    first, second = post(demo, {}, "key-2", path), post(demo, {}, "key-2", path)
    assert (first.status_code, first.json) == (400, second.json)
    assert second.headers["Idempotent-Replayed"] == "true"


def test_a_key_is_free_again_after_a_day(demo: Demo, stripe: StripeClient) -> None:
    post(demo, changed("expires_at", to=ABSENT), "key-1")
    demo.clock.advance(idempotency.KEPT_SECONDS + 1)
    post(demo, changed("expires_at", to=ABSENT), "key-1")
    assert count_sessions(stripe) == 2


def test_a_key_in_use_is_refused_until_its_process_is_surely_dead(
    demo: Demo, stripe: StripeClient, tmp_path: Path
) -> None:
    post(demo, good_params(), "key-1")
    with Store(tmp_path / "provider.sqlite3").write() as db:
        db.execute("UPDATE requests SET status = NULL, body = NULL")
    response = post(demo, good_params(), "key-1")
    assert (response.status_code, error_of(response)["code"]) == (409, "idempotency_key_in_use")
    assert count_sessions(stripe) == 1
    demo.clock.advance(idempotency.CLAIM_SECONDS + 1)
    assert post(demo, good_params(), "key-1").status_code == 200


@pytest.mark.parametrize("round_", range(3))
def test_one_key_used_by_many_at_once_opens_one_session(demo: Demo, stripe: StripeClient, round_: int) -> None:
    start = threading.Barrier(6)
    answers: list[TestResponse] = []
    params = good_params()

    def call() -> None:
        start.wait()
        answers.append(post(demo, params, "key-1"))

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json["id"] for answer in answers if answer.status_code == 200 and answer.json}) == 1
    assert count_sessions(stripe) == 1


def test_work_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "other.sqlite3")

    def fail(db: Any) -> idempotency.Answer:
        db.execute("INSERT INTO events (id, created, kind, body) VALUES ('evt_1', 0, 'kind', '{}')")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_once(store, "key-1", "print", 0, fail)
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM events").fetchone()[0] == 0
    assert claim(store, "key-1", "another print", 0) is None


def test_gateway_and_provider_speak_the_same_version() -> None:
    assert objects.API_VERSION == API_VERSION
