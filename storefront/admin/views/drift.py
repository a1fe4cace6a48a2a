"""The stock gate: how it stands, what it let through and refused, where its copies differ from the database."""

from flask import flash, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.catalog.models import Variant
from storefront.core.db import db
from storefront.core.web import page, see_other, staff
from storefront.monitoring.counts import get_counts
from storefront.stock.gate import Gate, GateAway
from storefront.stock.holds import get_holds
from storefront.stock.reconcile import Report, find_drift, reconcile
from storefront.stock.service import display_name

SHOWN = 100


@blueprint.get("/drift")
@staff("catalog.view")
def drift() -> Response:
    """The gate as all web processes know it, and every variant compared just now, the first hundred by name."""
    state, counts = get_counts().of_gate()
    report, live_holds = _compare(get_holds().gate)
    return page(
        "admin/drift/index.html",
        state=state.value,
        counts=counts,
        live_holds=live_holds,
        report=report,
        shown=SHOWN,
        variants=_map_variants(db.session(), report) if report else {},
        display_name=display_name,
    )


@blueprint.post("/drift/publications")
@staff("stock.edit")
def publish_stock() -> Response:
    """Put right now what the reconciler would put right within minutes."""
    try:
        report = reconcile(db.session(), get_holds().gate)
    except GateAway:
        flash(_("The stock server does not answer, so nothing was published."), "danger")
        return see_other(url_for("admin.drift"))
    count = len(report.drifts)
    flash(ngettext("%(num)s copy was put right.", "%(num)s copies were put right.", count), "good")
    if report.lost:
        flash(
            _("The database had lost what some copies were made from. Find out why: was a backup restored?"), "danger"
        )
    return see_other(url_for("admin.drift"))


def _compare(gate: Gate) -> tuple[Report | None, int]:
    """What differs, and how many holds live; None while the gate is away: the page says so in place of the list."""
    try:
        return find_drift(db.session(), gate), gate.count_live_holds()
    except GateAway:
        return None, 0


def _map_variants(session: Session, report: Report) -> dict[int, Variant]:
    wanted = [found.variant_id for found in report.drifts[:SHOWN]]
    return {variant.id: variant for variant in session.scalars(select(Variant).where(Variant.id.in_(wanted)))}
