"""Brings a store of the first layout (payment intents without charges) to the present one."""

import json
import secrets
import sqlite3
from dataclasses import asdict

from storefront.payments.demo_provider.cards import Refusal, Verdict
from storefront.payments.demo_provider.charges import failure_of
from storefront.payments.demo_provider.desk import Desk, Setting, new_id
from storefront.payments.demo_provider.methods import CARD, Means


def make_room(db: sqlite3.Connection) -> None:
    """Put the old payment intents aside and give sessions what they lack."""
    db.execute("ALTER TABLE intents RENAME TO intents_of_before")
    db.execute("ALTER TABLE sessions ADD COLUMN link_id TEXT")
    db.execute("DROP INDEX IF EXISTS sessions_open")
    db.execute("""UPDATE sessions SET params = json_set(params, '$.payment_method_types', json('["card"]'))""")


def carry_over(db: sqlite3.Connection) -> None:
    """Make intents, methods and charges of the old intents, and timers for the sessions that are open."""
    open_ = "SELECT expires_at, 'expire_session', id FROM sessions WHERE status = 'open'"
    db.execute(f"INSERT INTO timers (at, action, object_id) {open_}")
    query = "SELECT i.*, s.amount_total, s.currency, s.params FROM intents_of_before i JOIN sessions s"
    for row in db.execute(f"{query} ON s.id = i.session_id").fetchall():
        _carry_intent(Desk(db, row["created"], Setting()), row)
    db.execute("DROP TABLE intents_of_before")


def _carry_intent(desk: Desk, row: sqlite3.Row) -> None:
    params = json.loads(row["params"])
    about = {"metadata": {}, **params.get("payment_intent_data", {}), "payment_method_types": [CARD]}
    failure = Refusal(**json.loads(row["failure"])) if row["failure"] else None
    method_id = _carry_card(desk, row, params.get("customer_email")) if row["card"] else None
    charge_id = None
    if row["status"] == "succeeded":
        charge_id = new_id("ch")
        amounts = {"amount": row["amount_total"], "amount_captured": row["amount_total"]}
        owners = {"intent_id": row["id"], "method_id": method_id}
        desk.insert("charges", id=charge_id, created=row["created"], status="succeeded", **owners, **amounts)
    desk.insert(
        "intents",
        id=row["id"],
        created=row["created"],
        session_id=row["session_id"],
        secret=f"{row['id']}_secret_{secrets.token_urlsafe(18)}",
        amount=row["amount_total"],
        currency=row["currency"],
        capture_method="automatic_async",
        status=row["status"],
        params=json.dumps(about),
        method_id=method_id,
        charge_id=charge_id,
        failure=json.dumps(failure_of(failure)) if failure else None,
        amount_received=row["amount_received"],
        canceled_at=row["canceled_at"],
    )


def _carry_card(desk: Desk, row: sqlite3.Row, email: str | None) -> str:
    """What was tried last, with what the bank was going to say."""
    card = json.loads(row["card"])
    then = Refusal(**card["then"]) if card.get("then") else None
    verdict = Verdict(then, needs_authentication=row["status"] == "requires_action")
    means = Means(CARD, card["brand"], card["last4"], verdict)
    method_id = new_id("pm")
    facts = json.dumps(asdict(means))
    desk.insert("methods", id=method_id, created=row["created"], facts=facts, email=email, customer=None)
    return method_id
