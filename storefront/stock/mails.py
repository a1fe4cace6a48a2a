"""The mail that says a variant is back, in the language it was asked for in."""

from urllib.parse import quote

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from storefront.catalog.models import Variant
from storefront.catalog.queries import get_variant
from storefront.config import Settings
from storefront.core.db import db
from storefront.core.mail import Mail, MailRefused, send
from storefront.stock import waiting
from storefront.stock.models import StockRequest
from storefront.stock.queries import map_available
from storefront.stock.service import display_name


def send_back(request_id: int, settings: Settings) -> None:
    """Write once to somebody whose turn it is; raises MailNotSent. Who was stopped, or comes too late, gets nothing."""
    session = db.session()
    request = session.get(StockRequest, request_id)
    if request is None or request.told_at is None or request.sent_at is not None:
        return
    variant = get_variant(session, request.variant_id)
    is_there = variant.can_be_bought and map_available(session, [variant.id])[variant.id] > 0
    mail = back_in_stock(request, variant, settings)
    session.rollback()
    if not is_there:
        waiting.put_back(request_id)
        return
    try:
        send(mail, settings)
    except MailRefused:
        # Anybody can type an address that does not exist; no person at the desk could do anything about it.
        waiting.drop(request_id)
    else:
        waiting.note_sent(request_id)


def back_in_stock(request: StockRequest, variant: Variant, settings: Settings) -> Mail:
    """The mail with the way to the product, and the way to hear no more."""
    name, slug = display_name(variant), variant.product.slug
    with force_locale(request.locale):
        context = {
            "name": name,
            "url": f"{settings.base_url}/p/{quote(slug)}?v={quote(variant.sku, safe='')}",
            "stop_url": f"{settings.base_url}/stock-requests/{request.token}",
        }
        return Mail(
            key=f"back-in-stock-{request.id}-{request.created_at:%Y%m%d%H%M%S%f}",
            to=request.email,
            subject=_("Back in stock: %(name)s", name=name),
            text=render_template("email/back_in_stock.txt", **context),
            html=render_template("email/back_in_stock.html", **context),
            locale=request.locale,
        )
