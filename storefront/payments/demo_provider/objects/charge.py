"""Charges, and the refunds and disputes of them."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider.objects.common import billing_details, given, nothing
from storefront.payments.demo_provider.objects.method import charge_details

CHARGE_UNUSED = (
    "application application_fee application_fee_amount balance_transaction calculated_statement_descriptor "
    "failure_balance_transaction on_behalf_of receipt_number receipt_url refunds review source source_transfer "
    "statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
)
CHARGE_ALWAYS = nothing(CHARGE_UNUSED) | {"object": "charge", "fraud_details": {}, "livemode": False}
REFUND_UNUSED = "balance_transaction customer_account receipt_number source_transfer_reversal transfer_reversal"
EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal "
    "customer_communication customer_email_address customer_name customer_purchase_ip customer_signature "
    "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt "
    "refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number "
    "uncategorized_file uncategorized_text"
)
TRANSFERS = {"bacs_debit": "gb_bank_transfer", "sepa_debit": "eu_bank_transfer", "us_bank_account": "us_bank_transfer"}
REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}


def charge_object(charge: sqlite3.Row, intent: sqlite3.Row, method: sqlite3.Row, *, is_disputed: bool) -> Any:
    """A charge: one try that reached the issuer or the bank."""
    params = json.loads(intent["params"])
    failure = json.loads(charge["failure"]) if charge["failure"] else {}
    body = CHARGE_ALWAYS | given(params, "customer description receipt_email shipping")
    return body | {
        "id": charge["id"],
        "amount": charge["amount"],
        "amount_captured": charge["amount_captured"],
        "amount_refunded": charge["amount_refunded"],
        "billing_details": billing_details(method["email"]),
        "captured": charge["amount_captured"] > 0,
        "created": charge["created"],
        "currency": intent["currency"],
        "disputed": is_disputed,
        "failure_code": failure.get("code"),
        "failure_message": failure.get("message"),
        "metadata": params.get("metadata", {}),
        "outcome": _outcome(charge, failure),
        "paid": charge["status"] == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": charge_details(method, charge),
        "refunded": charge["amount_refunded"] == charge["amount"],
        "status": charge["status"],
    }


def refund_object(refund: sqlite3.Row, charge: sqlite3.Row, intent: sqlite3.Row, kind: str) -> dict[str, Any]:
    """A refund; `kind` is the type of the payment method the money goes back to."""
    params = json.loads(intent["params"])
    body = nothing(REFUND_UNUSED) | {
        "id": refund["id"],
        "object": "refund",
        "amount": refund["amount"],
        "charge": charge["id"],
        "created": refund["created"],
        "currency": intent["currency"],
        "customer": params.get("customer"),
        "destination_details": _destination(refund, kind),
        "metadata": json.loads(refund["metadata"]),
        "payment_intent": intent["id"],
        "payment_method": charge["method_id"],
        "reason": refund["reason"],
        "status": refund["status"],
    }
    if refund["status"] == "pending":
        body["pending_reason"] = "processing"
    if refund["status"] == "failed":
        body |= {"failure_balance_transaction": None, "failure_reason": refund["failure_reason"]}
    return body


def dispute_object(dispute: sqlite3.Row, charge: sqlite3.Row, intent: sqlite3.Row, means: dict[str, Any]) -> Any:
    """A dispute."""
    return {
        "id": dispute["id"],
        "object": "dispute",
        "amount": dispute["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": dispute["created"],
        "currency": intent["currency"],
        "enhanced_eligibility_types": [],
        "evidence": nothing(EVIDENCE) | {"enhanced_evidence": {}} | json.loads(dispute["evidence"]),
        "evidence_details": _evidence_details(dispute),
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": json.loads(dispute["metadata"]),
        "payment_intent": intent["id"],
        "payment_method_details": _disputed_card(dispute, means) if means["kind"] == "card" else None,
        "reason": dispute["reason"],
        "status": dispute["status"],
    }


def _evidence_details(dispute: sqlite3.Row) -> dict[str, Any]:
    return {
        "due_by": dispute["due_by"],
        "enhanced_eligibility": {},
        "has_evidence": dispute["evidence"] != "{}",
        "past_due": False,
        "submission_count": dispute["submissions"],
        "submission_method": "manual" if dispute["submissions"] else "not_submitted",
    }


def _disputed_card(dispute: sqlite3.Row, means: dict[str, Any]) -> dict[str, Any]:
    brand, code = means["brand"], REASON_CODES.get(dispute["reason"])
    card = {"brand": brand, "case_type": "chargeback", "network_reason_code": code, "network": brand}
    return {"card": card, "type": "card"}


def _outcome(charge: sqlite3.Row, failure: dict[str, Any]) -> dict[str, Any] | None:
    if charge["status"] == "pending":
        return None
    outcome = nothing("advice_code network_advice_code network_decline_code reason")
    if failure:
        says = {"network_status": "declined_by_network", "reason": failure.get("decline_code") or failure["code"]}
        return outcome | says | {"seller_message": "The bank did not accept the payment.", "type": "issuer_declined"}
    return outcome | {
        "network_status": "approved_by_network",
        "seller_message": "Payment complete.",
        "type": "authorized",
    }


def _destination(refund: sqlite3.Row, kind: str) -> dict[str, Any]:
    """What was never captured is reversed on the card; everything else is paid back."""
    if kind in TRANSFERS:
        return {TRANSFERS[kind]: {"reference": None, "reference_status": "pending"}, "type": TRANSFERS[kind]}
    return {"card": {"type": "reversal" if refund["is_release"] else "refund"}, "type": "card"}
