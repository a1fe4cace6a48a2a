"""What the provider is asked for, made of an order's snapshot."""

from flask_babel import force_locale

from storefront.orders.models import Order, OrderLine
from storefront.payments.gateway import SessionLine, SessionRequest
from storefront.payments.models import Payment
from storefront.shipping.words import method_words


def session_request(order: Order, payment: Payment, base_url: str) -> SessionRequest:
    """Made of the order's snapshot alone, so that a repeated call says the same under the same key."""
    page = f"{base_url}/orders/{order.token}"
    return SessionRequest(
        order_id=order.id,
        order_number=order.number,
        attempt_id=payment.id,
        currency=payment.currency,
        amount_minor=payment.amount_minor,
        lines=tuple(_session_line(line) for line in order.lines),
        shipping_minor=order.shipping_paid_minor,
        shipping_name=_shipping_name(order),
        email=order.email,
        locale=order.locale,
        success_url=f"{page}/return",
        cancel_url=page,
        expires_at=payment.expires_at,
        idempotency_key=payment.idempotency_key,
        is_held=payment.is_held,
        is_embedded=payment.is_embedded,
        customer_ref=payment.customer_ref,
    )


def _shipping_name(order: Order) -> str:
    with force_locale(order.locale):
        return method_words(order.shipping_name)


def _session_line(line: OrderLine) -> SessionLine:
    """What is paid for a line after discount and tax: per piece, or for all together where that comes out uneven."""
    shown = f"{line.name} – {line.variant_name}" if line.variant_name else line.name
    unit, rest = divmod(line.paid_minor, line.quantity)
    if rest:
        return SessionLine(name=f"{line.quantity} × {shown}", quantity=1, unit_minor=line.paid_minor)
    return SessionLine(name=shown, quantity=line.quantity, unit_minor=unit)
