"""Checkout sessions."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider.objects.common import given, nothing

SESSION_UNUSED = (
    "after_expiration allow_promotion_codes billing_address_collection client_secret consent consent_collection "
    "currency_conversion customer_account customer_creation discounts integration_identifier invoice "
    "invoice_creation managed_payments origin_context payment_method_collection "
    "payment_method_configuration_details permissions phone_number_collection recovered_from "
    "saved_payment_method_options setup_intent shipping_address_collection shipping_cost submit_type subscription "
    "collected_information wallet_options"
)
SESSION_ALWAYS: dict[str, Any] = nothing(SESSION_UNUSED) | {
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "custom_fields": [],
    "custom_text": dict.fromkeys(["after_submit", "shipping_address", "submit", "terms_of_service_acceptance"]),
    "shipping_options": [],
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
}
GIVEN = (
    "allowed_payment_method_types cancel_url client_reference_id customer customer_email excluded_payment_method_types "
    "locale return_url success_url"
)


def session_object(
    session: sqlite3.Row, intent: sqlite3.Row | None, way_in: dict[str, Any], email: str | None
) -> dict[str, Any]:
    """A checkout session. It is paid once the money is there, which may be long after the shopper has left."""
    params = json.loads(session["params"])
    return (
        SESSION_ALWAYS
        | given(params, GIVEN)
        | {
            "id": session["id"],
            "object": "checkout.session",
            "adaptive_pricing": params.get("adaptive_pricing", {"enabled": False}),
            "amount_subtotal": session["amount_total"],
            "amount_total": session["amount_total"],
            "created": session["created"],
            "currency": session["currency"],
            "customer_details": _customer_details(email),
            "expires_at": session["expires_at"],
            "livemode": False,
            "metadata": params.get("metadata", {}),
            "mode": "payment",
            "payment_intent": intent["id"] if intent else None,
            "payment_link": session["link_id"],
            "payment_method_options": {},
            "payment_method_types": params["payment_method_types"],
            "payment_status": "paid" if intent and intent["status"] == "succeeded" else "unpaid",
            "status": session["status"],
        }
        | (way_in if session["status"] == "open" else dict.fromkeys(way_in))
        | {"ui_mode": params.get("ui_mode", "hosted_page")}
    )


def _customer_details(email: str | None) -> dict[str, Any] | None:
    if email is None:
        return None
    names = ("address", "business_name", "individual_name", "name", "phone", "tax_ids")
    return dict.fromkeys(names) | {"email": email, "tax_exempt": "none"}
