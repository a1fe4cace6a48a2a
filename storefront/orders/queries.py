"""Reads of orders, loaded with what pages show."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session, selectinload

from storefront.core.errors import N_, NotFound
from storefront.core.paging import Page, fetch_page
from storefront.orders.models import Order, OrderLine, OrderReturn, OrderStatus

PAGE_SIZE = 25
# Made once: every order in a rush is confirmed.
PLACED = (
    select(Order).where(Order.id == bindparam("order")).options(selectinload(Order.lines), selectinload(Order.events))
)
# An order that stands like this, after the day by which it was promised to be sent, is late.
LATE_STATUSES = frozenset({OrderStatus.ACCEPTED, OrderStatus.PAID, OrderStatus.PARTLY_FULFILLED})


class UnknownOrder(NotFound):
    """No order is to be shown under that token, number or id."""

    message = N_("We could not find this order. Check the link in your mail.")


@dataclass(frozen=True, kw_only=True)
class OrderFilter:
    """What a list of orders is narrowed to; `words` match number, e-mail, name or SKU.

    `late_on`: only those that should have been sent before that day, the longest promised first.
    """

    status: OrderStatus | None = None
    words: str = ""
    late_on: date | None = None


def get_order(session: Session, token: str) -> Order:
    """The order behind an unguessable link, with lines and events; raises UnknownOrder."""
    return _one(session, _whole().where(Order.token == token))


def find_token(session: Session, number: str, email: str) -> str | None:
    """What opens the order that was placed under a number with an (lower-case) address."""
    return session.scalar(select(Order.token).where(Order.number == number, func.lower(Order.email) == email))


def get_order_by_id(session: Session, order_id: int) -> Order:
    """The order with lines and events; raises UnknownOrder."""
    return _one(session, _whole().where(Order.id == order_id))


def get_placed(session: Session, order_id: int) -> Order:
    """The order with lines and events, as it is confirmed: nothing has come back yet; raises UnknownOrder."""
    order = session.scalar(PLACED, {"order": order_id})
    if order is None:
        raise UnknownOrder()
    return order


def get_order_by_number(session: Session, number: str) -> Order:
    """The order of that number, whatever the case it was typed in; raises UnknownOrder."""
    return _one(session, _whole().where(Order.number == number.strip().upper()))


def find_by_checkout_key(session: Session, checkout_key: str) -> Order | None:
    """The order that this checkout has placed already."""
    return session.scalar(select(Order).where(Order.checkout_key == checkout_key).options(selectinload(Order.lines)))


def list_overdue_ids(session: Session, moment: datetime, limit: int = 500) -> list[int]:
    """Pending orders whose time to pay ended before `moment`, the oldest first."""
    is_overdue = (Order.status == OrderStatus.PENDING) & (Order.expires_at < moment)
    return list(session.scalars(select(Order.id).where(is_overdue).order_by(Order.expires_at).limit(limit)))


def list_orders_of(
    session: Session, user_id: int, number: int = 1, *, states: Collection[OrderStatus] = (), words: str = ""
) -> Page[Order]:
    """One page of a user's own orders, the newest first; in one of `states`, with `words` in number or goods."""
    query = select(Order).where(Order.user_id == user_id).order_by(Order.placed_at.desc(), Order.id.desc())
    if states:
        query = query.where(Order.status.in_(states))
    if words.strip():
        query = query.where(_holds(words.strip()))
    return fetch_page(session, query.options(selectinload(Order.lines)), number, 10)


def list_orders(session: Session, wanted: OrderFilter, number: int = 1, size: int = PAGE_SIZE) -> Page[Order]:
    """One page of all orders for staff, the newest first."""
    return fetch_page(session, narrow_orders(wanted).options(selectinload(Order.lines)), number, size)


def narrow_orders(wanted: OrderFilter) -> Select[Order]:
    """The orders that the filter lets through, the newest first."""
    query = select(Order).order_by(Order.placed_at.desc(), Order.id.desc())
    if wanted.status is not None:
        query = query.where(Order.status == wanted.status)
    if wanted.words.strip():
        query = query.where(_matches(wanted.words.strip()))
    if wanted.late_on is not None:
        query = query.where(_is_late(wanted.late_on)).order_by(None).order_by(Order.ship_by, Order.id)
    return query


def count_late(session: Session, day: date, words: str = "") -> int:
    """How many orders should have been sent before that day, of those that `words` match."""
    query = select(func.count()).select_from(Order).where(_is_late(day))
    if words.strip():
        query = query.where(_matches(words.strip()))
    return session.scalar(query) or 0


def count_by_status(session: Session, words: str = "") -> dict[OrderStatus, int]:
    """How many orders stand where, of those that `words` match."""
    query = select(Order.status, func.count().label("orders")).group_by(Order.status)
    if words.strip():
        query = query.where(_matches(words.strip()))
    found = {row.status: row.orders for row in session.execute(query)}
    return {status: found.get(status, 0) for status in OrderStatus}


def _is_late(day: date) -> ColumnElement[bool]:
    return Order.status.in_(LATE_STATUSES) & (Order.ship_by < day)


def _holds(words: str) -> ColumnElement[bool]:
    """Words as a customer knows their order by: its number, or what was bought, whatever the case."""
    line = or_(func.lower(OrderLine.name).contains(words.lower(), autoescape=True), OrderLine.sku == words.upper())
    return or_(
        Order.number.startswith(words.upper(), autoescape=True),
        Order.id.in_(select(OrderLine.order_id).where(line)),
    )


def _matches(words: str) -> ColumnElement[bool]:
    upper, lower = words.upper(), words.lower()
    return or_(
        Order.number.startswith(upper, autoescape=True),
        Order.email.startswith(lower, autoescape=True),
        Order.name.contains(words, autoescape=True),
        Order.external_ref.endswith(upper, autoescape=True),
        Order.id.in_(select(OrderLine.order_id).where(OrderLine.sku == upper)),
    )


def _whole() -> Select[Order]:
    return select(Order).options(
        selectinload(Order.lines),
        selectinload(Order.events),
        selectinload(Order.returns).selectinload(OrderReturn.lines),
    )


def _one(session: Session, query: Select[Order]) -> Order:
    order = session.scalar(query)
    if order is None:
        raise UnknownOrder()
    return order


def map_numbers(session: Session, order_ids: Iterable[int]) -> dict[int, str]:
    """The numbers of orders by their ids."""
    found = session.execute(select(Order.id, Order.number).where(Order.id.in_(list(order_ids))))
    return {row.id: row.number for row in found}
