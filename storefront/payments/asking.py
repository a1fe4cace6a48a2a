"""What the provider is asked for, made of an order's snapshot."""

from typing import Any

from flask_babel import force_locale

from storefront.orders.models import Order
from storefront.orders.shipping import label_of
from storefront.payments.gateway import SessionLine, SessionRequest
from storefront.payments.models import Payment


def session_request(order: Order, payment: Payment, base_url: str) -> SessionRequest:
    """Made of the order's snapshot alone, so that a repeated call says the same under the same key."""
    page = f"{base_url}/orders/{order.token}"
    return SessionRequest(
        order_id=order.id,
        order_number=order.number,
        attempt_id=payment.id,
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        lines=tuple(_session_line(line.name, line.variant_name, line) for line in order.lines),
        shipping_minor=order.shipping_minor,
        shipping_name=_shipping_name(order),
        email=order.email,
        locale=order.locale,
        success_url=f"{page}/return",
        cancel_url=page,
        expires_at=payment.expires_at,
        idempotency_key=payment.idempotency_key,
    )


def _shipping_name(order: Order) -> str:
    with force_locale(order.locale):
        return label_of(order.shipping_method)


def _session_line(name: str, variant_name: str, line: Any) -> SessionLine:
    shown = f"{name} – {variant_name}" if variant_name else name
    return SessionLine(name=shown, quantity=line.quantity, unit_minor=line.unit_price_minor)
