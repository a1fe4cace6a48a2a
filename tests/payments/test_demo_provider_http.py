"""The gateway over real connections: the provider behind a web server, and servers that fail in every known way."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from stripe import APIConnectionError, HTTPClient, RequestsClient, StripeClient
from werkzeug.serving import make_server

from storefront.core.errors import PaymentDeclined
from storefront.payments.gateway import GatewayRejected, GatewayUnavailable, PaymentStatus
from storefront.payments.stripe_gateway import StripeGateway
from tests.contracts.gateway_demo import API_KEY, Demo, make_demo, make_request

POLL_SECONDS = 0.01


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


@pytest.fixture
def failing_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server whose every answer is the test's (status, body, pause in seconds)."""
    status, body, pause = request.param

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(pause)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_arguments: object) -> None:
            """The test's output stays readable."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def gateway_at(url: str) -> StripeGateway:
    return StripeGateway(
        API_KEY, [], api_url=url, max_network_retries=0, http_client=lambda: RequestsClient(timeout=0.5)
    )


def error(kind: str, **facts: str) -> str:
    return json.dumps({"error": {"type": kind, "message": "No.", **facts}})


def test_the_gateway_pays_over_a_real_connection(demo: Demo) -> None:
    server = make_server("127.0.0.1", 0, demo.provider, threaded=True)
    threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
    gateway = gateway_at(f"http://127.0.0.1:{server.port}")
    try:
        session_id = gateway.start(make_request()).session_id
        assert gateway.look_up(session_id).status is PaymentStatus.CREATED
        demo.pay(session_id)
        assert gateway.cancel(session_id, "cancel-1").status is PaymentStatus.SUCCEEDED
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "failing_url",
    [
        (500, error("api_error"), 0),
        (503, "<h1>Busy</h1>", 0),
        (429, error("invalid_request_error", code="rate_limit"), 0),
        (409, error("idempotency_error", code="idempotency_key_in_use"), 0),
        (401, error("invalid_request_error"), 0),
        (403, error("invalid_request_error"), 0),
        (200, "not JSON", 0),
        (200, "{}", 1.5),
    ],
    indirect=True,
)
def test_an_answer_that_settles_nothing_is_unavailable(failing_url: str) -> None:
    with pytest.raises(GatewayUnavailable):
        gateway_at(failing_url).start(make_request())


@pytest.mark.parametrize(
    ("failing_url", "reason"),
    [
        ((400, error("invalid_request_error", code="url_invalid", param="success_url"), 0), "url_invalid"),
        ((404, error("invalid_request_error", code="resource_missing"), 0), "resource_missing"),
        ((400, error("idempotency_error"), 0), "idempotency_error"),
    ],
    indirect=["failing_url"],
)
def test_a_plain_refusal_is_rejected(failing_url: str, reason: str) -> None:
    with pytest.raises(GatewayRejected) as refused:
        gateway_at(failing_url).start(make_request())
    assert refused.value.facts["reason"] == reason


@pytest.mark.parametrize("failing_url", [(402, error("card_error", code="card_declined"), 0)], indirect=True)
def test_a_refused_card_is_declined(failing_url: str) -> None:
    with pytest.raises(PaymentDeclined) as refused:
        gateway_at(failing_url).start(make_request())
    assert refused.value.facts["reason"] == "card_declined"


def test_a_provider_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(GatewayUnavailable):
        gateway_at("http://127.0.0.1:9").start(make_request())


class Lossy(HTTPClient):
    """A connection that breaks after the provider has acted, as often as it is told."""

    name = "lossy"

    def __init__(self, inner: HTTPClient, losses: int) -> None:
        super().__init__()
        self._inner = inner
        self.losses = losses
        self.calls = 0

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        self.calls += 1
        answer = self._inner.request(method, url, headers, post_data)
        if self.losses:
            self.losses -= 1
            raise APIConnectionError("lost", should_retry=True)  # type: ignore[no-untyped-call]  # As the library has it.
        return answer


def test_a_lost_answer_is_asked_for_again_under_the_same_key(demo: Demo) -> None:
    lossy = Lossy(demo.provider.http_client(), losses=1)
    gateway = StripeGateway(API_KEY, [], http_client=lambda: lossy, max_network_retries=0)
    order = make_request()
    with pytest.raises(GatewayUnavailable):
        gateway.start(order)
    assert gateway.start(order) == demo.gateway.start(order)
    sessions = StripeClient(API_KEY, http_client=demo.provider.http_client()).v1.checkout.sessions.list()
    assert len(sessions.data) == 1


def test_the_library_itself_tries_a_lost_call_again(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HTTPClient, "INITIAL_DELAY", 0.01)
    lossy = Lossy(demo.provider.http_client(), losses=2)
    gateway = StripeGateway(API_KEY, [], http_client=lambda: lossy)
    assert gateway.start(make_request()).session_id
    assert lossy.calls == 3


def test_a_session_with_another_total_is_closed_before_anyone_sees_it(demo: Demo) -> None:
    class Dearer(HTTPClient):
        name = "dearer"
        session_id = ""

        def request(self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any) -> Any:
            body, status, answer = inner.request(method, url, headers, post_data)
            facts = json.loads(body)
            self.session_id = facts["id"]
            return json.dumps(facts | {"amount_total": facts["amount_total"] + 1}), status, answer

    inner, dearer = demo.provider.http_client(), Dearer()
    gateway = StripeGateway(API_KEY, [], http_client=lambda: dearer)
    with pytest.raises(GatewayRejected) as refused:
        gateway.start(make_request())
    assert refused.value.facts["reason"] == "amount_mismatch"
    assert demo.gateway.look_up(dearer.session_id).status is PaymentStatus.CANCELED


def test_a_store_that_fails_is_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    demo = make_demo(folder / "provider.sqlite3")
    for path in folder.iterdir():
        path.write_bytes(b"This is no database." * 50)
    gateway = StripeGateway(API_KEY, [], http_client=demo.provider.http_client, max_network_retries=0)
    with pytest.raises(GatewayUnavailable):
        gateway.start(make_request())


def test_a_process_that_never_pays_does_not_load_the_library(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from storefront.payments.demo_provider import DemoProvider
from storefront.payments.stripe_gateway import StripeGateway
from werkzeug.test import Client
provider = DemoProvider(Path({str(tmp_path / "own.sqlite3")!r}), "http://x/p", "http://x/hook", "whsec", "sk_test_1")
gateway = StripeGateway("sk_test_1", ["whsec"], http_client=provider.http_client)
assert Client(provider).get("/pay/cs_none").status_code == 404
try:
    gateway.read_event(b"", "t=1,v1=0")
except Exception as error:
    assert type(error).__name__ == "InvalidSignature", error
assert "stripe" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)
