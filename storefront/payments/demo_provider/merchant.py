"""The merchant's page at the provider: one payment, and buttons for what happens behind the shop's back."""

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from werkzeug.wrappers import Request

from storefront.payments.demo_provider import disputes, holds, payments, refunds, views
from storefront.payments.demo_provider.desk import Desk, Setting
from storefront.payments.demo_provider.disputes import UNDECIDED
from storefront.payments.demo_provider.errors import ApiError, no_such
from storefront.payments.demo_provider.hosted import Reply

Action = Callable[[Desk, sqlite3.Row], object]


def payment(request: Request, desk: Desk, thing: str) -> Reply:
    """The page of one payment. Its address is signed with the API's key."""
    payment_ref = thing.partition(".")[0]
    if not hmac.compare_digest(thing, _signed(desk.setting, payment_ref)):
        raise no_such("payment_intent", payment_ref)
    intent = desk.get("intents", payment_ref)
    if request.method == "POST":
        action = ACTIONS.get(request.form.get("choice", ""))
        # What is no longer possible is not done, and the page says how things are.
        with suppress(ApiError):
            _do(desk, action, intent)
        return Reply(url=f"{request.script_root}/payments/{thing}")
    context = {**views.of_intent(intent, request), **_standing(desk, intent, views.preferred(request))}
    return Reply(template="payment", context=context | {"action": f"{request.script_root}/payments/{thing}"})


def url_of(setting: Setting, payment_ref: str) -> str:
    """Where the page is."""
    return f"{setting.public_url}/payments/{_signed(setting, payment_ref)}"


def _signed(setting: Setting, payment_ref: str) -> str:
    digest = hmac.new(setting.api_key.encode(), f"dashboard {payment_ref}".encode(), hashlib.sha256).hexdigest()
    return f"{payment_ref}.{digest[:32]}"


def _do(desk: Desk, action: Action | None, intent: sqlite3.Row) -> None:
    if action is not None and intent["charge_id"]:
        action(desk, intent)


def _standing(desk: Desk, intent: sqlite3.Row, language: str) -> dict[str, Any]:
    """How the payment stands, and what can be done with it now."""
    charge = desk.find("charges", intent["charge_id"] or "")
    dispute = _dispute_of(desk, intent)
    written = views.money(intent["currency"], language)
    left = charge["amount"] - charge["amount_refunded"] if charge and charge["amount_captured"] else 0
    is_undecided = dispute is not None and dispute["status"] in UNDECIDED
    possible = {
        "settle": intent["status"] == "processing",
        "capture": intent["status"] == "requires_capture",
        "release": intent["status"] == "requires_capture",
        "refund": left > 0 and (dispute is None or dispute["status"] == "won"),
        "refund_half": left > 1 and dispute is None,
        "dispute": left > 0 and dispute is None,
        "win": is_undecided,
        "lose": is_undecided,
    }
    return {
        "order_number": json.loads(intent["params"]).get("metadata", {}).get("order_number"),
        "status": intent["status"],
        "received": written(intent["amount_received"]),
        "refunded": written(charge["amount_refunded"]) if charge and charge["amount_refunded"] else None,
        "dispute": dispute["status"] if dispute else None,
        "left": written(left),
        "choices": [name for name, is_possible in possible.items() if is_possible],
    }


def _refund(desk: Desk, intent: sqlite3.Row, parts: int = 1) -> None:
    charge = desk.get("charges", intent["charge_id"])
    amount = (charge["amount"] - charge["amount_refunded"]) // parts
    refunds.create(desk, {"payment_intent": intent["id"], "amount": amount})


def _capture(desk: Desk, intent: sqlite3.Row) -> None:
    if intent["status"] == "requires_capture":
        holds.capture(desk, intent, intent["amount"])


def _release(desk: Desk, intent: sqlite3.Row) -> None:
    if intent["status"] == "requires_capture":
        holds.give_up(desk, intent, "requested_by_customer")


def _decide(desk: Desk, intent: sqlite3.Row, *, is_won: bool) -> None:
    dispute = _dispute_of(desk, intent)
    if dispute:
        disputes.decide(desk, dispute["id"], is_won=is_won)


def _dispute_of(desk: Desk, intent: sqlite3.Row) -> sqlite3.Row | None:
    query = "SELECT * FROM disputes WHERE charge_id = ?"
    row: sqlite3.Row | None = desk.db.execute(query, (intent["charge_id"],)).fetchone()
    return row


ACTIONS: dict[str, Action] = {
    "settle": lambda desk, intent: payments.settle(desk, intent["charge_id"]),
    "capture": _capture,
    "release": _release,
    "refund": _refund,
    "refund_half": lambda desk, intent: _refund(desk, intent, parts=2),
    "dispute": lambda desk, intent: disputes.open_(desk, intent["charge_id"]),
    "win": lambda desk, intent: _decide(desk, intent, is_won=True),
    "lose": lambda desk, intent: _decide(desk, intent, is_won=False),
}
