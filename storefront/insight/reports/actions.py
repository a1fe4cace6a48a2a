"""The three things to do of the weekly letter: the most urgent ones that there is a reason for, each with its page."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.insight import goods, people, shelves, words
from storefront.insight.periods import Span
from storefront.insight.shelves import Shelf
from storefront.orders.models import Order, OrderStatus

COUNT = 3
# What lasts less long than it takes to get more.
SHORT_DAYS = 7
# A parcel should have left by then.
LATE = timedelta(days=2)
WARY_PIECES = 20


class Action(NamedTuple):
    """A sentence, and the page where something can be done about it."""

    text: str
    label: str
    url: str


def list_actions(session: Session, pace: Span, base_url: str) -> list[Action]:
    """Three, the most urgent first; what always helps fills up where the shop gives no reason for more."""
    found: list[Action] = []
    for action in _wanted(session, pace, f"{base_url}/admin"):
        found.append(action)
        if len(found) == COUNT:
            break
    return found


def _wanted(session: Session, pace: Span, desk: str) -> Iterator[Action]:
    yield from _late_orders(session, desk)
    yield from _short_stock(session, pace, desk)
    yield from _at_risk(session, pace, desk)
    yield from _dead_stock(session, pace, desk)
    yield from _returned(session, pace, desk)
    yield Action(_("Look which categories go up and which go down."), _("Categories"), f"{desk}/insight/categories")
    yield Action(_("Fill the shelves: whatever is new stands on the home page."), _("Products"), f"{desk}/products")
    yield Action(_("Make an offer to those who have bought before."), _("Offers"), f"{desk}/coupons")


def _late_orders(session: Session, desk: str) -> Iterator[Action]:
    is_late = (Order.status == OrderStatus.PAID) & (Order.placed_at < clock.now() - LATE)
    count = session.scalar(select(func.count()).where(is_late)) or 0
    if count:
        text = ngettext(
            "Send %(num)s order that was placed more than two days ago.",
            "Send %(num)s orders that were placed more than two days ago.",
            count,
        )
        yield Action(text, _("Orders to send"), f"{desk}/orders?status=paid")


def _short_stock(session: Session, pace: Span, desk: str) -> Iterator[Action]:
    rows = shelves.list_stock(session, pace, Shelf.SHORT, size=1).items
    cover_days = rows[0].cover_days if rows else None
    if cover_days is None or cover_days >= SHORT_DAYS:
        return
    row = rows[0]
    url = f"{desk}/insight/stock?until={pace.last.isoformat()}"
    sold = words.number(row.sold)
    if not row.available:
        text = _(
            "Order “%(name)s” again: it is sold out, and %(sold)s were sold in four weeks.", name=row.name, sold=sold
        )
    else:
        days = words.number(round(cover_days, 1))
        text = _("Order “%(name)s” again: what is left lasts %(days)s days more.", name=row.name, days=days)
    yield Action(text, _("What ends first"), url)


def _at_risk(session: Session, pace: Span, desk: str) -> Iterator[Action]:
    (lost,) = [segment for segment in people.sum_segments(session, pace.last) if segment.key == "at-risk"]
    if lost.customers:
        text = ngettext(
            "Write to %(num)s good customer who has not bought for long; last year they brought %(money)s.",
            "Write to %(num)s good customers who have not bought for long; last year they brought %(money)s.",
            lost.customers,
            money=words.round_money(lost.net_minor),
        )
        yield Action(text, _("Who they are"), f"{desk}/insight/customers?until={pace.last.isoformat()}")


def _dead_stock(session: Session, pace: Span, desk: str) -> Iterator[Action]:
    sums = shelves.sum_stock(session, pace)
    if sums.dead_minor:
        text = ngettext(
            "Make a price for %(num)s variant that nobody bought in four weeks: goods for %(money)s lie there.",
            "Make a price for %(num)s variants that nobody bought in four weeks: goods for %(money)s lie there.",
            sums.dead,
            money=words.round_money(sums.dead_minor),
        )
        yield Action(text, _("Dead stock"), f"{desk}/insight/stock?shelf=dead&until={pace.last.isoformat()}")


def _returned(session: Session, pace: Span, desk: str) -> Iterator[Action]:
    found = goods.list_products(session, pace, goods.GoodsSort.RETURNED, size=1).items
    if found and found[0].id and found[0].sums["returned_units"] >= WARY_PIECES:
        pieces = words.number(found[0].sums["returned_units"])
        text = _("Look at “%(name)s”: %(pieces)s pieces came back in four weeks.", name=found[0].name, pieces=pieces)
        yield Action(text, _("The product"), f"{desk}/products/{found[0].id}")
