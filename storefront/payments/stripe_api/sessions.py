"""Hosted pages: what opens one, and how an attempt on it stands."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from storefront.payments.gateway import PaymentState, PaymentStatus, SessionRequest
from storefront.payments.stripe_api.money import attempt_id
from storefront.payments.stripe_api.units import from_provider, to_provider

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams, SessionCreateParamsLineItem

MAX_LINES = 100

# https://docs.stripe.com/js/appendix/supported_locales, as hosted Checkout accepts them.
LOCALES = (
    "bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt pt-BR ro ru sk sl "
    "sv th tr vi zh zh-HK zh-TW"
)
CHINESE = {"zh-Hans": "zh", "zh-CN": "zh", "zh-Hans-CN": "zh", "zh-Hant": "zh-TW", "zh-Hant-TW": "zh-TW"}


# What an intent says on its own, whatever has become of its page. One that was canceled before it was paid has a page
# that says so too; afterwards it is a hold that was given up.
INTENTS = {
    "processing": PaymentStatus.PROCESSING,
    "requires_capture": PaymentStatus.AUTHORISED,
    "succeeded": PaymentStatus.SUCCEEDED,
    "canceled": PaymentStatus.CANCELED,
}


def session_params(request: SessionRequest) -> "SessionCreateParams":
    """The request in Stripe's words. The lines always add up to the order's total."""
    metadata = {"order_number": request.order_number, "attempt_id": str(request.attempt_id)}
    params: SessionCreateParams = {
        "mode": "payment",
        "line_items": _line_items(request),
        "client_reference_id": request.order_number,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        # The shopper pays the order's own currency, so that what is received is what the order says.
        "adaptive_pricing": {"enabled": False},
        "expires_at": int(request.expires_at.timestamp()),
    }
    if request.is_held:
        params["payment_intent_data"]["capture_method"] = "manual"
    if request.customer_ref:
        # Their payments stand together there. No card is kept: whoever has the order's link would see it.
        params["customer"] = request.customer_ref
    else:
        params["customer_email"] = request.email
    if request.is_embedded:
        return params | {"ui_mode": "elements", "return_url": request.success_url}
    urls: SessionCreateParams = {"success_url": request.success_url, "cancel_url": request.cancel_url}
    return params | urls | {"locale": checkout_locale(request.locale)}


def checkout_locale(locale: str) -> str:
    """Stripe's name for a locale such as "zh_Hans"; "auto" when its page does not speak the language."""
    tag = locale.replace("_", "-")
    for candidate in (CHINESE.get(tag, tag), tag.partition("-")[0]):
        if candidate in LOCALES.split():
            return candidate
    return "auto"


def _line_items(request: SessionRequest) -> "list[SessionCreateParamsLineItem]":
    """One item per line and one for shipping.

    A shipping rate would be counted only once the page has chosen it; a line counts from the start. Where lines do not
    add up to the total (a discount), or are too many for the page, one item stands for the order.
    """
    lines = [(line.name, line.unit_minor, line.quantity) for line in request.lines]
    if request.shipping_minor:
        lines.append((request.shipping_name, request.shipping_minor, 1))
    if len(lines) > MAX_LINES or sum(unit * quantity for _, unit, quantity in lines) != request.amount_minor:
        lines = [(request.order_number, request.amount_minor, 1)]
    return [_line_item(name, to_provider(unit, request.currency), n, request.currency) for name, unit, n in lines]


def _line_item(name: str, unit_amount: int, quantity: int, currency: str) -> "SessionCreateParamsLineItem":
    return {
        "price_data": {"currency": currency.lower(), "product_data": {"name": name[:250]}, "unit_amount": unit_amount},
        "quantity": quantity,
    }


def state_of(facts: Mapping[str, Any]) -> PaymentState:
    """How the attempt on a hosted page stands; its payment intent is expanded."""
    intent: Mapping[str, Any] = facts.get("payment_intent") or {}
    status = _status(facts, intent)
    amount = intent["amount_received"] if status is PaymentStatus.SUCCEEDED and intent else facts["amount_total"] or 0
    metadata = facts.get("metadata") or {}
    failure = intent.get("last_payment_error") or {}
    charge = intent.get("latest_charge")
    held_until = charge_held_until(charge) if status is PaymentStatus.AUTHORISED and isinstance(charge, dict) else None
    currency = (facts["currency"] or "").upper()
    return PaymentState(
        session_id=facts["id"],
        payment_ref=intent.get("id"),
        status=status,
        amount_minor=from_provider(amount, currency),
        currency=currency,
        is_live=facts["livemode"],
        order_number=metadata.get("order_number", ""),
        attempt_id=attempt_id(facts),
        is_session_open=facts["status"] == "open",
        decline_code=failure.get("decline_code") or failure.get("code"),
        held_until=held_until,
    )


def charge_held_until(charge: Mapping[str, Any]) -> datetime | None:
    """When the bank lets go of what a charge holds; None when it does not say."""
    details = charge.get("payment_method_details") or {}
    moment = (details.get(details.get("type", "")) or {}).get("capture_before")
    return datetime.fromtimestamp(moment, UTC) if moment else None


def _status(session: Mapping[str, Any], intent: Mapping[str, Any]) -> PaymentStatus:
    """The session says whether it can still be paid, its payment intent how far the present try has come."""
    if session["payment_status"] in {"paid", "no_payment_required"}:
        return PaymentStatus.SUCCEEDED
    if intent.get("status") in INTENTS:
        return INTENTS[intent["status"]]
    if session["status"] == "expired":
        return PaymentStatus.CANCELED
    if session["status"] == "complete":
        return PaymentStatus.FAILED
    return PaymentStatus.REQUIRES_ACTION if intent else PaymentStatus.CREATED
