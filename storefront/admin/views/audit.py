"""The audit log: who did what to which object, when, and from where."""

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.queries import map_names
from storefront.core.audit.reading import AuditFilter, list_rows
from storefront.core.db import db
from storefront.core.web import page, settings, staff

MAX_WORDS = 120


@blueprint.get("/staff/audit")
@staff("audit.view")
def audit_log() -> Response:
    """The newest rows first, narrowed by what stands in the URL."""
    session, chosen = db.session(), {name: request.args.get(name, "").strip()[:MAX_WORDS] for name in FIELDS}
    found = list_rows(session, _wanted(chosen), before=request.args.get("before", 0, type=int))
    given: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    return page(
        "admin/audit/index.html",
        found=found,
        chosen=chosen,
        names=map_names(session, {row.actor for row in found.rows}),
        url=partial(url_for, "admin.audit_log", **given),
    )


FIELDS = ("who", "what", "subject", "first", "last")


def _wanted(chosen: dict[str, str]) -> AuditFilter:
    """What makes no sense is left out."""
    last = _day(chosen["last"])
    return AuditFilter(
        actor=f"user:{chosen['who']}" if chosen["who"].isdecimal() else chosen["who"],
        action=chosen["what"],
        subject=chosen["subject"],
        since=_moment(_day(chosen["first"])),
        until=_moment(last + timedelta(days=1)) if last else None,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(day: date | None) -> Any:
    return None if day is None else datetime.combine(day, time(), settings().time_zone)
