"""What the provider remembers can be looked up and swept: sessions, payment intents, events."""

from pathlib import Path

import pytest
from stripe import StripeClient
from werkzeug.test import Client, TestResponse

from tests.contracts.gateway_demo import API_KEY, Demo, make_demo, make_request

SESSIONS = "/v1/checkout/sessions"


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return make_demo(tmp_path / "provider.sqlite3")


@pytest.fixture
def stripe(demo: Demo) -> StripeClient:
    return StripeClient(API_KEY, http_client=demo.provider.http_client(), max_network_retries=0)


def refusal(demo: Demo, address: str) -> tuple[int, dict[str, str]]:
    response: TestResponse = Client(demo.provider).get(address, headers={"Authorization": f"Bearer {API_KEY}"})
    assert response.json is not None
    return response.status_code, response.json["error"]


def test_sessions_are_listed_by_page_state_and_payment(demo: Demo, stripe: StripeClient) -> None:
    ids = [demo.gateway.start(make_request(idempotency_key=f"key-{n}")).session_id for n in range(5)]
    demo.pay(ids[2])
    listed = stripe.v1.checkout.sessions.list({"limit": 2})
    assert [session.id for session in listed.auto_paging_iter()] == ids[::-1]
    assert [s.id for s in stripe.v1.checkout.sessions.list({"status": "complete"}).data] == [ids[2]]
    intent = demo.gateway.look_up(ids[2]).payment_ref or ""
    assert [s.id for s in stripe.v1.checkout.sessions.list({"payment_intent": intent}).data] == [ids[2]]


def test_events_are_listed_by_kind_time_and_delivery(demo: Demo, stripe: StripeClient) -> None:
    session_id = demo.gateway.start(make_request()).session_id
    demo.pay(session_id, choice="decline")
    demo.clock.advance(60)
    demo.pay(session_id)
    since = {"created": {"gte": int(demo.clock.time)}}
    assert [e.type for e in stripe.v1.events.list(since).data] == [  # type: ignore[arg-type]  # A plain dict will do.
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.succeeded",
    ]
    assert len(stripe.v1.events.list({"types": ["payment_intent.payment_failed"]}).data) == 1
    waiting = stripe.v1.events.list({"delivery_success": False}).data
    assert [(e.type, e.pending_webhooks) for e in waiting] == [
        ("checkout.session.completed", 1),
        ("payment_intent.payment_failed", 1),
    ]
    assert stripe.v1.events.retrieve(waiting[0].id).data.object["id"] == session_id


def test_the_payment_intent_carries_our_order_number(demo: Demo, stripe: StripeClient) -> None:
    session_id = demo.gateway.start(make_request()).session_id
    demo.pay(session_id)
    intent = stripe.v1.payment_intents.retrieve(demo.gateway.look_up(session_id).payment_ref or "")
    assert (intent.status, intent.amount_received) == ("succeeded", 3147)
    assert intent.metadata.to_dict() == {"order_number": "LR-7K2M9", "attempt_id": "41"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/payment_intents/pi_0",
        "/v1/events/evt_0",
        f"{SESSIONS}/cs_0",
        "/v1/charges/ch_0",
        "/v1/refunds/re_0",
        "/v1/disputes/dp_0",
        "/v1/customers/cus_0",
        "/v1/payment_links/plink_0",
        "/v1/payment_methods/pm_0",
    ],
)
def test_an_unknown_object_is_not_found(demo: Demo, path: str) -> None:
    status, error = refusal(demo, path)
    assert (status, error["code"]) == (404, "resource_missing")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "starting_after=cs_0", "ending_before=cs_0", "subscription=sub_1", "colour=red"]
)
def test_a_list_that_is_not_offered_is_refused(demo: Demo, query: str) -> None:
    status, error = refusal(demo, f"{SESSIONS}?{query}")
    assert (status, error["param"]) == (400, query.partition("=")[0])


def test_events_are_followed_forwards_from_the_last_one_known(demo: Demo, stripe: StripeClient) -> None:
    """The way of a sweep: from what it saw last to the newest, over as many pages as there are."""
    ids = [demo.gateway.start(make_request(idempotency_key=f"key-{n}")).session_id for n in range(4)]
    demo.pay(ids[0])
    known = stripe.v1.events.list({"limit": 1}).data[0].id
    for session_id in ids[1:]:
        demo.pay(session_id)
    newer = list(stripe.v1.events.list({"ending_before": known, "limit": 2}).auto_paging_iter())
    completed = [event.data.object["id"] for event in newer if event.type == "checkout.session.completed"]
    assert completed == ids[1:]
    assert len(newer) == len({event.id for event in newer}) == 12
    assert known not in {event.id for event in newer}
    newest_first = [event.id for event in stripe.v1.events.list({"ending_before": known, "limit": 100}).data]
    assert newest_first == [event.id for event in newer][::-1]


def test_events_are_listed_and_found_for_thirty_days(demo: Demo, stripe: StripeClient) -> None:
    demo.pay(demo.gateway.start(make_request()).session_id)
    event_id = stripe.v1.events.list().data[0].id
    demo.clock.advance(30 * 86_400 - 1)
    assert stripe.v1.events.retrieve(event_id).id == event_id
    demo.clock.advance(1)
    assert stripe.v1.events.list().data == []
    status, error = refusal(demo, f"/v1/events/{event_id}")
    assert (status, error["code"]) == (404, "resource_missing")


def test_an_event_names_the_call_that_made_it_happen(demo: Demo, stripe: StripeClient) -> None:
    session_id = demo.gateway.start(make_request()).session_id
    demo.gateway.cancel(session_id, "cancel-1")
    (event,) = stripe.v1.events.list().data
    assert event.request is not None
    assert (event.request.id or "").startswith("req_demo_")
    assert event.request.idempotency_key == "cancel-1"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (["payment_intent"], "latest_charge"),
        (["payment_intent.latest_charge"], "latest_charge.payment_intent"),
        (["payment_intent.latest_charge.payment_intent"], "latest_charge.payment_intent.amount"),
    ],
)
def test_ids_become_objects_as_deep_as_asked(demo: Demo, stripe: StripeClient, path: list[str], field: str) -> None:
    session_id = demo.gateway.start(make_request()).session_id
    demo.pay(session_id)
    found: object = stripe.v1.checkout.sessions.retrieve(session_id, {"expand": path}).payment_intent
    for name in field.split("."):
        found = getattr(found, name)
    assert isinstance(found, str | int)


@pytest.mark.parametrize("path", ["line_items", "payment_intent.review", "data.payment_intent", "a.b.c.d.e"])
def test_what_cannot_be_expanded_is_refused(demo: Demo, path: str) -> None:
    session_id = demo.gateway.start(make_request()).session_id
    demo.pay(session_id)
    status, error = refusal(demo, f"{SESSIONS}/{session_id}?expand[]={path}")
    assert (status, error["param"]) == (400, "expand")
