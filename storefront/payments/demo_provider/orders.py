"""What an order must be before a session is opened for it: the checks that types alone do not make."""

import re
from typing import Any
from urllib.parse import urlsplit

from storefront.payments.demo_provider.errors import ParamError

MIN_LIFE_SECONDS = 30 * 60
MAX_LIFE_SECONDS = 24 * 60 * 60
# A request takes a moment to arrive, and its sender's clock need not agree to the second.
CLOCK_SLACK_SECONDS = 60
MAX_LINES = 100
MAX_AMOUNT = 99_999_999
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

# https://docs.stripe.com/currencies: the smallest charge, as far as it is documented, and which amounts must be round.
MINIMUM = {"usd": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30}
MINIMUM |= {"hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50}
MINIMUM |= {"aed": 200, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000}
MULTIPLE = {"bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10, "isk": 100, "ugx": 100}

# Fields that exist at the real service and mean nothing here are refused, so that nobody relies on them unknowingly.
OFFERED: dict[str, Any] = {
    "mode": None,
    "line_items": {
        "quantity": None,
        "price_data": {
            "currency": None,
            "unit_amount": None,
            "product_data": {"name": None, "description": None, "metadata": None},
        },
    },
    "success_url": None,
    "cancel_url": None,
    "client_reference_id": None,
    "customer_email": None,
    "expires_at": None,
    "locale": None,
    "metadata": None,
    "payment_intent_data": {"metadata": None},
    "adaptive_pricing": {"enabled": None},
    "payment_method_types": None,
}


def check_order(params: dict[str, Any], now: float) -> None:
    """Raises ParamError naming the first field that does not make a payable order."""
    _refuse_others(params, OFFERED, "")
    if params.get("mode") != "payment":
        raise ParamError("This provider offers mode=payment only.", "mode")
    if params.get("payment_method_types", ["card"]) != ["card"]:
        raise ParamError("This provider takes cards only.", "payment_method_types")
    if params.get("adaptive_pricing", {}).get("enabled"):
        raise ParamError("This provider does not convert currencies.", "adaptive_pricing[enabled]")
    _check_urls(params)
    _check_expiry(params.get("expires_at"), now)
    if "customer_email" in params and not EMAIL.fullmatch(params["customer_email"]):
        raise ParamError(f"Invalid email address: {params['customer_email']}", "customer_email", "email_invalid")
    _check_metadata(params.get("metadata", {}), "metadata")
    _check_metadata(params.get("payment_intent_data", {}).get("metadata", {}), "payment_intent_data[metadata]")
    _check_lines(params.get("line_items", []))
    _check_total(total_of(params), params["line_items"][0]["price_data"]["currency"].lower())


def total_of(params: dict[str, Any]) -> int:
    """The sum of the lines in the currency's smallest unit."""
    return sum(int(line["price_data"]["unit_amount"]) * int(line["quantity"]) for line in params["line_items"])


def _refuse_others(params: dict[str, Any], offered: dict[str, Any], at: str) -> None:
    for name, value in params.items():
        where = f"{at}[{name}]" if at else name
        if name not in offered:
            raise ParamError(f"This provider does not offer {where}.", where)
        inner = offered[name]
        if inner is not None:
            for index, item in enumerate(value if isinstance(value, list) else [value]):
                _refuse_others(item, inner, f"{where}[{index}]" if isinstance(value, list) else where)


def _check_urls(params: dict[str, Any]) -> None:
    if "success_url" not in params:
        raise ParamError("Missing required param: success_url.", "success_url", "parameter_missing")
    for name in ("success_url", "cancel_url"):
        parts = urlsplit(params.get(name, "https://unset.example"))
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ParamError("Not a valid URL", name, "url_invalid")


def _check_expiry(expires_at: int | None, now: float) -> None:
    if expires_at is None:
        return
    earliest, latest = now + MIN_LIFE_SECONDS - CLOCK_SLACK_SECONDS, now + MAX_LIFE_SECONDS + CLOCK_SLACK_SECONDS
    if not earliest <= expires_at <= latest:
        raise ParamError("The `expires_at` time must be between 30 minutes and 24 hours from now.", "expires_at")


def _check_metadata(metadata: dict[str, str], at: str) -> None:
    # The limits are those of https://docs.stripe.com/api/metadata.
    if len(metadata) > 50:
        raise ParamError("Metadata holds at most 50 keys.", at)
    for key, value in metadata.items():
        if len(key) > 40 or len(value) > 500:
            raise ParamError("Metadata keys hold 40 characters, values 500.", f"{at}[{key}]")


def _check_lines(lines: list[dict[str, Any]]) -> None:
    if not lines:
        raise ParamError("Missing required param: line_items.", "line_items", "parameter_missing")
    if len(lines) > MAX_LINES:
        raise ParamError(f"At most {MAX_LINES} line items are allowed.", "line_items")
    currencies = set()
    for index, line in enumerate(lines):
        _check_line(line, f"line_items[{index}]")
        currencies.add(line["price_data"]["currency"].lower())
    if len(currencies) > 1:
        raise ParamError("All line items must be in the same currency.", "line_items")


def _check_line(line: dict[str, Any], at: str) -> None:
    price = line.get("price_data")
    if price is None:
        raise ParamError(f"Missing required param: {at}[price_data].", f"{at}[price_data]", "parameter_missing")
    for holder, name, where in (
        (line, "quantity", f"{at}[quantity]"),
        (price, "unit_amount", f"{at}[price_data][unit_amount]"),
        (price, "product_data", f"{at}[price_data][product_data]"),
    ):
        if name not in holder:
            raise ParamError(f"Missing required param: {where}.", where, "parameter_missing")
    if line["quantity"] < 1:
        raise ParamError("This value must be greater than or equal to 1.", f"{at}[quantity]")
    if price["unit_amount"] < 0:
        raise ParamError("This value must be greater than or equal to 0.", f"{at}[price_data][unit_amount]")
    if not price["product_data"]["name"].strip():
        where = f"{at}[price_data][product_data][name]"
        raise ParamError("You passed an empty string.", where, "parameter_invalid_empty")
    if not re.fullmatch(r"[A-Za-z]{3}", price["currency"]):
        raise ParamError(f"Invalid currency: {price['currency']}", f"{at}[price_data][currency]")


def _check_total(total: int, currency: str) -> None:
    if total < MINIMUM.get(currency, 1):
        raise ParamError(
            "The total amount due is below the minimum for its currency.", "line_items", "amount_too_small"
        )
    if total > MAX_AMOUNT:
        raise ParamError("The total amount due must be at most eight digits.", "line_items", "amount_too_large")
    if total % MULTIPLE.get(currency, 1):
        text = f"Invalid amount: {currency} amounts must be evenly divisible by {MULTIPLE[currency]}."
        raise ParamError(text, "line_items", "invalid_charge_amount")
