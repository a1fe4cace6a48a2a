"""Payment methods, and what a charge says about the one it was made with."""

import hashlib
import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider.objects.common import billing_details, nothing

EXPIRES = {"exp_month": 12, "exp_year": 2034}
CHECKS = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
CARD_CHARGE_UNUSED = "authorization_code installments mandate network_transaction_id transaction_link_id wallet"
BANK = {
    "bacs_debit": {"sort_code": "108800"},
    "sepa_debit": {"bank_code": "37040044", "branch_code": "", "country": "DE"},
    "us_bank_account": {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "TEST BANK",
        "routing_number": "110000000",
    },
}
BANK_METHOD_UNUSED = {
    "bacs_debit": {},
    "sepa_debit": {"generated_from": None},
    "us_bank_account": {"financial_connections_account": None, "networks": None, "status_details": None},
}
BANK_CHARGE_UNUSED = {"us_bank_account": {"payment_reference": None}}


def method_object(row: sqlite3.Row) -> dict[str, Any]:
    """A payment method."""
    facts = json.loads(row["facts"])
    kind = facts["kind"]
    details = _card(facts) if kind == "card" else _account(facts) | BANK_METHOD_UNUSED[kind]
    return {
        "id": row["id"],
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(row["email"]),
        kind: details,
        "created": row["created"],
        "customer": row["customer"],
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }


def charge_details(row: sqlite3.Row, charge: sqlite3.Row) -> dict[str, Any]:
    """`payment_method_details` of a charge."""
    facts = json.loads(row["facts"])
    kind = facts["kind"]
    if kind != "card":
        details = _account(facts) | BANK_CHARGE_UNUSED.get(kind, {}) | {"mandate": None, "expected_debit_date": None}
        return {kind: details, "type": kind}
    asked = facts["verdict"]["needs_authentication"]
    card = nothing(CARD_CHARGE_UNUSED) | EXPIRES
    card |= {
        "amount_authorized": charge["amount"],
        "brand": facts["brand"],
        "checks": CHECKS,
        "country": "GB",
        "extended_authorization": {"status": "disabled"},
        "fingerprint": _fingerprint(facts),
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "last4": facts["last4"],
        "multicapture": {"status": "unavailable"},
        "network": facts["brand"],
        "network_token": {"used": False},
        "overcapture": {"maximum_amount_capturable": charge["amount"], "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": _authentication() if asked else None,
    }
    if charge["capture_before"] is not None:
        card["capture_before"] = charge["capture_before"]
    return {"card": card, "type": "card"}


def _card(facts: dict[str, Any]) -> dict[str, Any]:
    return EXPIRES | {
        "brand": facts["brand"],
        "checks": CHECKS,
        "country": "GB",
        "display_brand": facts["brand"],
        "fingerprint": _fingerprint(facts),
        "funding": "credit",
        "generated_from": None,
        "last4": facts["last4"],
        "networks": {"available": [facts["brand"]], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _account(facts: dict[str, Any]) -> dict[str, Any]:
    return {"fingerprint": _fingerprint(facts), "last4": facts["last4"]} | BANK[facts["kind"]]


def _authentication() -> dict[str, Any]:
    unused = "electronic_commerce_indicator exemption_indicator result_reason transaction_id"
    return nothing(unused) | {"authentication_flow": "challenge", "result": "authenticated", "version": "2.2.0"}


def _fingerprint(facts: dict[str, Any]) -> str:
    """The same for the same card or account, as far as it is remembered."""
    return hashlib.sha256(f"{facts['kind']}{facts['brand']}{facts['last4']}".encode()).hexdigest()[:16]
