"""Customers: who pays, as far as the shop tells."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider import events
from storefront.payments.demo_provider.checks import check_email, merge_metadata, refuse_others
from storefront.payments.demo_provider.desk import Desk, new_id
from storefront.payments.demo_provider.listing import created, matching, only_filters, page
from storefront.payments.demo_provider.objects.customer import GIVEN, customer_object

OFFERED = dict.fromkeys(["email", "metadata", "preferred_locales", *GIVEN.split()])


def create(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Note a new customer; the same address may belong to several."""
    about = _merged({}, params)
    customer_id, email = new_id("cus"), about.pop("email", None)
    desk.insert("customers", id=customer_id, created=desk.stamp, email=email, params=json.dumps(about))
    return _announced(desk, customer_id, "customer.created")


def update(desk: Desk, customer_id: str, params: dict[str, Any]) -> dict[str, Any]:
    """Change what is given; the rest stays."""
    row = desk.get("customers", customer_id)
    about = _merged(json.loads(row["params"]) | {"email": row["email"]}, params)
    values = (about.pop("email"), json.dumps(about), customer_id)
    desk.db.execute("UPDATE customers SET email = ?, params = ? WHERE id = ?", values)
    return _announced(desk, customer_id, "customer.updated")


def delete(desk: Desk, customer_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """Forget a customer for good. No event says so: it would carry what is forgotten."""
    desk.get("customers", customer_id)
    desk.db.execute("DELETE FROM customers WHERE id = ?", (customer_id,))
    return {"id": customer_id, "object": "customer", "deleted": True}


def retrieve(desk: Desk, customer_id: str, _params: dict[str, Any]) -> dict[str, Any]:
    """One customer as JSON."""
    return render(desk, desk.get("customers", customer_id))


def list_(desk: Desk, params: dict[str, Any]) -> dict[str, Any]:
    """Customers by address (letter case counts) or time."""
    only_filters(params, "email", "created")
    conditions = matching(params, "email") + created(params.get("created"))
    return page(desk, "/v1/customers", "customers", conditions, params, render)


def render(_desk: Desk, row: sqlite3.Row) -> dict[str, Any]:
    """A customer as JSON."""
    return customer_object(row)


def _merged(present: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    refuse_others(params, OFFERED)
    check_email(params, "email")
    metadata = merge_metadata(present.get("metadata", {}), params.get("metadata"))
    # An empty value takes away what was there.
    given = {name: value or None for name, value in params.items()}
    return present | given | {"metadata": metadata}


def _announced(desk: Desk, customer_id: str, kind: str) -> dict[str, Any]:
    body = render(desk, desk.get("customers", customer_id))
    events.record(desk, kind, body)
    return body
