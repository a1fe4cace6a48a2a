"""The list of what to reorder: what its address asks for, advice in words, and terms typed into its rows."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from storefront.admin.forms.reorder import MAX_DAYS, MAX_PIECES
from storefront.core.text import read_id
from storefront.insight import words
from storefront.insight.reorder.advice import Advice
from storefront.insight.reorder.models import PurchaseLine
from storefront.insight.reorder.queries import SERVICES, USUAL_SERVICE, Row, Show, Wanted
from storefront.insight.reorder.service import TermsData
from storefront.stock.service import MAX_CHANGE

SHOWN = {
    Show.NOW: _l("Order today"),
    Show.SOON: _l("Within a week"),
    Show.MISSING: _l("Lead time missing"),
    Show.ALL: _l("Everything"),
}
# Field of TermsData, its name in the form, the least and the largest number.
TYPED = (("lead_days", "lead", 0, MAX_DAYS), ("pack_size", "pack", 1, MAX_PIECES), ("minimum", "least", 1, MAX_PIECES))
BY_WEEKDAY = 6


def read_wanted(arguments: Mapping[str, str]) -> Wanted:
    """What the address asks for; whatever makes no sense is taken as the usual."""
    show, supplier, service = (arguments.get(name, "") for name in ("show", "supplier", "service"))
    return Wanted(
        Show(show) if show in set(Show) else Show.NOW,
        read_id(supplier),
        arguments.get("q", "").strip()[:80],
        int(service) if service in {str(level) for level in SERVICES} else USUAL_SERVICE,
    )


def arguments_of(wanted: Wanted, **changes: Any) -> dict[str, Any]:
    """The arguments of an address with the same list, without what is usual."""
    values = {
        "show": wanted.show,
        "supplier": wanted.supplier_id,
        "q": wanted.text,
        "service": wanted.service,
        **changes,
    }
    usual = {"service": USUAL_SERVICE, "q": "", "supplier": None, "page": 1}
    return {name: str(value) for name, value in values.items() if name not in usual or usual[name] != value}


def show_tabs(wanted: Wanted) -> list[tuple[Any, str, bool]]:
    """The parts of the list."""
    return [
        (label, url_for("admin.reorder", **arguments_of(wanted, show=show)), show is wanted.show)
        for show, label in SHOWN.items()
    ]


def say(advice: Advice, has_lead: bool, today: date) -> str:
    """What to do, in a few words: "Order 24 by Tuesday"."""
    if not has_lead:
        return str(_("Lead time missing"))
    if advice.order_by is None or not advice.quantity:
        return str(_("Nothing to order"))
    count, days = words.number(advice.quantity), (advice.order_by - today).days
    if days <= 0:
        return str(_("Order %(count)s today", count=count))
    day = words.weekday(advice.order_by) if days > BY_WEEKDAY else words.weekday_name(advice.order_by)
    return str(_("Order %(count)s by %(day)s", count=count, day=day))


def read_rows(form: Mapping[str, str], variant_ids: Iterable[int]) -> tuple[dict[int, TermsData], set[str]]:
    """The terms typed into the rows of these variants, and the names of fields that hold no fitting number."""
    terms, wrong = {}, set[str]()
    for variant_id in variant_ids:
        values: dict[str, int | None] = {"supplier_id": read_id(form.get(f"supplier-{variant_id}", "")) or None}
        for column, name, least, most in TYPED:
            field = f"{name}-{variant_id}"
            values[column], is_fine = read_number(form.get(field, ""), least, most)
            wrong |= set() if is_fine else {field}
        terms[variant_id] = TermsData(**values)
    return terms, wrong


def read_changes(form: Mapping[str, str]) -> tuple[dict[str, int | None], set[str]]:
    """What is to be set alike for many variants: only the fields that were filled in."""
    changes: dict[str, int | None] = {}
    wrong = set[str]()
    supplier_id = read_id(form.get("supplier", ""))
    if supplier_id is not None:
        changes["supplier_id"] = supplier_id or None
    for column, name, least, most in TYPED:
        value, is_fine = read_number(form.get(name, ""), least, most)
        wrong |= set() if is_fine else {name}
        if value is not None:
            changes[column] = value
    return changes, wrong


def read_number(text: str, least: int, most: int) -> tuple[int | None, bool]:
    """A whole number within its bounds, None for an empty text; and whether the text was either."""
    text = text.strip()
    if not text:
        return None, True
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and least <= int(text) <= most):
        return None, False
    return int(text), True


def read_pieces(form: Mapping[str, str], lines: Iterable[PurchaseLine]) -> tuple[dict[int, int], set[int]]:
    """The pieces typed beside the lines of a purchase order, by line id; and the lines with no whole number."""
    typed = {line.id: form[f"line-{line.id}"] for line in lines if f"line-{line.id}" in form}
    pieces = {line_id: read_number(text, 0, MAX_CHANGE)[0] for line_id, text in typed.items()}
    wrong = {line_id for line_id, count in pieces.items() if count is None}
    return {line_id: count for line_id, count in pieces.items() if count is not None}, wrong


def file_rows(rows: Iterable[Row]) -> list[list[Any]]:
    """The list as a file."""
    return [
        [
            row.sku,
            row.name,
            row.supplier,
            row.advice.quantity or None,
            row.advice.order_by,
            row.advice.stock_out,
            row.available,
            row.on_order,
            round(row.mean, 2),
            row.advice.reorder_point,
            row.advice.safety,
            row.terms.lead_days,
            row.terms.pack_size,
            row.terms.minimum,
        ]
        for row in rows
    ]


FILE_HEADER = (
    "sku",
    "name",
    "supplier",
    "order",
    "order_by",
    "stock_out",
    "available",
    "on_order",
    "mean_a_week",
    "reorder_point",
    "safety_stock",
    "lead_days",
    "pack_size",
    "minimum",
)
