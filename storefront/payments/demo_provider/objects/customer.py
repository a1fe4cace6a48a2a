"""Customers."""

import json
import sqlite3
from typing import Any

from storefront.payments.demo_provider.objects.common import given, nothing

CUSTOMER_UNUSED = "currency default_source discount test_clock"
GIVEN = "address description name phone shipping"


def customer_object(customer: sqlite3.Row) -> dict[str, Any]:
    """A customer."""
    params = json.loads(customer["params"])
    return (
        nothing(CUSTOMER_UNUSED)
        | given(params, GIVEN)
        | {
            "id": customer["id"],
            "object": "customer",
            "balance": 0,
            "created": customer["created"],
            "delinquent": False,
            "email": customer["email"],
            "invoice_prefix": customer["id"][-8:].upper(),
            "invoice_settings": nothing("custom_fields default_payment_method footer rendering_options"),
            "livemode": False,
            "metadata": params.get("metadata", {}),
            "next_invoice_sequence": 1,
            "preferred_locales": params.get("preferred_locales", []),
            "tax_exempt": "none",
        }
    )
