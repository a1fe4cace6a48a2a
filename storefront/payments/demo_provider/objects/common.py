"""What several objects are made of."""

from typing import Any

from storefront.payments.demo_provider.objects import API_VERSION

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def event_object(event_id: str, created: int, kind: str, subject: dict[str, Any], cause: dict[str, Any]) -> Any:
    """An event with its object as it was at that moment; `cause` is the API call that made it happen, if one did."""
    return {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 0,
        "request": cause,
        "type": kind,
    }


def list_object(url: str, items: list[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """One page of a list."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


def billing_details(email: str | None) -> dict[str, Any]:
    """Whose card or account it is, as far as this provider asks."""
    return {"address": dict.fromkeys(ADDRESS), "email": email, "name": None, "phone": None, "tax_id": None}


def given(params: dict[str, Any], names: str) -> dict[str, Any]:
    """Fields that are what the call said, or null."""
    return {name: params.get(name) for name in names.split()}


def nothing(names: str) -> dict[str, Any]:
    """Fields that are never filled."""
    return dict.fromkeys(names.split())
