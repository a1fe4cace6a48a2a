"""Ten thousand messages that nobody should believe: none is stored, none has any effect."""

import json
import random
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.core.db import db
from storefront.orders.models import Order, OrderStatus
from storefront.payments.demo_provider.events import sign
from storefront.payments.gateways import demo_keys
from storefront.payments.models import WebhookEvent
from tests.fixtures.paying import make_started
from tests.fixtures.provider import Provider
from tests.fixtures.readings import event_kinds, forget

EACH = 2500


def flip(body: bytes, chance: random.Random) -> bytes:
    """One bit of it changed."""
    at = chance.randrange(len(body))
    return body[:at] + bytes([body[at] ^ (1 << chance.randrange(8))]) + body[at + 1 :]


@pytest.fixture
def bodies(app: Flask) -> list[bytes]:
    """Messages as the provider would write them about an order that nobody has paid."""
    with app.app_context():
        started = make_started(Provider(app))
        db.session.remove()
    subject = {"object": "checkout.session", "id": started.session_id, "payment_status": "paid"}
    event = {"type": "checkout.session.completed", "livemode": False, "created": int(time.time())}
    return [json.dumps({**event, "id": f"evt_{n}", "data": {"object": subject}}).encode() for n in range(EACH)]


def deliver(client: FlaskClient, body: bytes, signature: str) -> int:
    return client.post("/webhooks/demo", data=body, headers={"Stripe-Signature": signature}).status_code


def test_ten_thousand_forgeries_are_refused(app: Flask, bodies: list[bytes]) -> None:
    client, chance = FlaskClient(app), random.Random(7)
    secret, now = demo_keys(app.config["SETTINGS"])[1], int(time.time())
    statuses = []
    for body in bodies:
        altered = flip(body, chance)
        statuses += [
            deliver(client, body, sign(body, f"whsec_{chance.random()}", now)),
            deliver(client, body, sign(body, secret, now - 301 - chance.randrange(10**6))),
            deliver(client, altered, sign(body, secret, now)),
            deliver(client, body, sign(body, secret, now).replace(f"t={now}", f"t={now + 1}")),
        ]
    assert len(statuses) == 10_000
    assert set(statuses) == {400}
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(WebhookEvent)) == 0
        assert db.session.scalars(db.select(Order.status)).one() is OrderStatus.PENDING


def test_a_replayed_message_has_no_second_effect_and_an_untrue_one_none(app: Flask, bodies: list[bytes]) -> None:
    """A signed message only says what to look up: that the order is paid has to be true at the provider."""
    client, secret = FlaskClient(app), demo_keys(app.config["SETTINGS"])[1]
    signature = sign(bodies[0], secret, int(time.time()))
    assert [deliver(client, bodies[0], signature) for _ in range(5)] == [200] * 5
    with app.app_context():
        from storefront.payments import service

        (event_id,) = db.session.scalars(db.select(WebhookEvent.id)).all()
        forget()
        service.process_event(event_id, Provider(app).gateway)
        assert event_kinds(1) == ["placed", "payment_started"]
