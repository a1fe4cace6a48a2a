"""What an order must be before a page is opened for it: the checks that types alone do not make."""

from typing import Any

from storefront.payments.demo_provider import methods
from storefront.payments.demo_provider.checks import (
    check_amount,
    check_currency,
    check_email,
    check_metadata,
    check_url,
    refuse_others,
)
from storefront.payments.demo_provider.desk import Desk
from storefront.payments.demo_provider.errors import ParamError

MIN_LIFE_SECONDS = 30 * 60
MAX_LIFE_SECONDS = 24 * 60 * 60
# A request takes a moment to arrive, and its sender's clock need not agree to the second.
CLOCK_SLACK_SECONDS = 60
MAX_LINES = 100
HOSTED, ELEMENTS = "hosted_page", "elements"
# What only a page of the provider's own can have.
ELSEWHERE = ("success_url", "cancel_url", "locale")

LINES = {
    "quantity": None,
    "price_data": {
        "currency": None,
        "unit_amount": None,
        "product_data": {"name": None, "description": None, "metadata": None},
    },
}
INTENT_DATA = {"metadata": None, "capture_method": None, "description": None, "receipt_email": None}
SESSION: dict[str, Any] = {
    "mode": None,
    "line_items": LINES,
    "ui_mode": None,
    "success_url": None,
    "cancel_url": None,
    "return_url": None,
    "client_reference_id": None,
    "customer": None,
    "customer_email": None,
    "expires_at": None,
    "locale": None,
    "metadata": None,
    "payment_intent_data": INTENT_DATA,
    "adaptive_pricing": {"enabled": None},
    **dict.fromkeys(methods.CHOICES),
}
LINK: dict[str, Any] = {
    "line_items": LINES,
    "after_completion": {"type": None, "redirect": {"url": None}, "hosted_confirmation": {"custom_message": None}},
    "inactive_message": None,
    "metadata": None,
    "payment_intent_data": {"metadata": None, "capture_method": None, "description": None},
    "payment_method_types": None,
    "restrictions": {"completed_sessions": {"limit": None}},
}


def check_session(desk: Desk, params: dict[str, Any]) -> None:
    """Raises ParamError naming the first field that does not make a payable order."""
    refuse_others(params, SESSION)
    if params.get("mode") != "payment":
        raise ParamError("This provider offers mode=payment only.", "mode")
    if params.get("adaptive_pricing", {}).get("enabled"):
        raise ParamError("This provider does not convert currencies.", "adaptive_pricing[enabled]")
    _check_ways_back(params)
    _check_expiry(params.get("expires_at"), desk.now)
    _check_customer(desk, params)
    _check_goods(params)


def check_link(params: dict[str, Any]) -> None:
    """Raises ParamError naming the first field that does not make a payable link."""
    refuse_others(params, LINK)
    check_url(params.get("after_completion", {}).get("redirect", {}).get("url"), "after_completion[redirect][url]")
    if params.get("after_completion", {}).get("type") == "redirect" and "redirect" not in params["after_completion"]:
        where = "after_completion[redirect]"
        raise ParamError(f"Missing required param: {where}.", where, "parameter_missing")
    if params.get("restrictions", {}).get("completed_sessions", {}).get("limit", 1) < 1:
        where = "restrictions[completed_sessions][limit]"
        raise ParamError("This value must be greater than or equal to 1.", where)
    _check_goods(params)


def total_of(params: dict[str, Any]) -> int:
    """The sum of the lines in the currency's smallest unit."""
    return sum(int(line["price_data"]["unit_amount"]) * int(line["quantity"]) for line in params["line_items"])


def currency_of(params: dict[str, Any]) -> str:
    """The currency of the lines, which all have the same."""
    return str(params["line_items"][0]["price_data"]["currency"]).lower()


def kinds_of(params: dict[str, Any]) -> list[str]:
    """The kinds of payment that a page offers."""
    is_manual = params.get("payment_intent_data", {}).get("capture_method") == "manual"
    there_are = methods.offered(currency_of(params), is_manual=is_manual)
    # Links still name theirs one by one, and take none that does not fit.
    asked: list[str] | None = params.get("payment_method_types")
    if asked is not None and (not asked or set(asked) - set(there_are)):
        text = f"For this payment the provider takes {', '.join(there_are)} only."
        raise ParamError(text, "payment_method_types")
    return methods.chosen(params, asked or there_are)


def is_embedded(params: dict[str, Any]) -> bool:
    """Whether a session is paid on the shop's own page."""
    return params.get("ui_mode") == ELEMENTS


def _check_ways_back(params: dict[str, Any]) -> None:
    if params.get("ui_mode", HOSTED) not in (HOSTED, ELEMENTS):
        raise ParamError(f"This provider offers ui_mode={HOSTED} and ui_mode={ELEMENTS} only.", "ui_mode")
    wanted, others = ("return_url", ELSEWHERE) if is_embedded(params) else ("success_url", ("return_url",))
    if wanted not in params:
        raise ParamError(f"Missing required param: {wanted}.", wanted, "parameter_missing")
    for name in others:
        if name in params:
            raise ParamError(f"`{name}` is not allowed with `ui_mode={params.get('ui_mode', HOSTED)}`.", name)
    for name in ("success_url", "cancel_url", "return_url"):
        check_url(params.get(name), name)


def _check_goods(params: dict[str, Any]) -> None:
    check_metadata(params.get("metadata", {}), "metadata")
    check_metadata(params.get("payment_intent_data", {}).get("metadata", {}), "payment_intent_data[metadata]")
    _check_lines(params.get("line_items", []))
    check_amount(total_of(params), currency_of(params), "line_items")
    kinds_of(params)


def _check_expiry(expires_at: int | None, now: float) -> None:
    if expires_at is None:
        return
    earliest, latest = now + MIN_LIFE_SECONDS - CLOCK_SLACK_SECONDS, now + MAX_LIFE_SECONDS + CLOCK_SLACK_SECONDS
    if not earliest <= expires_at <= latest:
        raise ParamError("The `expires_at` time must be between 30 minutes and 24 hours from now.", "expires_at")


def _check_customer(desk: Desk, params: dict[str, Any]) -> None:
    check_email(params, "customer_email")
    if "customer" not in params:
        return
    if "customer_email" in params:
        text = "You may only specify one of these parameters: customer, customer_email."
        raise ParamError(text, "customer_email")
    if desk.find("customers", params["customer"]) is None:
        raise ParamError(f"No such customer: '{params['customer']}'", "customer", "resource_missing")


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
    check_currency(price["currency"], f"{at}[price_data][currency]")
