"""Payment links."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider.objects.common import nothing

LINK_UNUSED = (
    "application application_fee_amount application_fee_percent consent_collection invoice_creation managed_payments "
    "on_behalf_of payment_method_options shipping_address_collection subscription_data transfer_data"
)
LINK_ALWAYS: dict[str, Any] = nothing(LINK_UNUSED) | {
    "allow_promotion_codes": False,
    "automatic_tax": {"enabled": False, "liability": None},
    "billing_address_collection": "auto",
    "custom_fields": [],
    "custom_text": nothing("after_submit shipping_address submit terms_of_service_acceptance"),
    "customer_creation": "if_required",
    "payment_method_collection": "if_required",
    "phone_number_collection": {"enabled": False},
    "shipping_options": [],
    "submit_type": "auto",
    "tax_id_collection": {"enabled": False, "required": "never"},
}
INTENT_DATA_UNUSED = "setup_future_usage statement_descriptor statement_descriptor_suffix transfer_group"


def link_object(link: sqlite3.Row, url: str, count: int) -> dict[str, Any]:
    """A payment link under which `count` sessions were completed."""
    params = json.loads(link["params"])
    limit = params.get("restrictions", {}).get("completed_sessions", {}).get("limit")
    return LINK_ALWAYS | {
        "id": link["id"],
        "object": "payment_link",
        "active": bool(link["is_active"]),
        "after_completion": _after_completion(params.get("after_completion", {})),
        "currency": link["currency"],
        "inactive_message": params.get("inactive_message"),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "payment_intent_data": _intent_data(params.get("payment_intent_data")),
        "payment_method_types": params.get("payment_method_types"),
        "restrictions": {"completed_sessions": {"count": count, "limit": limit}} if limit else None,
        "url": url,
    }


def _after_completion(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("type") == "redirect":
        return {"redirect": given["redirect"], "type": "redirect"}
    message = given.get("hosted_confirmation", {}).get("custom_message")
    return {"hosted_confirmation": {"custom_message": message}, "type": "hosted_confirmation"}


def _intent_data(given: dict[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    filled: dict[str, Any] = {"capture_method": None, "description": None, "metadata": {}}
    return nothing(INTENT_DATA_UNUSED) | filled | given
