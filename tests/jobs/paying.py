"""A shopper who pays an order at the demo provider, and the provider who tells the shop."""

import sqlite3
import time
from contextlib import closing

from flask import Flask
from werkzeug.test import Client

from storefront.config import Settings
from storefront.core.db import db
from storefront.payments import service as payments
from storefront.payments.demo_provider.events import sign
from storefront.payments.gateways import PROVIDER, demo_keys, get_gateway
from storefront.payments.models import Payment
from tests.fixtures.factories import make_order


def make_started_order(**changes: object) -> tuple[int, int]:
    """A pending order whose payment is open at the provider; returns the ids of order and payment."""
    order_id = make_order(**changes).id  # type: ignore[arg-type]
    payments.start(order_id, get_gateway(), "http://shop.example")
    payment_id = db.session.scalar(db.select(Payment.id).where(Payment.order_id == order_id))
    assert payment_id is not None
    return order_id, payment_id


def pay(app: Flask, payment_id: int) -> None:
    """Press "pay" on the provider's page; the shop has not heard of it yet."""
    session_id = db.session.get_one(Payment, payment_id).session_id
    db.session.rollback()
    page = Client(app.extensions[PROVIDER])
    answer = page.post(f"/pay/{session_id}", data={"choice": "pay"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303, answer.text


def deliver_messages(app: Flask) -> int:
    """Bring every message about a completed session to the shop's webhook, signed; returns how many there were."""
    settings: Settings = app.config["SETTINGS"]
    with closing(sqlite3.connect(settings.data_dir / "demo-provider.sqlite3")) as store:
        bodies = [row[0] for row in store.execute("SELECT body FROM events WHERE kind = 'checkout.session.completed'")]
    for body in bodies:
        signature = sign(body.encode(), demo_keys(settings)[1], int(time.time()))
        answer = app.test_client().post("/webhooks/demo", data=body, headers={"Stripe-Signature": signature})
        assert answer.status_code == 200, answer.text
    return len(bodies)
