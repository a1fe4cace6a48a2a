"""The API's addresses: which type the parameters have, and what answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.routing import Map, Rule

from storefront.payments.demo_provider import (
    charges,
    customers,
    disputes,
    events,
    intent_actions,
    intents,
    links,
    methods,
    refunds,
    sessions,
)


@dataclass(frozen=True)
class Endpoint:
    """One call: the name of its parameters' type, and the action that answers it (desk, ids, parameters)."""

    name: str
    schema: str
    action: Callable[..., dict[str, Any]]


def _of(path: str, thing: str, schema: str, noun: Any, *actions: str) -> list[tuple[str, str, Endpoint]]:
    """The usual calls about a thing, as (method, path, endpoint): those named, and whatever `<verb>` follows its id."""
    found = []
    for action in actions:
        method = "GET" if action in ("list", "retrieve") else "DELETE" if action == "delete" else "POST"
        end = {"list": "", "create": "", **dict.fromkeys(("retrieve", "update", "delete"), "/<object_id>")}
        name = f"{action}_{thing}s" if action == "list" else f"{action}_{thing}"
        answers = getattr(noun, "list_" if action == "list" else action)
        endpoint = Endpoint(name, f"{schema}{action.capitalize()}Params", answers)
        found.append((method, f"/v1/{path}{end.get(action, f'/<object_id>/{action}')}", endpoint))
    return found


TABLE = [
    *_of("charges", "charge", "Charge", charges, "list", "retrieve"),
    *_of("checkout/sessions", "session", "Session", sessions, "create", "list", "retrieve", "expire"),
    *_of("customers", "customer", "Customer", customers, "create", "list", "retrieve", "update", "delete"),
    *_of("disputes", "dispute", "Dispute", disputes, "list", "retrieve", "update", "close"),
    *_of("events", "event", "Event", events, "list", "retrieve"),
    *_of("payment_intents", "intent", "PaymentIntent", intents, "list", "retrieve", "update"),
    *_of("payment_intents", "intent", "PaymentIntent", intent_actions, "create", "confirm", "capture", "cancel"),
    *_of("payment_links", "link", "PaymentLink", links, "create", "list", "retrieve", "update"),
    *_of("payment_methods", "method", "PaymentMethod", methods, "retrieve"),
    *_of("refunds", "refund", "Refund", refunds, "create", "list", "retrieve", "update"),
]
ENDPOINTS = {endpoint.name: endpoint for _, _, endpoint in TABLE}
ROUTES = Map([Rule(path, endpoint=endpoint.name, methods=[method]) for method, path, endpoint in TABLE])
