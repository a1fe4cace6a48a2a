"""Payment intents."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider.objects.common import given, nothing

INTENT_UNUSED = (
    "amount_details application application_fee_amount customer_account managed_payments on_behalf_of "
    "payment_method_configuration_details processing review setup_future_usage source statement_descriptor "
    "statement_descriptor_suffix transfer_data transfer_group"
)
INTENT_ALWAYS = nothing(INTENT_UNUSED) | {
    "object": "payment_intent",
    "confirmation_method": "automatic",
    "livemode": False,
    "payment_method_options": {},
}
GIVEN = (
    "allowed_payment_method_types automatic_payment_methods customer description excluded_payment_method_types "
    "receipt_email shipping"
)


def intent_object(
    intent: sqlite3.Row, *, failed_method: dict[str, Any] | None, next_action: dict[str, Any] | None
) -> dict[str, Any]:
    """A payment intent; `failed_method` is what the last try was made with when that one failed."""
    params = json.loads(intent["params"])
    is_held = intent["status"] == "requires_capture"
    body = INTENT_ALWAYS | given(params, GIVEN)
    return body | {
        "id": intent["id"],
        "amount": intent["amount"],
        "amount_capturable": intent["amount"] if is_held else 0,
        "amount_received": intent["amount_received"],
        "canceled_at": intent["canceled_at"],
        "cancellation_reason": intent["cancellation_reason"],
        "capture_method": intent["capture_method"],
        "client_secret": intent["secret"],
        "created": intent["created"],
        "currency": intent["currency"],
        "last_payment_error": _last_error(intent, failed_method),
        "latest_charge": intent["charge_id"],
        "metadata": params.get("metadata", {}),
        "next_action": next_action,
        "payment_method": None if failed_method else intent["method_id"],
        "payment_method_types": params["payment_method_types"],
        "status": intent["status"],
    }


def _last_error(intent: sqlite3.Row, failed_method: dict[str, Any] | None) -> dict[str, Any] | None:
    if failed_method is None:
        return None
    return {"type": "card_error", **json.loads(intent["failure"]), "payment_method": failed_method}
