"""Payment links: one address for one bill, which opens a session for whoever comes to pay it."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider import events, sessions
from storefront.payments.demo_provider.checks import merge_metadata, refuse_others
from storefront.payments.demo_provider.desk import Desk, new_id
from storefront.payments.demo_provider.listing import matching, only_filters, page
from storefront.payments.demo_provider.objects.link import link_object
from storefront.payments.demo_provider.orders import check_link, currency_of, total_of

UPDATE = dict.fromkeys(["active", "inactive_message", "metadata"])
# What a session takes from its link; the metadata of the payment intent is in payment_intent_data.
INHERITED = ("line_items", "metadata", "payment_intent_data", "payment_method_types")


def create(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Make a link for checked parameters; raises ParamError for an order that cannot be paid."""
    check_link(params)
    link_id = new_id("plink")
    desk.insert(
        "links",
        id=link_id,
        created=desk.stamp,
        currency=currency_of(params),
        amount_total=total_of(params),
        params=json.dumps(params),
    )
    return _announced(desk, link_id, "payment_link.created")


def update(desk: Desk, link_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Open or close a link to new shoppers, or change what it says."""
    refuse_others(params, UPDATE)
    row = desk.get("links", link_id)
    about = json.loads(row["params"])
    about["metadata"] = merge_metadata(about.get("metadata", {}), params.get("metadata"))
    if "inactive_message" in params:
        about["inactive_message"] = params["inactive_message"] or None
    values = (params.get("active", bool(row["is_active"])), json.dumps(about), link_id)
    desk.db.execute("UPDATE links SET is_active = ?, params = ? WHERE id = ?", values)
    return _announced(desk, link_id, "payment_link.updated")


def retrieve(desk: Desk, link_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """One payment link as JSON."""
    return render(desk, desk.get("links", link_id))


def list_(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Payment links by whether they are active."""
    only_filters(params, "active")
    conditions = matching(params, "active", columns={"active": "is_active"})
    return page(desk, "/v1/payment_links", "links", conditions, params, render)


def visit(desk: Desk, link_id: str) -> str | None:
    """Open a session for somebody who wants to pay; None when the link is not active."""
    row = desk.get("links", link_id)
    if not row["is_active"]:
        return None
    params = json.loads(row["params"])
    about = {name: params[name] for name in INHERITED if name in params}
    redirect = params.get("after_completion", {}).get("redirect")
    if redirect:
        about["success_url"] = redirect["url"]
    return sessions.open_(desk, about, link_id)


def count(desk: Desk, session_id: str) -> None:
    """After a session was completed: when its link has reached its limit, nobody else can pay by it."""
    link_id = desk.get("sessions", session_id)["link_id"]
    if link_id is None:
        return
    body = retrieve(desk, link_id, {})
    restriction = (body["restrictions"] or {}).get("completed_sessions")
    if restriction is None or restriction["count"] < restriction["limit"]:
        return
    query = "SELECT id FROM sessions WHERE link_id = ? AND status = 'open'"
    for row in desk.db.execute(query, (link_id,)).fetchall():
        sessions.close(desk, row["id"])
    update(desk, link_id, {"active": False})


def render(desk: Desk, row: sqlite3.Row) -> dict[str, Any]:
    """A payment link as JSON."""
    query = "SELECT count(*) FROM sessions WHERE link_id = ? AND status = 'complete'"
    completed = desk.db.execute(query, (row["id"],)).fetchone()[0]
    return link_object(row, f"{desk.setting.public_url}/link/{row['id']}", completed)


def _announced(desk: Desk, link_id: str, kind: str) -> dict[str, Any]:
    body = retrieve(desk, link_id, {})
    events.record(desk, kind, body)
    return body
