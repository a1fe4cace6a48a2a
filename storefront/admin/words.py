"""Events, actors and states in words, for people who read a history."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from storefront.core.web.filters import date_time, money
from storefront.orders.models import OrderEvent, OrderStatus
from storefront.payments.gateway import PaymentStatus
from storefront.payments.models import CREDIT, Payment
from storefront.payments.offline import METHODS
from storefront.payments.words import gateway_words, reason_words, status_words

__all__ = ["gateway_words", "reason_words", "status_words"]

EVENTS = {
    "placed": _l("Order placed"),
    "accepted": _l("Accepted: paid later"),
    "reopened": _l("Waits for another payment: the bank let go of the first one"),
    "capture_requested": _l("The held money was asked for"),
    "held_too_late": _l("Money was held for an order that was over, and is given up"),
    "payment_authorised": _l("The bank holds the money"),
    "reminder_sent": _l("Reminder mailed"),
    "paid": _l("Paid"),
    "fulfilled": _l("Sent to the customer"),
    "cancelled": _l("Cancelled"),
    "expired": _l("Expired: it was not paid in time"),
    "confirmation_sent": _l("Confirmation mailed"),
    "request_sent": _l("Link to the payment mailed"),
    "address_changed": _l("Address changed"),
    "returned": _l("Goods came back"),
    "return_requested": _l("The customer wants to send goods back"),
    "return_accepted": _l("The return was accepted"),
    "return_refused": _l("The return was refused"),
    "return_withdrawn": _l("The customer keeps the goods after all"),
    "return_received": _l("The goods of the return are here"),
    "return_mailed": _l("Mailed about the return"),
    "note": _l("Note"),
    "payment_started": _l("Went to pay"),
    "payment_requires_action": _l("The bank asks for a confirmation"),
    "payment_processing": _l("Payment is being processed"),
    "payment_failed": _l("Payment failed"),
    "payment_canceled": _l("Payment was given up"),
    "paid_after_all": _l("Paid late: the order is whole again"),
    "paid_too_late": _l("Money arrived for an order that was over, and goes back"),
    "refund_requested": _l("Refund asked for"),
    "refund_processing": _l("Refund on its way"),
    "refund_succeeded": _l("Paid back"),
    "refund_failed": _l("Refund failed"),
    "refund_mailed": _l("Refund mailed"),
    "dispute_opened": _l("The payer's bank disputes the payment"),
    "dispute_changed": _l("The dispute has moved on"),
    "dispute_won": _l("Dispute won"),
    "dispute_lost": _l("Dispute lost"),
    "dispute_closed": _l("Dispute closed"),
    "payment_mismatch": _l("The provider's report does not match this order"),
    "coupon_used_up": _l("Its coupon was used up meanwhile: the order keeps its price"),
    "credit_taken_again": _l("Gift card or credit taken again"),
    "card_taken_back": _l("Its gift card is blocked: the price was paid back on the provider's site"),
    "card_blocked": _l("Its gift card is blocked until the dispute is decided"),
    "imported": _l("Imported"),
}
STATUSES = {
    OrderStatus.PENDING: _l("Unpaid"),
    OrderStatus.ACCEPTED: _l("To send, paid later"),
    OrderStatus.PAID: _l("To send"),
    OrderStatus.PARTLY_FULFILLED: _l("Partly sent"),
    OrderStatus.FULFILLED: _l("Sent"),
    OrderStatus.CANCELLED: _l("Cancelled"),
    OrderStatus.EXPIRED: _l("Expired"),
}
PAYMENTS = {
    "created": _l("Started"),
    "requires_action": _l("Waits for the bank"),
    "processing": _l("Being processed"),
    "authorised": _l("Held"),
    "succeeded": _l("Paid"),
    "failed": _l("Failed"),
    "canceled": _l("Given up"),
}
REFUNDS = {
    "requested": _l("Asked for"),
    "processing": _l("On its way"),
    "succeeded": _l("Paid back"),
    "failed": _l("Failed"),
}
DIFFERENCES = {
    "captured": _l("Money taken"),
    "refunded": _l("Money paid back"),
    "unknown_payment": _l("A payment nobody here knows"),
    "kept_of_ended_order": _l("Money kept of an order that is over"),
    "paid_but_pending": _l("Paid, but the order waits"),
    "order_total": _l("The order's total"),
    "stock": _l("Pieces taken from stock"),
    "credit": _l("A balance of credit and its ledger"),
    "card": _l("A gift card that was bought"),
}
STOCK = {
    "receipt": _l("Received"),
    "sale": _l("Sold"),
    "release": _l("Given back by an order"),
    "return": _l("Came back"),
    "adjustment": _l("Corrected"),
    "write_off": _l("Written off"),
}
ADDRESS = {
    "name": _l("Full name"),
    "email": _l("E-mail"),
    "phone": _l("Phone"),
    "line1": _l("Address"),
    "line2": _l("Flat, building, company"),
    "city": _l("Town or city"),
    "region": _l("County, state or province"),
    "postcode": _l("Postcode"),
    "country": _l("Country"),
}


def event_words(event: OrderEvent) -> str:
    """What happened; a kind this desk does not know is shown as it is called."""
    return str(EVENTS.get(event.kind) or event.kind.replace("_", " ").capitalize())


def event_details(event: OrderEvent) -> list[str]:
    """What else is worth knowing of it, in lines."""
    describe = DETAILS.get(event.kind)
    found = describe(event.facts) if describe else []
    return found + ([str(event.facts["reason"])] if event.facts.get("reason") else [])


def payment_state(payment: Payment) -> str:
    """How an attempt to pay stands; what is paid later is awaited, and nobody is at it."""
    if payment.gateway == CREDIT and payment.status is PaymentStatus.CREATED:
        return str(_("Reserved"))
    if payment.gateway in METHODS and payment.status is PaymentStatus.CREATED:
        return str(_("Awaited"))
    return str(PAYMENTS[payment.status])


def actor_words(actor: str, names: Mapping[str, str]) -> str:
    """Who did it; `names` has the users'."""
    kind, _separator, rest = actor.partition(":")
    if kind == "user":
        return names.get(actor) or str(_("Somebody who is gone"))
    if kind == "provider":
        return str(_("Payment provider (%(name)s)", name=gateway_words(rest)))
    return str({"shopper": _("Customer"), "shop": _("The shop")}.get(actor, actor))


