"""The API's objects as JSON. Fields that this provider never fills are there all the same, as at the real one."""

import json
import sqlite3
from typing import Any

API_VERSION = "2026-10-28.endive"

SESSION_UNUSED = (
    "after_expiration allow_promotion_codes billing_address_collection client_secret consent consent_collection "
    "currency_conversion customer customer_account customer_creation discounts integration_identifier invoice "
    "invoice_creation managed_payments origin_context payment_link payment_method_collection "
    "payment_method_configuration_details permissions phone_number_collection recovered_from "
    "saved_payment_method_options setup_intent shipping_address_collection shipping_cost submit_type subscription "
    "collected_information wallet_options"
)
SESSION_ALWAYS: dict[str, Any] = dict.fromkeys(SESSION_UNUSED.split()) | {
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "custom_fields": [],
    "custom_text": dict.fromkeys(["after_submit", "shipping_address", "submit", "terms_of_service_acceptance"]),
    "shipping_options": [],
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    "ui_mode": "hosted_page",
}
INTENT_UNUSED = (
    "amount_details application application_fee_amount automatic_payment_methods cancellation_reason customer "
    "customer_account description excluded_payment_method_types latest_charge managed_payments next_action "
    "on_behalf_of payment_method_configuration_details processing receipt_email review setup_future_usage shipping "
    "source statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
)


def session_object(session: sqlite3.Row, intent: sqlite3.Row | None, *, url: str, is_expanded: bool) -> dict[str, Any]:
    """A checkout session; its payment intent is an object when `is_expanded`, and else an id."""
    params = json.loads(session["params"])
    intent_value = intent_object(intent, session) if intent and is_expanded else intent["id"] if intent else None
    return SESSION_ALWAYS | {
        "id": session["id"],
        "object": "checkout.session",
        "adaptive_pricing": params.get("adaptive_pricing", {"enabled": False}),
        "amount_subtotal": session["amount_total"],
        "amount_total": session["amount_total"],
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": session["created"],
        "currency": session["currency"],
        "customer_details": _customer_details(params.get("customer_email")),
        "customer_email": params.get("customer_email"),
        "expires_at": session["expires_at"],
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_intent": intent_value,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "paid" if session["status"] == "complete" else "unpaid",
        "status": session["status"],
        "success_url": params["success_url"],
        "url": url if session["status"] == "open" else None,
    }


def intent_object(intent: sqlite3.Row, session: sqlite3.Row) -> dict[str, Any]:
    """A payment intent. It has no charge object behind it yet."""
    params = json.loads(session["params"])
    return dict.fromkeys(INTENT_UNUSED.split()) | {
        "id": intent["id"],
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_received": intent["amount_received"],
        "canceled_at": intent["canceled_at"],
        "capture_method": "automatic_async",
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": intent["created"],
        "currency": session["currency"],
        "last_payment_error": _failure(intent["failure"]),
        "livemode": False,
        "metadata": params.get("payment_intent_data", {}).get("metadata", {}),
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "status": intent["status"],
    }


def event_object(event_id: str, created: int, kind: str, subject: dict[str, Any]) -> dict[str, Any]:
    """An event with its object as it was at that moment."""
    return {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": created,
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def list_object(url: str, items: list[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """One page of a list."""
    return {"object": "list", "data": items, "has_more": has_more, "url": url}


def _customer_details(email: str | None) -> dict[str, Any] | None:
    if email is None:
        return None
    names = ("address", "business_name", "individual_name", "name", "phone", "tax_ids")
    return dict.fromkeys(names) | {"email": email, "tax_exempt": "none"}


def _failure(stored: str | None) -> dict[str, Any] | None:
    if stored is None:
        return None
    facts = json.loads(stored)
    return {"type": "card_error", "message": "Your card was not charged.", **facts}
