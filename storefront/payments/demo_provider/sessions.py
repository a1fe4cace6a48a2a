"""Checkout sessions: open, look up, list, expire. Every function works in the transaction it is given."""

import hashlib
import hmac
import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider import events, holds
from storefront.payments.demo_provider.desk import Desk, new_id
from storefront.payments.demo_provider.errors import ApiError
from storefront.payments.demo_provider.listing import created, matching, only_filters, page
from storefront.payments.demo_provider.objects.session import session_object
from storefront.payments.demo_provider.orders import check_session, currency_of, is_embedded, kinds_of, total_of

DAY_SECONDS = 24 * 60 * 60


def create(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Open a session for checked parameters; raises ParamError for an order that cannot be paid."""
    check_session(desk, params)
    return render(desk, desk.get("sessions", open_(desk, params)))


def open_(desk: Desk, params: dict[str, Any], link_id: str | None = None) -> str:
    """Open a session for an order that was checked; gives its id."""
    session_id = new_id("cs")
    expires_at = params.get("expires_at", desk.stamp + DAY_SECONDS)
    desk.insert(
        "sessions",
        id=session_id,
        created=desk.stamp,
        expires_at=expires_at,
        status="open",
        currency=currency_of(params),
        amount_total=total_of(params),
        params=json.dumps(params | {"payment_method_types": kinds_of(params)}),
        link_id=link_id,
    )
    desk.later(expires_at - desk.now, "expire_session", session_id)
    return session_id


def retrieve(desk: Desk, session_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """One session as JSON."""
    return render(desk, desk.get("sessions", session_id))


def list_(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Sessions by payment intent, payment link, customer, status or time."""
    only_filters(params, "payment_intent", "payment_link", "customer", "status", "created")
    conditions = matching(params, "payment_link", "status", columns={"payment_link": "link_id"})
    conditions += matching(params, "customer", columns={"customer": "json_extract(params, '$.customer')"})
    if "payment_intent" in params:
        query = "id = (SELECT session_id FROM intents WHERE intents.id = ?)"
        conditions.append((query, [params["payment_intent"]]))
    conditions += created(params.get("created"))
    return page(desk, "/v1/checkout/sessions", "sessions", conditions, params, render)


def expire(desk: Desk, session_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """Close an open session for good; raises ApiError when it is not open."""
    session = desk.get("sessions", session_id)
    if not close(desk, session_id):
        text = (
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
        raise ApiError(400, text)
    return render(desk, desk.get("sessions", session_id))


def close(desk: Desk, session_id: str) -> bool:
    """The transition open -> expired, with that of its payment intent; False when the session is not open."""
    if not desk.change("sessions", session_id, ("open",), status="expired"):
        return False
    intent = find_intent(desk, session_id)
    if intent is not None:
        holds.give_up(desk, intent)
    announce(desk, session_id, "checkout.session.expired")
    return True


def find_intent(desk: Desk, session_id: str) -> sqlite3.Row | None:
    """The payment intent's row; there is none before the first try to pay."""
    query = "SELECT * FROM intents WHERE session_id = ?"
    row: sqlite3.Row | None = desk.db.execute(query, (session_id,)).fetchone()
    return row


def email_of(desk: Desk, session: sqlite3.Row) -> str | None:
    """Where the shopper is written to: the address given for the session, or that of its customer."""
    params = json.loads(session["params"])
    customer = desk.find("customers", params["customer"]) if "customer" in params else None
    email: str | None = customer["email"] if customer else params.get("customer_email")
    return email


def render(desk: Desk, session: sqlite3.Row) -> dict[str, Any]:
    """The session as JSON."""
    way_in = {"url": f"{desk.setting.public_url}/pay/{session['id']}", "client_secret": None}
    if is_embedded(json.loads(session["params"])):
        way_in = {"url": None, "client_secret": client_secret(desk, session["id"])}
    return session_object(session, find_intent(desk, session["id"]), way_in, email_of(desk, session))


def client_secret(desk: Desk, session_id: str) -> str:
    """What lets a browser pay a session on the shop's own page; nobody can guess it who has only the id."""
    digest = hmac.new(desk.setting.api_key.encode(), session_id.encode(), hashlib.sha256).hexdigest()
    return f"{session_id}_secret_{digest[:40]}"


def announce(desk: Desk, session_id: str, kind: str) -> None:
    """Record an event about the session as it is now."""
    events.record(desk, kind, render(desk, desk.get("sessions", session_id)))
