"""Mails about an order, in the language it was placed in."""

from datetime import date, datetime
from typing import Any

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from storefront.config import Settings
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.mail import Mail, send
from storefront.orders import service
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import get_order_by_id, get_placed
from storefront.orders.words import order_totals
from storefront.promotions.queries import find_sale

CONFIRMED = "confirmation_sent"
REQUESTED = "request_sent"


def send_confirmation(order_id: int, settings: Settings) -> None:
    """Write to the customer that the order is paid; once, because it is noted with the order. Raises MailNotSent."""
    order = get_placed(db.session(), order_id)
    if not order.email or any(event.kind == CONFIRMED for event in order.events):
        return
    mail = confirmation(order, settings)
    db.session.rollback()
    send(mail, settings)
    with transaction():
        service.record(order_id, CONFIRMED, "shop", facts={"to": mail.to})


def send_request(order_id: int, settings: Settings) -> None:
    """Ask for the payment of an order that staff have made; once, and not when it is over. Raises MailNotSent."""
    order = get_order_by_id(db.session(), order_id)
    asking = [event.kind for event in order.events if event.kind in (REQUESTED, service.REOPENED)]
    is_asked = asking[-1:] == [REQUESTED]
    if order.status is not OrderStatus.PENDING or is_asked:
        return
    mail = payment_request(order, settings)
    db.session.rollback()
    send(mail, settings)
    with transaction():
        service.record(order_id, REQUESTED, "shop", facts={"to": mail.to})


def payment_request(order: Order, settings: Settings) -> Mail:
    """The mail with what was ordered for them, its sum, and the link to pay it by."""
    with force_locale(order.locale):
        url, totals = f"{settings.base_url}/orders/{order.token}", order_totals(order)
        context = {"order": order, "url": url, "totals": totals}
        return Mail(
            key=f"order-{order.number.lower()}-request{_turn(order)}",
            to=order.email,
            subject=_("Please pay your order %(number)s", number=order.number),
            text=render_template("email/payment_request.txt", **context),
            html=render_template("email/payment_request.html", **context),
            locale=order.locale,
        )


def _still_promised(order: Order, settings: Settings) -> date | None:
    """The day by which it is sent, unless it is over: the money may have come late."""
    is_ahead = order.ship_by is not None and order.ship_by >= clock.now().astimezone(settings.time_zone).date()
    return order.ship_by if is_ahead else None


def _turn(order: Order) -> str:
    """What tells a second request, after a bank let go of the money, from the first."""
    count = sum(event.kind == service.REOPENED for event in order.events)
    return f"-{count}" if count else ""


def _later(order: Order) -> dict[str, Any] | None:
    """How and until when an order is paid that was accepted without money."""
    if order.paid_at is not None:
        return None
    facts = next((event.facts for event in order.events if event.kind == "accepted"), None)
    if not facts:
        return None
    due_at = datetime.fromisoformat(facts["due_at"]) if "due_at" in facts else None
    return {"method": facts.get("method", "held"), "due_at": due_at}


def confirmation(order: Order, settings: Settings) -> Mail:
    """The mail with the order's lines, totals and link."""
    with force_locale(order.locale):
        context = {
            "order": order,
            "url": f"{settings.base_url}/orders/{order.token}",
            "totals": order_totals(order),
            "later": _later(order),
            "sale": find_sale(db.session(), order.id) if order.is_mailed else None,
            "bank_details": settings.bank_details,
            "ship_by": _still_promised(order, settings),
        }
        return Mail(
            key=f"order-{order.number.lower()}-confirmed",
            to=order.email,
            subject=_("Your order %(number)s", number=order.number),
            text=render_template("email/order_confirmed.txt", **context),
            html=render_template("email/order_confirmed.html", **context),
            locale=order.locale,
        )
