"""The provider's objects have the shape of the real service's, in every state they can be in."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe.checkout import Session
from werkzeug.test import Client

from tests.contracts.gateway_demo import API_KEY, Demo, make_demo, make_request
from tests.payments.shapes import differences, misfits, outline
from tests.plugin import need

# The service's own examples, of which a clone has what `outline` keeps: the names and types of their fields.
PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared/data/stripe_fixtures3.json"
OUTLINES = Path(__file__).with_name("stripe_outlines.json")
KINDS: dict[str, type] = {
    "charge": stripe.Charge,
    "checkout.session": Session,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "payment_intent": stripe.PaymentIntent,
    "payment_link": stripe.PaymentLink,
    "payment_method": stripe.PaymentMethod,
    "refund": stripe.Refund,
}
ABSENT = object()
# Parts of the examples that say nothing here: the object an event is about, and what only a failed payment has.
DELETED = "deleted_customer"
OTHERS = {"event": ["data"], "payment_intent": ["last_payment_error", "next_action"]}


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Every object that came of a busy day, as it is now and as each event told it."""
    demo = make_demo(tmp_path_factory.mktemp("provider") / "provider.sqlite3")
    for pay in (pay_by_pages, pay_by_calls, give_back):
        pay(demo)
    return [*everything(demo), forget_somebody(demo)]


def everything(demo: Demo) -> Iterator[dict[str, Any]]:
    """The objects as they go over the wire."""
    for noun in ("checkout/sessions", "payment_intents", "refunds", "disputes", "customers", "payment_links"):
        yield from read(demo, f"{noun}?limit=100")["data"]
    for charge in read(demo, "charges?limit=100&expand[]=data.payment_intent&expand[]=data.refunds")["data"]:
        yield charge
        yield read(demo, f"payment_methods/{charge['payment_method']}")
    after = ""
    while events := read(demo, f"events?limit=100{after}")["data"]:
        after = f"&starting_after={events[-1]['id']}"
        yield from events
        yield from (event["data"]["object"] for event in events)


def read(demo: Demo, path: str) -> Any:
    return Client(demo.provider).get(f"/v1/{path}", headers={"Authorization": f"Bearer {API_KEY}"}).json


def pay_by_pages(demo: Demo) -> None:
    """Sessions that are open, declined, asked about, paid by card and by bank, and expired; a link."""
    start = iter(range(99))
    cards: dict[str, Callable[[str], object]] = {
        "open": lambda _: None,
        "declined": lambda session_id: demo.pay(session_id, "4000000000000002"),
        "mistyped": lambda session_id: demo.pay(session_id, "4242"),
        "asked": lambda session_id: demo.pay(session_id, "4000000000003220"),
        "paid": demo.pay,
        "debit": lambda session_id: demo.pay(session_id, choice="debit"),
        "bounced": lambda session_id: demo.pay(session_id, choice="debit_refused"),
    }
    for key, step in cards.items():
        step(demo.gateway.start(make_request(idempotency_key=f"{key}-{next(start)}")).session_id)
    demo.gateway.cancel(demo.gateway.start(make_request(idempotency_key="expired")).session_id, "cancel")
    demo.clock.advance(100)


def pay_by_calls(demo: Demo) -> None:
    """Intents in every state, in three currencies, with a customer; a link with everything."""
    api = demo.api
    customer = api.customers.create({"email": "ada@example.org", "name": "Ada", "metadata": {"id": "7"}}).id
    base = {"amount": 3000, "currency": "gbp", "customer": customer, "receipt_email": "ada@example.org"}
    confirmed = {**base, "confirm": True, "return_url": "https://shop.example/done"}
    cards = ("pm_card_visa", "pm_card_threeDSecure2Required", "pm_card_createDispute", "pm_bacsDebit_success")
    for card in cards:
        api.payment_intents.create({**confirmed, "payment_method": card})
    for currency, bank in (("eur", "pm_sepaDebit_success"), ("usd", "pm_usBankAccount_insufficientFunds")):
        api.payment_intents.create({**confirmed, "currency": currency, "payment_method": bank})
    with pytest.raises(stripe.CardError):
        api.payment_intents.create({**confirmed, "payment_method": "pm_card_chargeDeclined"})
    api.payment_intents.create({**base, "payment_method": "pm_card_visa"})
    held = {**confirmed, "payment_method": "pm_card_visa", "capture_method": "manual"}
    _kept, partly, dropped = (api.payment_intents.create(held).id for _ in range(3))
    api.payment_intents.capture(partly, {"amount_to_capture": 1000})
    api.payment_intents.cancel(dropped, {"cancellation_reason": "requested_by_customer"})
    price = {"currency": "gbp", "unit_amount": 999, "product_data": {"name": "Lamp"}}
    link = {
        "line_items": [{"price_data": price, "quantity": 1}],
        "payment_intent_data": {"metadata": {"order": "7"}},
        "restrictions": {"completed_sessions": {"limit": 1}},
        "after_completion": {"type": "redirect", "redirect": {"url": "https://shop.example/thanks"}},
    }
    api.payment_links.create(link)
    api.payment_links.create({"line_items": link["line_items"]})
    demo.clock.advance(100)


