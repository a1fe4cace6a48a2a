"""What never gets into the audit log: secrets, what pays, and what only tells who a customer is.

That something of it was changed is told; what it was and is, is not. So an erased person needs no erasing here.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

# Parts of names of columns and of keys inside JSON.
SECRET: tuple[str, ...] = (
    "password",
    "secret",
    "salt",
    "token",
    "digest",
    "hash",
    "card",
    "cvc",
    "public_key",
    "credential",
    "handle",
    "signature",
    "api_key",
    "session_id",
    "factor_step",
    "payload",
    "recovery",
)
PERSONAL = frozenset(
    {
        "email",
        "phone",
        "name",
        "company",
        "line1",
        "line2",
        "city",
        "postcode",
        "recipient",
        "sender",
        "text",
        "note",
        "to",
    }
)
# Where such words are people's. Elsewhere they are of goods, zones, coupons.
PEOPLE = frozenset({"user_account", "customer", "shop_order", "order_event", "address", "saved_address", "mail_proof"})
PEOPLE |= {"credit_account", "stock_request", "wishlist", "user_session", "passkey", "outbox_job", "gift_card_sale"}
PEOPLE |= {"report_recipient", "return_request"}
HIDDEN = "(hidden)"
MAX_TEXT = 400


def shown(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row as the log may keep them, ready for JSON."""
    return {name: _value(table, name, value) for name, value in values.items()}


def is_hidden(table: str, name: str) -> bool:
    """Whether the log keeps only that this was changed."""
    plain = name.lower()
    return any(part in plain for part in SECRET) or (table in PEOPLE and plain in PERSONAL)


def _value(table: str, name: str, value: Any) -> Any:
    if value is None or value == "":
        return value
    if is_hidden(table, name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): _value(table, str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_value(table, name, inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | int | float):
        return value
    return str(value)[:MAX_TEXT]
