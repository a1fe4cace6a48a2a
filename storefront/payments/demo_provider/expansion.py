"""`expand`: ids in an answer become the objects they name."""

import sqlite3
from collections.abc import Callable
from typing import Any

from storefront.payments.demo_provider import charges, customers, intents, links, methods, refunds
from storefront.payments.demo_provider.desk import Desk
from storefront.payments.demo_provider.errors import ParamError

MAX_DEPTH = 4
Renderer = Callable[[Desk, sqlite3.Row], dict[str, Any]]
INTENT: tuple[str, Renderer] = ("intents", intents.render)
CHARGE: tuple[str, Renderer] = ("charges", charges.render)
CUSTOMER: tuple[str, Renderer] = ("customers", customers.render)
METHOD: tuple[str, Renderer] = ("methods", methods.render)
# Object -> field -> where its row is, and what renders it.
FIELDS: dict[str, dict[str, tuple[str, Renderer]]] = {
    "checkout.session": {
        "payment_intent": INTENT,
        "customer": CUSTOMER,
        "payment_link": ("links", links.render),
    },
    "payment_intent": {"latest_charge": CHARGE, "payment_method": METHOD, "customer": CUSTOMER},
    "charge": {"payment_intent": INTENT, "customer": CUSTOMER},
    "refund": {"charge": CHARGE, "payment_intent": INTENT},
    "dispute": {"charge": CHARGE, "payment_intent": INTENT},
}


def expand(desk: Desk, body: dict[str, Any], wanted: list[str]) -> None:
    """Replace what `wanted` names, in place; raises ParamError for what cannot be expanded."""
    for path in wanted:
        steps = path.split(".")
        if len(steps) > MAX_DEPTH:
            raise ParamError(f"You cannot expand more than {MAX_DEPTH} levels of a property.", "expand")
        _follow(desk, body, steps, path)


def _follow(desk: Desk, body: dict[str, Any], steps: list[str], path: str) -> None:
    step, *rest = steps
    if body["object"] == "list" and step == "data" and rest:
        for item in body["data"]:
            _follow(desk, item, rest, path)
        return
    if body["object"] == "charge" and step == "refunds" and not rest:
        body["refunds"] = refunds.list_(desk, {"charge": body["id"]}) | {"url": f"/v1/charges/{body['id']}/refunds"}
        return
    if step not in FIELDS.get(body["object"], {}):
        raise ParamError(f"This property cannot be expanded ({path}).", "expand")
    table, render = FIELDS[body["object"]][step]
    if isinstance(body[step], str):
        body[step] = render(desk, desk.get(table, body[step]))
    if rest and body[step] is not None:
        _follow(desk, body[step], rest, path)