def give_back(demo: Demo) -> None:
    """Refunds that arrive, wait and fail; a dispute with evidence, and one that is decided."""
    for card in ("pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail", "pm_sepaDebit_success"):
        paid = demo.api.payment_intents.create(
            {
                "amount": 3000,
                "currency": "eur",
                "confirm": True,
                "return_url": "https://shop.example/done",
                "payment_method": card,
            }
        )
        demo.clock.advance(100)
        demo.api.refunds.create({"payment_intent": paid.id, "amount": 100, "reason": "duplicate"})
        dispute = demo.provider.dashboard.dispute(paid.id)
    demo.api.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": "winning_evidence"}})
    demo.clock.advance(100)


def forget_somebody(demo: Demo) -> dict[str, Any]:
    """What is left of a customer."""
    customer_id = demo.api.customers.create({"email": "bob@example.org"}).id
    path, key = f"/v1/customers/{customer_id}", {"Authorization": f"Bearer {API_KEY}"}
    return dict(Client(demo.provider).delete(path, headers=key).json or {})


def test_every_object_is_one_the_official_library_knows(objects: list[dict[str, Any]]) -> None:
    whole = [body for body in objects if kind_of(body) != DELETED]
    found = {line for body in whole for line in misfits(body, KINDS[body["object"]], body["object"])}
    assert found == set(), "\n".join(sorted(found))


def test_every_kind_of_object_and_state_was_looked_at(objects: list[dict[str, Any]]) -> None:
    """A test of the tests: the day was busy enough."""
    states = {(body["object"], body.get("status")) for body in objects}
    assert {kind for kind, _ in states} == KINDS.keys()
    intents = ("requires_payment_method", "requires_confirmation", "requires_action", "processing", "requires_capture")
    for kind, wanted in {
        "payment_intent": (*intents, "succeeded", "canceled"),
        "checkout.session": ("open", "complete", "expired"),
        "charge": ("pending", "succeeded", "failed"),
        "refund": ("pending", "succeeded", "failed"),
        "dispute": ("needs_response", "under_review", "won"),
    }.items():
        assert {state for name, state in states if name == kind} >= set(wanted), kind


def test_every_object_has_the_fields_and_types_of_the_services_own_example(objects: list[dict[str, Any]]) -> None:
    outlines = json.loads(OUTLINES.read_text())
    found = set()
    for body in objects:
        example = outlines[kind_of(body)]
        kept = {name: value for name, value in example.items() if name not in OTHERS.get(body["object"], [])}
        found |= set(differences(body, kept, body["object"]))
    assert found == set(), "\n".join(sorted(found))
    assert {kind_of(body) for body in objects} == outlines.keys()


def test_the_outlines_are_those_of_the_published_examples() -> None:
    need(PUBLISHED.exists(), "../shared/data/stripe_fixtures3.json is not beside this clone")
    examples = json.loads(PUBLISHED.read_text())["resources"]
    assert json.loads(OUTLINES.read_text()) == {kind: outline(examples[kind]) for kind in (*KINDS, DELETED)}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"amount": "3000"}, "refund.amount: '3000', but 0 in the example"),
        ({"livemode": 1, "metadata": []}, "refund.metadata: []"),
        ({"charge": ABSENT}, "refund.charge: missing"),
        ({"destination_details": {"type": "card"}}, "refund.destination_details.card: missing"),
    ],
)
def test_what_the_example_has_otherwise_is_found(
    objects: list[dict[str, Any]], changes: dict[str, Any], complaint: str
) -> None:
    """A test of the tests."""
    body = next(body for body in objects if body["object"] == "refund") | changes
    ours = {name: value for name, value in body.items() if value is not ABSENT}
    found = differences(ours, json.loads(OUTLINES.read_text())["refund"], "refund")
    assert any(line.startswith(complaint) for line in found), found


def kind_of(body: dict[str, Any]) -> str:
    """By which name the published examples have it."""
    return DELETED if body["object"] == "customer" and body.get("deleted") else str(body["object"])


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"status": "paid"}, "payment_intent.status: 'paid' is none of"),
        ({"amount": "3000"}, "payment_intent.amount: '3000' is no int"),
        ({"amount": None}, "payment_intent.amount: None is no int"),
        ({"livemode": 0}, "payment_intent.livemode: 0 is no bool"),
        ({"colour": "red"}, "payment_intent.colour: unknown"),
        ({"id": ABSENT}, "payment_intent.id: missing"),
        ({"next_action": {"type": 3}}, "payment_intent.next_action.type: 3 is no str"),
        ({"payment_method_types": "card"}, "payment_intent.payment_method_types: no list"),
    ],
)
def test_what_does_not_fit_is_found(objects: list[dict[str, Any]], changes: dict[str, Any], complaint: str) -> None:
    """A test of the tests: the look at the shapes sees what it is there for."""
    body = next(body for body in objects if body["object"] == "payment_intent") | changes
    found = misfits({k: v for k, v in body.items() if v is not ABSENT}, stripe.PaymentIntent, "payment_intent")
    assert len(found) == 1
    assert found[0].startswith(complaint)
