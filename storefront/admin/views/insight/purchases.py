"""Purchase orders: drafted from the advice, changed, sent as a file, and their goods booked when they arrive."""

import secrets
from datetime import timedelta

from flask import flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from storefront.admin.desk import actor, blueprint
from storefront.admin.insight.frame import insight_page
from storefront.admin.insight.reordering import read_pieces, read_wanted
from storefront.core.db import db
from storefront.core.errors import Conflict, InvalidInput
from storefront.core.web import see_other, settings, staff, tell, wants_fragment
from storefront.core.web.downloads import csv_answer
from storefront.insight import words
from storefront.insight.days import Books
from storefront.insight.reorder import service
from storefront.insight.reorder.models import PurchaseOrder
from storefront.insight.reorder.queries import UnknownSupplier, get_purchase, list_advice, list_purchases
from storefront.insight.reorder.service import NewLine


@blueprint.get("/insight/purchases")
@staff("insight.view")
def purchases() -> Response:
    """All of them, the newest first."""
    return insight_page(
        "admin/insight/purchases.html",
        found=list_purchases(db.session(), request.args.get("page", 1, type=int)),
        url=lambda page: url_for("admin.purchases", page=page),
        words=words,
    )


@blueprint.post("/insight/purchases")
@staff("insight.edit")
def place_purchase() -> Response:
    """Draft an order of what the list says of the chosen supplier; a form sent twice makes one."""
    wanted, today = read_wanted(request.args), Books.of(settings()).today()
    if not wanted.supplier_id:
        raise UnknownSupplier
    rows = list_advice(db.session(), wanted, today)
    lines = [NewLine(row.variant_id, row.sku, row.name, row.advice.quantity) for row in rows if row.advice.order_by]
    known = [row.terms.lead_days for row in rows if row.terms.lead_days is not None]
    due_on = today + timedelta(days=max(known)) if known else None
    key = request.form.get("key", "")[:64] or secrets.token_urlsafe(24)
    purchase_id = service.place_purchase(key, wanted.supplier_id, lines, actor(), due_on)
    flash(_("The purchase order is drafted. Change what you like before you send it."), "good")
    return see_other(url_for("admin.purchase", purchase_id=purchase_id))


@blueprint.get("/insight/purchases/<int:purchase_id>")
@staff("insight.view")
def purchase(purchase_id: int) -> Response:
    """What is to be ordered in a form, or what was ordered, what has arrived, and the form that books the rest."""
    return _show(get_purchase(db.session(), purchase_id))


@blueprint.get("/insight/purchases/<int:purchase_id>.csv")
@staff("insight.view")
def purchase_file(purchase_id: int) -> Response:
    """The order as a file for the supplier."""
    found = get_purchase(db.session(), purchase_id)
    rows = [[line.sku, line.name, line.quantity] for line in found.lines]
    return csv_answer(f"{found.number}.csv", ["sku", "name", "quantity"], rows)


@blueprint.post("/insight/purchases/<int:purchase_id>/quantities")
@staff("insight.edit")
def change_quantities(purchase_id: int) -> Response:
    """Keep the quantities typed into a draft; with its second button it counts as sent, too."""
    found = get_purchase(db.session(), purchase_id)
    pieces, wrong = read_pieces(request.form, found.lines)
    if wrong:
        return _show(found, 422, _("Nothing is saved yet: enter whole pieces."), wrong)
    try:
        _keep(purchase_id, pieces)
    except (Conflict, InvalidInput) as error:
        return _show(get_purchase(db.session(), purchase_id), 409, tell(error))
    return see_other(url_for("admin.purchase", purchase_id=purchase_id))


@blueprint.post("/insight/purchases/<int:purchase_id>/receipts")
@staff("stock.edit")
def receive_purchase(purchase_id: int) -> Response:
    """Book what arrived into stock; a form sent twice books it once."""
    found = get_purchase(db.session(), purchase_id)
    arrived, wrong = read_pieces(request.form, found.lines)
    # What is left empty has not arrived.
    wrong = {line_id for line_id in wrong if request.form[f"line-{line_id}"].strip()}
    if wrong:
        return _show(found, 422, _("Nothing is booked yet: enter whole pieces."), wrong)
    if "all" in request.form:
        arrived = {line.id: line.open for line in found.lines}
    try:
        service.receive(purchase_id, request.form.get("key", "")[:64] or secrets.token_urlsafe(24), arrived, actor())
    except (Conflict, InvalidInput) as error:
        return _show(get_purchase(db.session(), purchase_id), 409, tell(error))
    pieces = sum(arrived.values())
    flash(ngettext("%(num)s piece is booked into stock.", "%(num)s pieces are booked into stock.", pieces), "good")
    return see_other(url_for("admin.purchase", purchase_id=purchase_id))


@blueprint.post("/insight/purchases/<int:purchase_id>/closing")
@staff("insight.edit")
def close_purchase(purchase_id: int) -> Response:
    """What has not arrived will not come; a draft is discarded."""
    service.close_purchase(purchase_id)
    flash(_("Nothing more is awaited of this order."), "good")
    return see_other(url_for("admin.purchase", purchase_id=purchase_id))


def _keep(purchase_id: int, pieces: dict[int, int]) -> None:
    if "send" in request.form:
        service.send_purchase(purchase_id, pieces, settings().time_zone)
        flash(_("The order counts as sent, and its goods are awaited."), "good")
    else:
        service.change_quantities(purchase_id, pieces)
        flash(_("The quantities are saved."), "good")


def _show(found: PurchaseOrder, status: int = 200, problem: str = "", wrong: set[int] | None = None) -> Response:
    return insight_page(
        "admin/insight/purchase.html",
        fragment="purchase",
        is_part=wants_fragment(),
        status=status,
        purchase=found,
        problem=problem,
        wrong=wrong or set(),
        typed=request.form if status != 200 else {},
        key=request.form.get("key") if wrong else secrets.token_urlsafe(24),
        words=words,
    )
