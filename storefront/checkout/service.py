"""The use case that ties cart, stock, orders and payments together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.accounts.service import ensure_customer
from storefront.cart import service as carts
from storefront.cart.service import TakenLine
from storefront.checkout.quote import NOTHING_APPLIED, Applied, Quote, QuotedLine, make_quote
from storefront.core import clock, outbox
from storefront.core.db import db, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict, InvalidInput
from storefront.orders import service as orders
from storefront.orders.draft import Address, CreatedOrder, DraftLine, OrderDraft
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import find_by_checkout_key, get_order
from storefront.payments import credit
from storefront.payments import service as payments
from storefront.payments.attempts import Due, begin
from storefront.payments.gateway import Gateway
from storefront.payments.offline import ONLINE, accept
from storefront.payments.queries import find_live_payment
from storefront.payments.refunds import request_all
from storefront.stock.holds import Holds
from storefront.tax.rules import TaxRule

# The shortest time a provider keeps its page open for; what is not paid by then can be sold to somebody else.
PAY_WITHIN = timedelta(minutes=30)
SHOPPER = "shopper"
NUMBER_TRIES = 5


class PlacedOrder(NamedTuple):
    """An order that stands: what opens its page, the variants in it, and whether it waits for its payment."""

    id: int
    token: str
    variant_ids: list[int]
    is_payable: bool


class EmptyCart(Conflict):
    """There is nothing to order: the cart is empty, or was ordered in another tab."""

    message = N_("Your cart is empty.")


class PriceChanged(Conflict):
    """What is to be paid is no longer what the shopper saw; `total_minor` is what it is now."""

    message = N_("Prices in your cart have changed. Look at the new total before you order.")


class Unbuyable(Conflict):
    """Lines that are off the shelves; `names` are theirs."""

    message = N_("No longer for sale: %(names)s. Remove it to go on.")


@dataclass(frozen=True, kw_only=True)
class CheckoutData:
    """What the shopper sends. `quoted_minor` is what they saw that was left to pay; `key` is made with the form, once.

    Staff who order for somebody have seen no total: None then, and `pay_within` is how long it can be paid.
    `ship_by` is the day that was promised (insight.queueing).

    `payment_method` is "online", or one of payments.offline that was offered to them.
    """

    key: str
    address: Address
    shipping_method: str
    quoted_minor: int | None
    locale: str
    currency: str
    payment_method: str = ONLINE
    pay_within: timedelta = PAY_WITHIN
    applied: Applied = NOTHING_APPLIED
    kept_until: datetime | None = None
    ship_by: date | None = None
    user_id: int | None = None


def place_order(cart_token: str | None, data: CheckoutData, gateway: Gateway | None = None) -> PlacedOrder:
    """Turn the cart into a pending order; one transaction, idempotent on `data.key`.

    With a `gateway` the intent to pay there is committed with it, for a shopper who is led there at once.

    Raises EmptyCart, Unbuyable, PriceChanged, NoSuchMethod, CodeRefused, CreditGone, OutOfStock: then nothing has
    happened.
    """
    return once(data.key, lambda: _place(cart_token, data, gateway))


def check_out(
    cart_token: str | None, data: CheckoutData, holds: Holds, hold_id: str | None, gateway: Gateway | None = None
) -> PlacedOrder:
    """Place the order, then tell the gate what is left and drop the hold.

    Raises what `place_order` raises. The gate is told after the commit: if that fails, the hold ends by itself.
    """
    placed = place_order(cart_token, data, gateway)
    holds.settle(hold_id, placed.variant_ids)
    return placed


def place_for(lines: Sequence[tuple[str, int]], data: CheckoutData, actor: str) -> int:
    """Order (SKU, pieces) for somebody, and stage the mail whose link leads to the payment; returns the order's id.

    One transaction, idempotent on `data.key`. Raises UnknownSku, Unbuyable, NoSuchMethod, OutOfStock.
    """
    return once(data.key, lambda: _place_for(lines, data, actor)).id


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
            credit.release(order_id, "shop")


def cancel_order(order_token: str, gateway: Gateway, base_url: str, cart_token: str | None) -> str | None:
    """Cancel an unpaid order for the shopper and put its goods back into the cart; returns the cart's token.

    Raises OrderMoved when it was paid meanwhile, StillPayable or GatewayUnavailable when that is not certain.
    """
    order = get_order(db.session(), order_token)
    order_id, lines = order.id, [(line.variant_id, line.quantity) for line in order.lines if line.variant_id]
    db.session.rollback()
    cancel_unpaid(order_id, gateway, base_url, actor=SHOPPER, reason="cancelled by the shopper")
    return carts.put_back(cart_token, lines)


def cancel_unpaid(
    order_id: int, gateway: Gateway, base_url: str, *, actor: str, reason: str, is_written_off: bool = False
) -> None:
    """Make sure that an order can no longer be paid, cancel it and give its stock back, or write it off.

    Raises OrderMoved when it was paid meanwhile, StillPayable or GatewayUnavailable when that is not certain.
    """
    payments.stop(order_id, gateway, base_url)
    _cancel(order_id, actor, reason, is_written_off)


@retry_deadlocks
def _cancel(order_id: int, actor: str, reason: str, is_written_off: bool) -> None:
    with transaction() as session:
        order = orders.lock(session, order_id)
        if order.status is OrderStatus.PENDING and find_live_payment(session, order_id) is not None:
            raise payments.StillPayable(id=order_id)
        orders.cancel_pending(order_id, actor, reason, is_written_off=is_written_off)
        credit.release(order_id, actor)


@retry_deadlocks
def cancel_paid(order_id: int, *, actor: str, reason: str, is_written_off: bool) -> None:
    """Cancel a paid order that was not sent, give its stock back or write it off, and pay back all that is left of it.

    Opens a transaction. Raises OrderMoved, NotOnShelf: then nothing has happened.
    """
    with transaction() as session:
        orders.lock(session, order_id)
        orders.cancel_paid(order_id, actor, reason, is_written_off=is_written_off)
        request_all(order_id, reason, actor)


@retry_deadlocks
def _place(cart_token: str | None, data: CheckoutData, gateway: Gateway | None) -> PlacedOrder:
    with transaction() as session:
        # Whoever waits here for a twin of this form finds an empty cart then.
        lines = carts.take_out(cart_token)
        if not lines:
            raise EmptyCart()
        return _write(session, lines, data, SHOPPER, gateway)


@retry_deadlocks
def _place_for(lines: Sequence[tuple[str, int]], data: CheckoutData, actor: str) -> PlacedOrder:
    with transaction() as session:
        placed = _write(session, carts.read_skus(lines), data, actor)
        if placed.is_payable:
            key = f"payment-request-{placed.id}"
            outbox.stage("orders.send_request", dedupe_key=key, order_id=placed.id)
        return placed


def once(key: str, place: Callable[[], PlacedOrder]) -> PlacedOrder:
    """Place an order, again when its number is taken; an order that was placed under this key is the answer."""
    for tries_left in reversed(range(NUMBER_TRIES)):
        try:
            return place()
        except orders.NumberTaken:
            if not tries_left:
                raise
        except (Conflict, InvalidInput, IntegrityError):
            # The same form may have been sent before: then its order is the answer, whatever has changed since.
            known = find_by_checkout_key(db.session(), key)
            if known is None:
                raise
            return PlacedOrder(known.id, known.token, _variant_ids(known), not known.is_final)
    raise AssertionError("unreachable: the last try raises")


def _write(
    session: Session, lines: list[TakenLine], data: CheckoutData, actor: str, gateway: Gateway | None = None
) -> PlacedOrder:
    gone = [line.name for line in lines if not line.can_be_bought]
    if gone:
        raise Unbuyable(names=", ".join(gone))
    quote = _quote(session, lines, data)
    if data.quoted_minor is not None and quote.due_minor != data.quoted_minor:
        raise PriceChanged(total_minor=quote.due_minor)
    is_later = data.payment_method != ONLINE and quote.due_minor > 0
    is_payable = quote.due_minor > 0 and not is_later
    draft = _draft(lines, quote, data)

    def intend(order: CreatedOrder) -> None:
        if is_payable and gateway is not None:
            begin(Due.of_new(order, draft), gateway)

    order = orders.create(draft, actor, intend)
    credit.reserve(order.id, quote.tenders, data.currency, 1, actor)
    if order.due_minor == 0:
        orders.mark_paid(order.id, "shop", reason="nothing to pay")
        credit.capture(order.id)
    elif is_later:
        accept(order.id, data.payment_method, order.due_minor, data.currency, actor)
    return PlacedOrder(order.id, order.token, [line.variant_id for line in lines], is_payable)


def _quote(session: Session, lines: list[TakenLine], data: CheckoutData) -> Quote:
    priced = [QuotedLine(line.quantity, line.unit_price_minor, line.weight_grams, line.tax_class) for line in lines]
    return make_quote(
        session,
        priced,
        country=data.address.country,
        shipping_method=data.shipping_method,
        currency=data.currency,
        applied=data.applied,
        user_id=data.user_id,
    )


def _draft(lines: list[TakenLine], quote: Quote, data: CheckoutData) -> OrderDraft:
    return OrderDraft(
        checkout_key=data.key,
        address=data.address,
        lines=[_draft_line(line, rule) for line, rule in zip(lines, quote.rules, strict=True)],
        currency=data.currency,
        shipping_method=quote.offer.code,
        shipping_name=quote.offer.name,
        totals=quote.totals,
        coupon=quote.coupon,
        credit_minor=quote.credit_minor,
        locale=data.locale,
        expires_at=clock.now() + data.pay_within,
        kept_until=data.kept_until,
        ship_by=data.ship_by,
        user_id=data.user_id,
        customer_id=ensure_customer(data.address.email, data.address.country),
    )


def _draft_line(line: TakenLine, rule: TaxRule) -> DraftLine:
    return DraftLine(
        variant_id=line.variant_id,
        sku=line.sku,
        name=line.name,
        variant_name=line.variant_name,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        tax=rule,
    )


def _variant_ids(order: Order) -> list[int]:
    return [line.variant_id for line in order.lines if line.variant_id is not None]
