"""Lists of sessions and events: newest first, filtered, one page at a time."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider import sessions
from storefront.payments.demo_provider.errors import ParamError, no_such
from storefront.payments.demo_provider.objects import intent_object, list_object
from storefront.payments.demo_provider.sessions import Desk

COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
MAX_LIMIT = 100
Condition = tuple[str, list[Any]]


def list_sessions(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Sessions by payment intent, status or time."""
    _refuse_others(params, {"payment_intent", "status", "created", "limit", "starting_after"})
    conditions = _created(params.get("created"))
    if "payment_intent" in params:
        conditions.append(("id = (SELECT session_id FROM intents WHERE intents.id = ?)", [params["payment_intent"]]))
    if "status" in params:
        conditions.append(("status = ?", [params["status"]]))
    rows, has_more = _page(desk.db, "sessions", conditions, params)
    items = [sessions.render(desk, row) for row in rows]
    return list_object("/v1/checkout/sessions", items, has_more=has_more)


def list_events(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Events by kind, time or whether they were delivered."""
    _refuse_others(params, {"type", "types", "created", "delivery_success", "limit", "starting_after"})
    conditions = _created(params.get("created"))
    kinds = params.get("types", []) + ([params["type"]] if "type" in params else [])
    if kinds:
        conditions.append((f"kind IN ({', '.join('?' * len(kinds))})", kinds))
    if "delivery_success" in params:
        state = "(delivered_at IS NOT NULL OR (due_at IS NULL AND tries = 0))"
        conditions.append((state if params["delivery_success"] else f"NOT {state}", []))
    rows, has_more = _page(desk.db, "events", conditions, params)
    return list_object("/v1/events", [_event(row) for row in rows], has_more=has_more)


def retrieve_event(desk: Desk, event_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """One event as JSON."""
    _refuse_others(params, set())
    row = desk.db.execute("SELECT * FROM events WHERE id = ?", (event_id,)).fetchone()
    if row is None:
        raise no_such("event", event_id)
    return _event(row)


def retrieve_intent(desk: Desk, intent_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """One payment intent as JSON."""
    _refuse_others(params, set())
    row = desk.db.execute("SELECT * FROM intents WHERE id = ?", (intent_id,)).fetchone()
    if row is None:
        raise no_such("payment_intent", intent_id, "intent")
    return intent_object(row, sessions.find(desk, row["session_id"]))


def _refuse_others(params: dict[str, Any], offered: set[str]) -> None:
    for name in params:
        if name not in offered:
            raise ParamError(f"This provider does not offer {name}.", name)


def _created(wanted: int | dict[str, int] | None) -> list[Condition]:
    if wanted is None:
        return []
    if isinstance(wanted, int):
        return [("created = ?", [wanted])]
    return [(f"created {COMPARISONS[name]} ?", [value]) for name, value in wanted.items()]


def _page(
    db: sqlite3.Connection, table: str, conditions: list[Condition], params: dict[str, Any]
) -> tuple[list[sqlite3.Row], bool]:
    """Up to `limit` rows, and whether there are more. Table and conditions are this module's, never a request's."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= MAX_LIMIT:
        raise ParamError(f"This value must be between 1 and {MAX_LIMIT}.", "limit")
    if "starting_after" in params:
        conditions = [*conditions, _after(db, table, params["starting_after"])]
    where = " AND ".join(text for text, _ in conditions) or "1"
    values = [value for _, some in conditions for value in some]
    query = f"SELECT * FROM {table} WHERE {where} ORDER BY rowid DESC LIMIT ?"
    rows = db.execute(query, [*values, limit + 1]).fetchall()
    return rows[:limit], len(rows) > limit


def _after(db: sqlite3.Connection, table: str, object_id: str) -> Condition:
    row = db.execute(f"SELECT rowid FROM {table} WHERE id = ?", (object_id,)).fetchone()
    if row is None:
        raise ParamError(f"No such object: '{object_id}'", "starting_after", "resource_missing")
    return ("rowid < ?", [row[0]])


def _event(row: sqlite3.Row) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(row["body"])
    return event | {"pending_webhooks": int(row["due_at"] is not None)}
