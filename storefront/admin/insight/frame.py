"""The frame of the pages of insight: their sections, and the span of days that the address asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from storefront.core.db import db
from storefront.core.web import page, settings
from storefront.insight import queries
from storefront.insight.days import Books
from storefront.insight.periods import LENGTHS, Span

# So long without a sale, and the page asks whether the last day with sales is meant.
QUIET = timedelta(days=7)
USUAL_DAYS = 28


class Section(NamedTuple):
    """A page of insight as its navigation shows it to whoever has `permission`; `parts` are pages below it."""

    endpoint: str
    label: Any
    permission: str = "insight.view"
    parts: tuple[str, ...] = ()


BUYING = (
    "admin.save_terms",
    "admin.save_all_terms",
    "admin.purchases",
    "admin.purchase",
    "admin.change_quantities",
    "admin.receive_purchase",
    "admin.suppliers",
)
SECTIONS = (
    Section("admin.insight", _l("Overview")),
    Section("admin.insight_sales", _l("Sales")),
    Section("admin.insight_products", _l("Products")),
    Section("admin.insight_categories", _l("Categories")),
    Section("admin.insight_customers", _l("Customers")),
    Section("admin.insight_funnel", _l("Funnel")),
    Section("admin.insight_stock", _l("Stock")),
    Section("admin.capacity", _l("Capacity"), parts=("admin.packing_plan", "admin.change_packing_plan")),
    Section("admin.reorder", _l("Reorder"), parts=BUYING),
    Section("admin.insight_payments", _l("Payments"), "payments.view"),
    Section("admin.insight_reports", _l("Letters")),
)


@dataclass(frozen=True)
class Chosen:
    """Which days a page is about: `days` up to `until`, today without it.

    `quiet_since` is the last day with sales when nothing was sold lately; `is_unsold`: nothing was ever sold.
    """

    days: int
    until: date | None
    today: date
    quiet_since: date | None
    is_unsold: bool

    @property
    def span(self) -> Span:
        """The days themselves."""
        return Span.ending(self.until or self.today, self.days)

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """The arguments of an address with the same days, without what is usual."""
        values = {"days": self.days, "until": self.until, **changes}
        usual = {"days": USUAL_DAYS}
        return {name: str(value) for name, value in values.items() if value and usual.get(name) != value}


def read_days(session: Session, arguments: Mapping[str, str]) -> Chosen:
    """What the address asks for; whatever makes no sense is taken as the usual."""
    today = Books.of(settings()).today()
    days, until = arguments.get("days", ""), read_date(arguments.get("until", ""))
    last = queries.last_day(session)
    is_quiet = until is None and last is not None and last < today - QUIET
    length = int(days) if days in {str(length) for length in LENGTHS} else USUAL_DAYS
    return Chosen(length, None if until == today else until, today, last if is_quiet else None, last is None)


def read_date(text: str) -> date | None:
    """A day as ISO 8601 writes it ("2011-08-31"), None when it is none."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def insight_page(template: str, chosen: Chosen | None = None, *, status: int = 200, **context: Any) -> Response:
    """A page inside the frame: tabs to its sisters and, with `chosen`, the choice of days."""
    kept = chosen.arguments() if chosen else {}
    tabs = [
        (section.label, url_for(section.endpoint, **kept), request.endpoint in {section.endpoint, *section.parts})
        for section in SECTIONS
        if current_user.can(section.permission)
    ]
    cursor = queries.refreshed_at(db.session())
    return page(template, status=status, sections=tabs, chosen=chosen, refreshed_at=cursor, **context)
