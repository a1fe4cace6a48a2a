"""A person who has left traces everywhere, and what a full dump of SQL and Redis finds of them."""

from typing import Any

from flask import Flask
from redis import Redis
from sqlalchemy import select

from storefront.accounts.queries import find_user
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob
from storefront.orders import service as orders
from storefront.orders.draft import Address
from storefront.orders.models import Order
from storefront.payments.models import ProviderCustomer, WebhookEvent
from storefront.promotions import credit
from storefront.stock import waiting
from tests.fixtures import factories
from tests.fixtures.paying import make_paid
from tests.fixtures.provider import Provider
from tests.fixtures.shop import PASSWORD, accounts, post

EMAIL = "zebedee.quill@example.com"
NAME, STREET, FLAT, CITY, POSTCODE = "Zebedee Quill", "77 Nightjar Lane", "Owl Flat", "Wiveliscombe", "TA4 2ZQ"
PHONE = "+44 1984 559911"
ADDRESS = Address(
    email=EMAIL, name=NAME, line1=STREET, line2=FLAT, city=CITY, postcode=POSTCODE, country="GB", phone=PHONE
)
NEEDLES = (EMAIL, NAME, STREET, FLAT, CITY, POSTCODE, PHONE)


def live(app: Flask) -> dict[str, Any]:
    """Register, buy, cancel, wait, be written to, be talked about; everything is settled in the end."""
    user_id = accounts.create_user(EMAIL, PASSWORD, NAME)
    db.session.remove()
    client = app.test_client()
    for password in ("wrong password", PASSWORD):
        post(client, "/account/sign-in", {"email": EMAIL, "password": password})
    post(app.test_client(), "/account/forgotten", {"email": EMAIL})
    post(client, "/account/email", {"email": "other@example.com", "password_now": PASSWORD})
    post(client, "/account/password", {"current": PASSWORD, "password": PASSWORD})
    paid_id = make_paid(Provider(app), address=ADDRESS, user_id=user_id).order_id
    orders.add_note(paid_id, f"{NAME} called from {PHONE}", "user:1")
    orders.change_address(paid_id, ADDRESS, "user:1")
    orders.fulfil(paid_id, "user:1")
    gone = factories.make_order(address=ADDRESS, user_id=user_id)
    gone_id = gone.id
    with transaction():
        orders.cancel_pending(gone_id, "shopper", "changed their mind")
    client.post("/cart/lines", data={"variant_id": factories.make_variant().id, "quantity": 2})
    waiting.ask(factories.make_variant(stock_level=0).id, EMAIL, "en", user_id)
    credit.grant(EMAIL, 500, "GBP", key="k", actor="user:1", reason="sorry")
    _remember(user_id)
    return {"client": client, "user_id": user_id, "paid_id": paid_id, "gone_id": gone_id}


def _remember(user_id: int) -> None:
    """What comes in from outside and what failed."""
    with transaction() as session:
        payload = f'{{"customer_details": {{"email": "{EMAIL}", "name": "{NAME}"}}}}'
        event = {"provider": "demo", "event_id": "evt_z", "kind": "customer.created", "payload": payload}
        session.add(WebhookEvent(**event, processed_at=db.session.scalar(select(Order.placed_at).limit(1))))
        job = OutboxJob(name="tests.failed", arguments={"order_id": 1}, error=f"550 no mailbox {EMAIL.upper()}")
        session.add(job)
        if session.get(ProviderCustomer, {"user_id": user_id, "gateway": "demo"}) is None:
            session.add(ProviderCustomer(user_id=user_id, gateway="demo", customer_ref="cus_zebedee"))
        assert find_user(session, EMAIL)


def dump_sql() -> dict[str, str]:
    """Every value of every column of every table, as one text for each column."""
    db.session.rollback()
    found: dict[str, str] = {}
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(select(table)).mappings():
            for name, value in row.items():
                place = f"{table.name}.{name}"
                found[place] = found.get(place, "") + "\n" + str(value)
    db.session.rollback()
    return found


def dump_redis(url: str) -> dict[str, str]:
    """Every key with everything in it, whatever its kind."""
    found = {}
    with Redis.from_url(url) as client:
        for key in client.scan_iter():
            found[f"redis {key.decode('utf-8', 'replace')}"] = _value(client, key)
    return found


def _value(client: "Redis", key: bytes) -> str:
    reads: dict[bytes, Any] = {
        b"string": lambda: client.get(key),
        b"hash": lambda: client.hgetall(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"stream": lambda: client.xrange(key),
    }
    return str(reads[client.type(key)]())


def where(dump: dict[str, str]) -> dict[str, set[str]]:
    """Where each word about the person stands, in any case."""
    return {
        needle: {place for place, text in dump.items() if needle.lower() in f"{place} {text}".lower()}
        for needle in NEEDLES
    }
