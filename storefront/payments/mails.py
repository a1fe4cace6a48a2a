"""Mails about money: what went back to a customer, and disputes for those who look after orders."""

import hashlib

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from storefront.accounts.queries import list_users_with
from storefront.config import Settings
from storefront.core.db import db, transaction
from storefront.core.mail import Mail, send
from storefront.core.money import format_minor
from storefront.orders import service as orders
from storefront.orders.models import Order
from storefront.orders.queries import get_order_by_id
from storefront.payments.gateway import RefundStatus
from storefront.payments.models import Dispute, Payment, Refund
from storefront.payments.queries import get_payment, get_refund
from storefront.payments.service import LATE
from storefront.payments.words import reason_words, status_words
from storefront.promotions.models import CreditAccount

SENT = "refund_mailed"
REMINDED = "reminder_sent"


def send_refund(refund_id: int, settings: Settings) -> None:
    """Write to the customer that money is on its way back; once, because it is noted. Raises MailNotSent."""
    session = db.session()
    refund = get_refund(session, refund_id)
    order = get_order_by_id(session, refund.order_id)
    is_sent = any(event.kind == SENT and event.facts.get("refund_id") == refund_id for event in order.events)
    if not order.email or is_sent or refund.status is RefundStatus.FAILED:
        return
    order_id, mail = order.id, refunded(refund, order, settings)
    session.rollback()
    send(mail, settings)
    with transaction():
        orders.record(order_id, SENT, "shop", facts={"to": mail.to, "refund_id": refund_id})


def refunded(refund: Refund, order: Order, settings: Settings) -> Mail:
    """The mail with the amount, and why when it went back by itself."""
    target = db.session().get(CreditAccount, refund.credit_account_id) if refund.credit_account_id else None
    with force_locale(order.locale):
        context = {
            "order": order,
            "refund": refund,
            "credit_kind": target.kind if target else None,
            "is_late": refund.reason == LATE,
            "url": f"{settings.base_url}/orders/{order.token}",
        }
        amount = format_minor(refund.amount_minor, refund.currency, order.locale)
        return Mail(
            key=f"refund-{refund.id}-{order.number.lower()}",
            to=order.email,
            subject=_("Your refund of %(amount)s", amount=amount),
            text=render_template("email/refunded.txt", **context),
            html=render_template("email/refunded.html", **context),
            locale=order.locale,
        )


def send_proof(order_id: int, code: str, settings: Settings) -> None:
    """Mail the code that shows that the address is the payer's. Raises MailNotSent."""
    order = get_order_by_id(db.session(), order_id)
    mail = proof(order, code, settings)
    db.session.rollback()
    send(mail, settings)


def proof(order: Order, code: str, settings: Settings) -> Mail:
    """The mail with the code."""
    with force_locale(order.locale):
        context = {"order": order, "code": code, "url": f"{settings.base_url}/orders/{order.token}/check"}
        return Mail(
            key=f"proof-{order.number.lower()}-{hashlib.sha256(code.encode()).hexdigest()[:12]}",
            to=order.email,
            subject=_("Your code is %(code)s", code=code),
            text=render_template("email/proof.txt", **context),
            html=render_template("email/proof.html", **context),
            locale=order.locale,
        )


def send_reminder(payment_id: int, number: int, settings: Settings) -> None:
    """Remind of an invoice that is overdue, once per `number`; what was paid meanwhile is not. Raises MailNotSent."""
    session = db.session()
    payment = get_payment(session, payment_id)
    order = get_order_by_id(session, payment.order_id)
    sent = [event for event in order.events if event.kind == REMINDED and event.facts.get("number") == number]
    if sent or payment.live_order_id is None or not order.email:
        return
    order_id, mail = order.id, reminder(payment, order, number, settings)
    session.rollback()
    send(mail, settings)
    with transaction():
        orders.record(order_id, REMINDED, "shop", facts={"to": mail.to, "number": number})


def reminder(payment: Payment, order: Order, number: int, settings: Settings) -> Mail:
    """The mail with what is owed, since when, and how to pay it."""
    with force_locale(order.locale):
        url = f"{settings.base_url}/orders/{order.token}"
        context = {"order": order, "payment": payment, "bank_details": settings.bank_details, "url": url}
        return Mail(
            key=f"reminder-{payment.id}-{number}-{order.number.lower()}",
            to=order.email,
            subject=_("Reminder: order %(number)s is not paid yet", number=order.number),
            text=render_template("email/reminder.txt", **context),
            html=render_template("email/reminder.html", **context),
            locale=order.locale,
        )


def tell_dispute(order_id: int, dispute_ref: str, settings: Settings) -> None:
    """Write to everybody who may pay back that a dispute is new or has moved. Raises MailNotSent."""
    session = db.session()
    dispute = session.scalars(select(Dispute).where(Dispute.dispute_ref == dispute_ref)).first()
    if dispute is None:
        return
    order = get_order_by_id(session, order_id)
    written = [
        disputed(dispute, order, user.email, user.locale, settings)
        for user in list_users_with(session, "orders.refund")
    ]
    session.rollback()
    for mail in written:
        send(mail, settings)


def disputed(dispute: Dispute, order: Order, to: str, locale: str, settings: Settings) -> Mail:
    """The mail with the amount, the reason, and until when to answer."""
    with force_locale(locale):
        url = f"{settings.base_url}/admin/orders/{order.number}"
        told = {"reason": reason_words(dispute.reason), "status": status_words(dispute.status)}
        context = {"order": order, "dispute": dispute, "url": url, **told}
        return Mail(
            key=f"dispute-{dispute.dispute_ref.lower()}-{dispute.status}-{to.partition('@')[0].lower()}",
            to=to,
            subject=_("Dispute about order %(number)s", number=order.number),
            text=render_template("email/disputed.txt", **context),
            html=render_template("email/disputed.html", **context),
            locale=locale,
        )