def _address_before(facts: Mapping[str, Any]) -> list[str]:
    before = facts.get("before", {})
    return [
        _("%(field)s was “%(value)s”", field=ADDRESS.get(name, name), value=value)
        for name, value in before.items()
        if value
    ]


def _decline(facts: Mapping[str, Any]) -> list[str]:
    code = facts.get("decline_code")
    return [_("The bank's reason: %(code)s", code=str(code).replace("_", " "))] if code else []


def _text(facts: Mapping[str, Any]) -> list[str]:
    return [str(facts["text"])] if facts.get("text") else []


def _amount(facts: Mapping[str, Any]) -> list[str]:
    found = [money(facts["amount_minor"], facts["currency"])] if "amount_minor" in facts else []
    found += [reason_words(facts["cause"])] if facts.get("cause") else []
    return found + ([str(facts["failure_reason"]).replace("_", " ")] if facts.get("failure_reason") else [])


def _returned(facts: Mapping[str, Any]) -> list[str]:
    fate = _("Back on the shelf and on sale") if facts.get("is_restocked") else _("Not sold again")
    return [*map(str, facts.get("lines", [])), fate]


def _kept(facts: Mapping[str, Any]) -> list[str]:
    if not facts.get("kept_until"):
        return []
    return [
        _("Its goods were kept at checkout until %(time)s", time=date_time(datetime.fromisoformat(facts["kept_until"])))
    ]


DETAILS: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "address_changed": _address_before,
    "note": _text,
    "returned": _returned,
    "cancelled": lambda facts: [str(_("Its goods were written off"))] if facts.get("is_written_off") else [],
    "payment_failed": _decline,
    "payment_mismatch": _text,
    "placed": _kept,
    "accepted": lambda facts: [gateway_words(str(facts["method"]))] if facts.get("method") else [],
    "paid": lambda facts: [str(facts["reference"])] if facts.get("reference") else [],
    "reminder_sent": lambda facts: [str(facts["to"])] if facts.get("to") else [],
    "card_taken_back": lambda facts: [
        str(_("%(amount)s of it had been spent", amount=money(facts["amount_minor"], facts["currency"])))
    ],
    "fulfilled": lambda facts: (
        [str(_("Gift card ending in %(last)s", last=facts["last_four"]))] if facts.get("last_four") else []
    ),
    "refund_requested": lambda facts: _amount(facts) + ([str(_("As credit"))] if facts.get("is_credit") else []),
    "refund_processing": _amount,
    "refund_succeeded": _amount,
    "refund_failed": _amount,
    "refund_mailed": lambda facts: [str(facts["to"])] if facts.get("to") else [],
    "dispute_opened": _amount,
    "dispute_changed": _amount,
    "request_sent": lambda facts: [str(facts["to"])] if facts.get("to") else [],
    "confirmation_sent": lambda facts: [str(facts["to"])] if facts.get("to") else [],
}
