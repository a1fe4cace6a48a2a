"""What a refund is made of (pieces at what was paid for them, delivery, an amount), and where it goes back to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from storefront.core.errors import N_, Conflict, InvalidInput
from storefront.core.money import format_minor, share_minor
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.payments.queries import map_refunded_pieces, refunded_shipping_minor


class NothingToRefund(InvalidInput):
    """Neither pieces nor an amount, or fewer than none, or pieces of another order."""

    message = N_("Choose pieces, delivery or an amount to pay back.")


class RefundTooHigh(Conflict):
    """More would go back than is left; `left` is that in words."""

    message = N_("Only %(left)s of this payment can still be paid back.")


@dataclass(frozen=True, kw_only=True)
class RefundWish:
    """What is to go back: `pieces` ({line id: number}) at what was paid for them, delivery, and any other amount.

    The way it was paid, or as credit in this shop.
    """

    pieces: Mapping[int, int] = field(default_factory=dict)
    shipping_minor: int = 0
    other_minor: int = 0
    reason: str = ""
    is_credit: bool = False


def price_pieces(session: Session, order: Order, pieces: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """(line id, pieces, what was paid for them): shares of a line always add up to the line, whatever the steps."""
    lines, before = {line.id: line for line in order.lines}, map_refunded_pieces(session, order.id)
    if set(pieces) - set(lines) or any(number < 0 for number in pieces.values()):
        raise NothingToRefund()
    priced = []
    for line_id, number in pieces.items():
        line, gone = lines[line_id], before.get(line_id, 0)
        if gone + number > line.quantity:
            raise NothingToRefund(field=f"line-{line_id}")
        if number:
            minor = share_minor(line.paid_minor, gone + number, line.quantity)
            priced.append((line_id, number, minor - share_minor(line.paid_minor, gone, line.quantity)))
    return priced


def check_shipping(session: Session, order: Order, shipping_minor: int) -> None:
    """Whether so much of what was paid for delivery can go back; raises RefundTooHigh."""
    left = order.shipping_paid_minor - refunded_shipping_minor(session, order.id)
    if shipping_minor < 0 or shipping_minor > left:
        raise RefundTooHigh(left=format_minor(left, order.currency), field="shipping")


def split(payments: Sequence[Payment], amount: int) -> list[tuple[Payment, int]]:
    """How much of an amount goes back where: to the first payments as far as they go. Raises RefundTooHigh."""
    rest, parts = amount, []
    for payment in payments:
        part = min(rest, payment.captured_minor - payment.refunded_minor)
        if part > 0:
            parts.append((payment, part))
            rest -= part
    if rest or not parts:
        raise RefundTooHigh(left=format_minor(amount - rest, payments[0].currency))
    return parts
