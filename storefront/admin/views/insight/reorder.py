"""What to order again: the most urgent first, with the terms it is bought on to be entered right there."""

import secrets
from dataclasses import replace
from typing import Any

from flask import flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.insight import reordering
from storefront.admin.insight.frame import insight_page
from storefront.admin.insight.reordering import read_wanted
from storefront.core.db import db
from storefront.core.paging import Page
from storefront.core.text import read_id
from storefront.core.web import see_other, settings, staff
from storefront.core.web.downloads import csv_answer
from storefront.insight import words
from storefront.insight.days import Books
from storefront.insight.forecast.queries import find_run
from storefront.insight.forecast.service import request_forecast
from storefront.insight.reorder import service
from storefront.insight.reorder.queries import PAGE_SIZE, SERVICES, Row, Show, Wanted, list_advice, list_suppliers


@blueprint.get("/insight/reorder")
@staff("insight.view")
def reorder() -> Response:
    """The list that the address asks for; without a wish, and nothing to order, what is missing."""
    wanted = read_wanted(request.args)
    rows = _rows(wanted)
    if not rows and "show" not in request.args:
        wanted = replace(wanted, show=Show.MISSING)
        rows = _rows(wanted)
    return _show(wanted, rows)


@blueprint.get("/insight/reorder.csv")
@staff("insight.view")
def reorder_file() -> Response:
    """The same list as a file."""
    return csv_answer("reorder.csv", reordering.FILE_HEADER, reordering.file_rows(_rows(read_wanted(request.args))))


@blueprint.post("/insight/reorder/terms")
@staff("insight.edit")
def save_terms() -> Response:
    """Save what was typed into the rows of a page."""
    wanted = read_wanted(request.args)
    ids = [found for text in request.form.getlist("variant") if (found := read_id(text)) is not None]
    terms, wrong = reordering.read_rows(request.form, ids)
    if wrong:
        rows = [row for row in _rows(replace(wanted, show=Show.ALL)) if row.variant_id in terms]
        return _show(wanted, rows, status=422, wrong=wrong)
    service.set_terms(terms)
    flash(
        ngettext("The terms of %(num)s variant are saved.", "The terms of %(num)s variants are saved.", len(terms)),
        "good",
    )
    return see_other(
        url_for("admin.reorder", **reordering.arguments_of(wanted, page=request.args.get("page", 1, type=int)))
    )


@blueprint.post("/insight/reorder/all")
@staff("insight.edit")
def save_all_terms() -> Response:
    """Set terms alike for everything that the filter shows, on all its pages."""
    wanted = read_wanted(request.args)
    changes, wrong = reordering.read_changes(request.form)
    rows = _rows(wanted)
    if wrong or not changes:
        return _show(wanted, rows, status=422, wrong=wrong or {"nothing"})
    service.change_terms([row.variant_id for row in rows], changes)
    flash(
        ngettext("The terms of %(num)s variant are saved.", "The terms of %(num)s variants are saved.", len(rows)),
        "good",
    )
    return see_other(url_for("admin.reorder", **reordering.arguments_of(wanted)))


@blueprint.post("/insight/forecast")
@staff("insight.edit")
def make_forecast() -> Response:
    """Have the forecast made now and not at night."""
    request_forecast()
    flash(_("The forecast is being made. Look again in a few seconds."), "good")
    return see_other(url_for("admin.reorder"))


def _rows(wanted: Wanted) -> list[Row]:
    return list_advice(db.session(), wanted, Books.of(settings()).today())


def _show(wanted: Wanted, rows: list[Row], status: int = 200, wrong: set[str] | None = None) -> Response:
    number = max(request.args.get("page", 1, type=int), 1)
    start = (number - 1) * PAGE_SIZE
    found = Page(
        rows[start : start + PAGE_SIZE] or rows[:PAGE_SIZE], number if rows[start:] else 1, PAGE_SIZE, len(rows)
    )
    context: dict[str, Any] = {"found": found, "wanted": wanted, "wrong": wrong or set(), "words": words}
    return insight_page(
        "admin/insight/reorder.html",
        status=status,
        run=find_run(db.session()),
        suppliers=list_suppliers(db.session()),
        services=SERVICES,
        shown=reordering.show_tabs(wanted),
        say=reordering.say,
        today=Books.of(settings()).today(),
        key=secrets.token_urlsafe(24),
        kept=reordering.arguments_of(wanted),
        kept_page=reordering.arguments_of(wanted, page=found.number),
        url=lambda page: url_for("admin.reorder", **reordering.arguments_of(wanted, page=page)),
        **context,
    )
