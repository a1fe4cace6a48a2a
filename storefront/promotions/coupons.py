"""The only writers of coupons. A use is counted in the order's own transaction, by an UPDATE that knows the limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.db import insert_rows, joined, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict, InvalidInput
from storefront.promotions.models import Coupon, CouponKind, CouponUse
from storefront.promotions.queries import find_coupon, get_coupon


class CodeRefused(InvalidInput):
    """The code cannot be used for this order; the text says why. Facts carry the `code`."""

    message = N_("%(code)s cannot be used for this order.")


class CouponNotNow(CodeRefused):
    """It begins later, is over, or was switched off."""

    message = N_("%(code)s is not valid at the moment.")


class CouponUsedUp(CodeRefused):
    """As many orders as it was meant for have it."""

    message = N_("%(code)s has been used as often as it can be.")


class CouponUsedBefore(CodeRefused):
    """Once per customer, and this one had it."""

    message = N_("%(code)s can be used once per customer, and an order with your e-mail address has it already.")


class BelowMinimum(CodeRefused):
    """Goods for more are needed; `missing_minor` is how much."""

    message = N_("%(code)s needs goods for %(minimum)s or more.")


class TakenCoupon(Conflict):
    """Another coupon has that code."""

    message = N_("There is a coupon %(code)s already.")


@dataclass(frozen=True, kw_only=True)
class CouponData:
    """A coupon as a merchant enters it; amounts in minor units, `percent` from 1 to 100."""

    code: str
    kind: CouponKind
    percent: int = 0
    amount_minor: int = 0
    minimum_minor: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    usage_limit: int | None = None
    is_once_per_customer: bool = False
    is_active: bool = True


def create_coupon(data: CouponData) -> int:
    """Add a coupon and return its id; opens a transaction. Raises TakenCoupon."""
    with transaction() as session:
        coupon = Coupon()
        session.add(coupon)
        _write(session, coupon, data)
        return coupon.id


@retry_deadlocks
def change_coupon(coupon_id: int, data: CouponData) -> None:
    """Write what the merchant entered; orders that have it stay as they are. Opens a transaction.

    Raises TakenCoupon, UnknownPromotion. A limit below what was used already is set to that.
    """
    with transaction() as session:
        session.execute(select(Coupon.id).where(Coupon.id == coupon_id).with_for_update())
        coupon = get_coupon(session, coupon_id)
        _write(session, coupon, data)


def check(coupon: Coupon, items_minor: int, minimum: str) -> None:
    """Whether it holds now for goods of that value; raises CouponNotNow, CouponUsedUp, BelowMinimum.

    `minimum` is what it needs, in words.
    """
    moment = clock.now()
    is_early = coupon.starts_at is not None and moment < coupon.starts_at
    if not coupon.is_active or is_early or (coupon.ends_at is not None and moment >= coupon.ends_at):
        raise CouponNotNow(code=coupon.code)
    if coupon.usage_limit is not None and coupon.used >= coupon.usage_limit:
        raise CouponUsedUp(code=coupon.code)
    if items_minor < coupon.minimum_minor:
        raise BelowMinimum(code=coupon.code, minimum=minimum)


def use(coupon: Coupon, order_id: int, email: str) -> None:
    """Count an order's use; joins. Raises CouponUsedUp, CouponUsedBefore: its transaction must be undone then."""
    session = joined()
    has_room = Coupon.usage_limit.is_(None) | (Coupon.used < Coupon.usage_limit)
    if not _count(session, 1, (Coupon.id == coupon.id) & Coupon.is_active & has_room):
        raise CouponUsedUp(code=coupon.code)
    row = {"order_id": order_id, "coupon_id": coupon.id, "email": email if coupon.is_once_per_customer else None}
    try:
        insert_rows(session, CouponUse, [row])
    except IntegrityError as error:
        raise CouponUsedBefore(code=coupon.code) from error


def give_back(order_id: int) -> None:
    """An order that is over no longer has its coupon; joins, idempotent."""
    session, uses = joined(), table_of(CouponUse)
    coupon_id = session.scalar(select(uses.c.coupon_id).where(uses.c.order_id == order_id))
    if coupon_id is None:
        return
    gone: Any = session.execute(delete(uses).where(uses.c.order_id == order_id))
    if gone.rowcount == 1:
        _count(session, -1, Coupon.id == coupon_id)


def take_again(order_id: int, code: str, email: str) -> bool:
    """An order that came back to life has its coupon again; joins. False when it is used up: the order keeps its price.

    Who has paid is given what was promised, and a coupon is no reason to send the money back.
    """
    session = joined()
    coupon = find_coupon(session, code)
    if coupon is None:
        return False
    try:
        with session.begin_nested():
            use(coupon, order_id, email)
    except CodeRefused:
        return False
    return True


def _count(session: Session, step: int, condition: Any) -> bool:
    changed: Any = session.execute(
        update(Coupon).where(condition).values(used=Coupon.used + step).execution_options(synchronize_session=False)
    )
    return bool(changed.rowcount == 1)


def _write(session: Session, coupon: Coupon, data: CouponData) -> None:
    values: Mapping[str, Any] = vars(data)
    for name, value in values.items():
        setattr(coupon, name, value)
    if data.usage_limit is not None:
        coupon.usage_limit = max(data.usage_limit, coupon.used or 0)
    try:
        session.flush()
    except IntegrityError:
        raise TakenCoupon(code=data.code, field="code") from None
