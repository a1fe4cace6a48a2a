"""Messages from the provider: who may be believed, and what is read from them."""

import json
from datetime import UTC, datetime

import pytest
from stripe import WebhookSignature

from storefront.payments.demo_provider.events import sign
from storefront.payments.gateway import InvalidSignature, ProviderEvent
from storefront.payments.stripe_gateway import StripeGateway

NOW = 1_795_000_000
OLD, NEW = "whsec_old", "whsec_new"


def gateway_with(*secrets: str) -> StripeGateway:
    return StripeGateway("sk_test_x", secrets, now=lambda: NOW)


def body_of(subject: dict[str, object], kind: str = "checkout.session.completed") -> bytes:
    event = {"id": "evt_1", "type": kind, "livemode": False, "created": NOW - 4, "data": {"object": subject}}
    return json.dumps(event).encode()


BODY = body_of({"object": "checkout.session", "id": "cs_1", "payment_intent": "pi_1"})


def refusal(gateway: StripeGateway, body: bytes, header: str) -> str:
    with pytest.raises(InvalidSignature) as refused:
        gateway.read_event(body, header)
    return str(refused.value.facts["reason"])


def test_a_signed_message_is_read() -> None:
    assert gateway_with(NEW).read_event(BODY, sign(BODY, NEW, NOW)) == ProviderEvent(
        id="evt_1",
        kind="checkout.session.completed",
        session_id="cs_1",
        payment_ref="pi_1",
        is_live=False,
        created_at=datetime.fromtimestamp(NOW - 4, UTC),
    )


def test_the_official_library_signs_the_same() -> None:
    header = WebhookSignature.generate_signature_header(BODY.decode(), NEW, NOW)
    assert header == sign(BODY, NEW, NOW)
    assert gateway_with(NEW).read_event(BODY, header).id == "evt_1"


@pytest.mark.parametrize(
    ("subject", "session_id", "payment_ref"),
    [
        ({"object": "payment_intent", "id": "pi_2"}, None, "pi_2"),
        ({"object": "charge", "id": "ch_2", "payment_intent": "pi_3"}, None, "pi_3"),
        ({"object": "payout", "id": "po_2"}, None, None),
        ({"object": "checkout.session", "id": "cs_2", "payment_intent": None}, "cs_2", None),
    ],
)
def test_a_message_says_what_to_look_up(
    subject: dict[str, object], session_id: str | None, payment_ref: str | None
) -> None:
    body = body_of(subject)
    event = gateway_with(NEW).read_event(body, sign(body, NEW, NOW))
    assert (event.session_id, event.payment_ref) == (session_id, payment_ref)


def test_both_secrets_are_believed_while_one_is_rotated() -> None:
    gateway = gateway_with(NEW, OLD)
    assert gateway.read_event(BODY, sign(BODY, OLD, NOW)) == gateway.read_event(BODY, sign(BODY, NEW, NOW))


def test_one_of_several_signatures_is_enough() -> None:
    header = f"{sign(BODY, 'whsec_of_another', NOW)},{sign(BODY, NEW, NOW).partition(',')[2]}"
    assert gateway_with(NEW).read_event(BODY, header).id == "evt_1"


def test_a_retired_secret_is_refused() -> None:
    assert refusal(gateway_with(NEW), BODY, sign(BODY, OLD, NOW)) == "mismatch"


def test_a_forged_signature_is_refused() -> None:
    assert refusal(gateway_with(NEW), BODY, f"t={NOW},v1={'0' * 64}") == "mismatch"


def test_an_altered_body_is_refused() -> None:
    header = sign(BODY, NEW, NOW)
    assert refusal(gateway_with(NEW), BODY.replace(b"cs_1", b"cs_9"), header) == "mismatch"


def test_an_altered_time_is_refused() -> None:
    header = sign(BODY, NEW, NOW - 1000).replace(f"t={NOW - 1000}", f"t={NOW}")
    assert refusal(gateway_with(NEW), BODY, header) == "mismatch"


@pytest.mark.parametrize("age", [301, -301])
def test_a_time_more_than_five_minutes_off_is_refused(age: int) -> None:
    assert refusal(gateway_with(NEW), BODY, sign(BODY, NEW, NOW - age)) == "stale"


@pytest.mark.parametrize("age", [300, -300])
def test_a_time_five_minutes_off_is_accepted(age: int) -> None:
    assert gateway_with(NEW).read_event(BODY, sign(BODY, NEW, NOW - age)).id == "evt_1"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "missing"),
        ("nonsense", "malformed"),
        (f"t={NOW}", "malformed"),
        ("t=,v1=00", "malformed"),
        ("t=²,v1=00", "malformed"),
        (f"t={NOW},t={NOW},v1=00", "malformed"),
        (f"t={NOW},v1=Ü", "mismatch"),
    ],
)
def test_a_header_that_is_no_signature_is_refused(header: str, reason: str) -> None:
    assert refusal(gateway_with(NEW), BODY, header) == reason


def test_without_a_secret_nothing_is_believed() -> None:
    assert refusal(gateway_with(), BODY, sign(BODY, "", NOW)) == "mismatch"
    assert refusal(gateway_with(""), BODY, sign(BODY, "", NOW)) == "mismatch"


def test_an_older_scheme_is_not_believed() -> None:
    assert refusal(gateway_with(NEW), BODY, sign(BODY, NEW, NOW).replace("v1=", "v0=")) == "malformed"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"id": "evt_1"}', b'{"data": {"object": 3}}', b"\xff"])
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    assert refusal(gateway_with(NEW), body, sign(body, NEW, NOW)) == "malformed"
