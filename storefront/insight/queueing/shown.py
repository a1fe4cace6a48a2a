"""The promise as pages show it: worked out once a minute in each process, the same for everybody."""

from datetime import date, datetime
from typing import NamedTuple

from babel.dates import format_date, format_skeleton
from flask import Flask, current_app
from flask_babel import gettext as _

from storefront.core import clock
from storefront.core.db import db
from storefront.core.web import settings
from storefront.core.web.filters import reading_locale
from storefront.insight.queueing.packing import count_waiting
from storefront.insight.queueing.plan import Plan, read_plan
from storefront.insight.queueing.promise import Promise, promise
from storefront.orders.models import Order
from storefront.orders.queries import LATE_STATUSES

KEPT = "storefront.promise"
# A weekday alone is meant to be the next one of its name.
NEAR_DAYS = 6


class _Kept(NamedTuple):
    minute: datetime
    plan: Plan
    promise: Promise


def init_promise(app: Flask) -> None:
    """Let every template say by when what is ordered now is sent, and which orders are late."""
    app.jinja_env.globals.update(sent_by=sent_by, is_late=is_late)
    app.jinja_env.filters.update(weekday=weekday)


def current_promise() -> Promise:
    """What is promised to orders of this minute; read anew when the minute is over."""
    return _kept().promise


def current_plan() -> Plan:
    """What the merchant says about packing, as the promise of this minute took it."""
    return _kept().plan


def forget_promise() -> None:
    """Work it out anew at once, because the plan was changed in this process; others follow within a minute."""
    current_app.extensions.pop(KEPT, None)


def today() -> date:
    """The day in the shop's time zone."""
    return clock.now().astimezone(settings().time_zone).date()


def sent_by() -> str:
    """Such as "Sent by Tuesday"."""
    day = current_promise().day
    return str(_("Sent today") if day == today() else _("Sent by %(day)s", day=weekday(day)))


def weekday(day: date) -> str:
    """The weekday of a day that is near, with its date when it is not."""
    locale = reading_locale()
    if 0 <= (day - today()).days <= NEAR_DAYS:
        return str(format_date(day, "EEEE", locale=locale))
    return str(format_skeleton("MMMEd", day, locale=locale))


def is_late(order: Order) -> bool:
    """Whether an order should have been sent by now."""
    return order.ship_by is not None and order.ship_by < today() and order.status in LATE_STATUSES


def _kept() -> _Kept:
    """Two threads may work it out at once: they come to the same."""
    minute = clock.now().replace(second=0, microsecond=0)
    kept: _Kept | None = current_app.extensions.get(KEPT)
    if kept is None or kept.minute != minute:
        session, plan = db.session(), read_plan(db.session())
        found = promise(plan, settings().time_zone, clock.now(), count_waiting(session))
        kept = current_app.extensions[KEPT] = _Kept(minute, plan, found)
    return kept
