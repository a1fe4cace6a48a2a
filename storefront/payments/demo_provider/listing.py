"""Lists: newest first, filtered, one page at a time."""

import sqlite3
from collections.abc import Callable
from typing import Any

from storefront.payments.demo_provider.checks import refuse_others
from storefront.payments.demo_provider.desk import Desk
from storefront.payments.demo_provider.errors import ParamError
from storefront.payments.demo_provider.objects.common import list_object

COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
PAGING = ("limit", "starting_after", "ending_before")
CURSORS = {"starting_after": "<", "ending_before": ">"}
MAX_LIMIT = 100
Condition = tuple[str, list[Any]]
Renderer = Callable[[Desk, sqlite3.Row], dict[str, Any]]


def page(
    desk: Desk, url: str, table: str, conditions: list[Condition], params: dict[str, Any], render: Renderer
) -> dict[str, Any]:
    """One page of a list. Table and conditions are the caller's own, never a request's."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= MAX_LIMIT:
        raise ParamError(f"This value must be between 1 and {MAX_LIMIT}.", "limit")
    is_backwards = "ending_before" in params
    conditions = conditions + [_beside(desk, table, name, params[name]) for name in CURSORS if name in params]
    where = " AND ".join(text for text, _ in conditions) or "1"
    values = [value for _, some in conditions for value in some]
    order = "ASC" if is_backwards else "DESC"
    query = f"SELECT * FROM {table} WHERE {where} ORDER BY rowid {order} LIMIT ?"
    rows = desk.db.execute(query, [*values, limit + 1]).fetchall()
    shown = rows[:limit][::-1] if is_backwards else rows[:limit]
    return list_object(url, [render(desk, row) for row in shown], has_more=len(rows) > limit)


def matching(params: dict[str, Any], *names: str, columns: dict[str, str] | None = None) -> list[Condition]:
    """A condition for each parameter that is given and asks for the column of its name (or that of `columns`)."""
    return [(f"{(columns or {}).get(name, name)} = ?", [params[name]]) for name in names if name in params]


def created(wanted: int | dict[str, int] | None) -> list[Condition]:
    """The condition that `created` stands for."""
    if wanted is None:
        return []
    if isinstance(wanted, int):
        return [("created = ?", [wanted])]
    return [(f"created {COMPARISONS[name]} ?", [value]) for name, value in wanted.items()]


def only_filters(params: dict[str, Any], *names: str) -> None:
    """Raise ParamError for a filter that exists at the real service and not here."""
    refuse_others(params, dict.fromkeys([*names, *PAGING]))


def _beside(desk: Desk, table: str, name: str, object_id: str) -> Condition:
    row = desk.db.execute(f"SELECT rowid FROM {table} WHERE id = ?", (object_id,)).fetchone()
    if row is None:
        raise ParamError(f"No such object: '{object_id}'", name, "resource_missing")
    return (f"rowid {CURSORS[name]} ?", [row[0]])
