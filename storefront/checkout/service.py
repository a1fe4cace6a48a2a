"""The use case that ties cart, stock, orders and payments together."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.accounts.service import ensure_customer
from storefront.cart import service as carts
from storefront.cart.models import Cart
from storefront.catalog.models import Variant
from storefront.core import clock
from storefront.core.db import db, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict
from storefront.orders import service as orders
from storefront.orders.models import OrderStatus
from storefront.orders.queries import find_by_checkout_key, get_order
from storefront.orders.service import Address, DraftLine, OrderDraft
from storefront.orders.shipping import get_method
from storefront.payments import service as payments
from storefront.payments.gateway import Gateway
from storefront.payments.queries import find_live_payment
from storefront.stock.holds import Holds

# The shortest time a provider keeps its page open for; what is not paid by then can be sold to somebody else.
PAY_WITHIN = timedelta(minutes=30)
SHOPPER = "shopper"


class EmptyCart(Conflict):
    """There is nothing to order: the cart is empty, or was ordered in another tab."""

    message = N_("Your cart is empty.")


class PriceChanged(Conflict):
    """The total is no longer what the shopper saw; `total_minor` is what it is now."""

    message = N_("Prices in your cart have changed. Look at the new total before you order.")


class Unbuyable(Conflict):
    """Lines that are off the shelves; `names` are theirs."""

    message = N_("No longer for sale: %(names)s. Remove it to go on.")


@dataclass(frozen=True, kw_only=True)
class CheckoutData:
    """What the shopper sends. `quoted_minor` is the total they saw; `key` is made with the form, once per checkout."""

    key: str
    address: Address
    shipping_method: str
    quoted_minor: int
    locale: str
    currency: str
    user_id: int | None = None


@retry_deadlocks
def place_order(cart_token: str | None, data: CheckoutData) -> str:
    """Turn the cart into a pending order and return its token; one transaction, idempotent on `data.key`.

    Raises EmptyCart, Unbuyable, PriceChanged, NoSuchMethod, OutOfStock: then nothing has happened.
    """
    try:
        with transaction() as session:
            # Locked before the key is looked for: whoever waits here for a twin of this form then finds its order.
            cart = carts.lock_cart(session, cart_token)
            known = find_by_checkout_key(session, data.key)
            return known.token if known else _place(session, cart, data)
    except IntegrityError:
        # The same form was sent twice at once: the other one has placed the order.
        with transaction() as session:
            known = find_by_checkout_key(session, data.key)
            if known is None:
                raise
            return known.token


def check_out(cart_token: str | None, data: CheckoutData, holds: Holds, hold_id: str | None) -> str:
    """Place the order, then tell the gate what is left and drop the hold; returns the order's token.

    Raises what `place_order` raises. The gate is told after the commit: if that fails, the hold ends by itself.
    """
    token = place_order(cart_token, data)
    lines = get_order(db.session(), token).lines
    holds.settle(hold_id, [line.variant_id for line in lines if line.variant_id is not None])
    return token


def expire_order(order_id: int, gateway: Gateway, base_url: str) -> None:
    """End an order that was not paid in time and give its stock back; idempotent.

    The provider's page is closed first. When a payment is under way, or has come meanwhile, nothing expires.
    Raises GatewayUnavailable while that is not known: the stock stays taken.
    """
    try:
        payments.stop(order_id, gateway, base_url)
    except (payments.StillPayable, orders.OrderMoved):
        return
    _expire(order_id)


@retry_deadlocks
def _expire(order_id: int) -> None:
    with transaction() as session:
        order = orders.lock(session, order_id)
        is_due = order.expires_at is not None and order.expires_at <= clock.now()
        if order.status is OrderStatus.PENDING and is_due and find_live_payment(session, order_id) is None:
            orders.expire_pending(order_id, "shop")


def cancel_order(order_token: str, gateway: Gateway, base_url: str, cart_token: str | None) -> str | None:
    """Cancel an unpaid order for the shopper and put its goods back into the cart; returns the cart's token.

    Raises OrderMoved when it was paid meanwhile, StillPayable or GatewayUnavailable when that is not certain.
    """
    order = get_order(db.session(), order_token)
    order_id, lines = order.id, [(line.variant_id, line.quantity) for line in order.lines if line.variant_id]
    db.session.rollback()
    cancel_unpaid(order_id, gateway, base_url, actor=SHOPPER, reason="cancelled by the shopper")
    return carts.put_back(cart_token, lines)


def cancel_unpaid(order_id: int, gateway: Gateway, base_url: str, *, actor: str, reason: str) -> None:
    """Make sure that an order can no longer be paid, cancel it and give its stock back.

    Raises OrderMoved when it was paid meanwhile, StillPayable or GatewayUnavailable when that is not certain.
    """
    payments.stop(order_id, gateway, base_url)
    _cancel(order_id, actor, reason)


@retry_deadlocks
def _cancel(order_id: int, actor: str, reason: str) -> None:
    with transaction() as session:
        order = orders.lock(session, order_id)
        if order.status is OrderStatus.PENDING and find_live_payment(session, order_id) is not None:
            raise payments.StillPayable(id=order_id)
        orders.cancel_pending(order_id, actor, reason)


def _place(session: Session, cart: Cart | None, data: CheckoutData) -> str:
    if cart is None or not cart.lines:
        raise EmptyCart()
    draft = _draft(cart, data)
    total = sum(line.quantity * line.unit_price_minor for line in draft.lines) + draft.shipping_minor
    if total != data.quoted_minor:
        raise PriceChanged(total_minor=total)
    carts.empty(cart.id)
    order = orders.create(draft, SHOPPER)
    if order.total_minor == 0:
        orders.mark_paid(order.id, "shop", reason="nothing to pay")
    return order.token


def _draft(cart: Cart, data: CheckoutData) -> OrderDraft:
    gone = [line.variant.product.name for line in cart.lines if not line.variant.can_be_bought]
    if gone:
        raise Unbuyable(names=", ".join(gone))
    method = get_method(data.shipping_method, data.address.country)
    items = sum(line.total_minor for line in cart.lines)
    return OrderDraft(
        checkout_key=data.key,
        address=data.address,
        lines=[_draft_line(line.variant, line.quantity) for line in cart.lines],
        currency=data.currency,
        shipping_method=method.code,
        shipping_minor=method.price_minor(items, data.currency),
        locale=data.locale,
        expires_at=clock.now() + PAY_WITHIN,
        user_id=data.user_id,
        customer_id=ensure_customer(data.address.email, data.address.country),
    )


def _draft_line(variant: Variant, quantity: int) -> DraftLine:
    return DraftLine(
        variant_id=variant.id,
        sku=variant.sku,
        name=variant.product.name,
        variant_name=variant.name,
        quantity=quantity,
        unit_price_minor=variant.price_minor,
    )
