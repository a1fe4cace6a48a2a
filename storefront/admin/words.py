"""Events, actors and states in words, for people who read a history."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from storefront.orders.models import OrderEvent, OrderStatus

EVENTS = {
    "placed": _l("Order placed"),
    "paid": _l("Paid"),
    "fulfilled": _l("Sent to the customer"),
    "cancelled": _l("Cancelled"),
    "expired": _l("Expired: it was not paid in time"),
    "confirmation_sent": _l("Confirmation mailed"),
    "address_changed": _l("Address changed"),
    "returned": _l("Goods came back"),
    "note": _l("Note"),
    "payment_started": _l("Went to pay"),
    "payment_requires_action": _l("The bank asks for a confirmation"),
    "payment_processing": _l("Payment is being processed"),
    "payment_failed": _l("Payment failed"),
    "payment_canceled": _l("Payment was given up"),
    "paid_too_late": _l("Money arrived for an order that was over: give it back"),
    "payment_mismatch": _l("The provider's report does not match this order"),
    "imported": _l("Imported"),
}
STATUSES = {
    OrderStatus.PENDING: _l("Unpaid"),
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
    "succeeded": _l("Paid"),
    "failed": _l("Failed"),
    "canceled": _l("Given up"),
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


def actor_words(actor: str, names: Mapping[str, str]) -> str:
    """Who did it; `names` has the users'."""
    kind, _separator, rest = actor.partition(":")
    if kind == "user":
        return names.get(actor) or str(_("Somebody who is gone"))
    if kind == "provider":
        return str(_("Payment provider (%(name)s)", name=rest))
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


def _returned(facts: Mapping[str, Any]) -> list[str]:
    fate = _("Back on the shelf and on sale") if facts.get("is_restocked") else _("Not sold again")
    return [*map(str, facts.get("lines", [])), fate]


DETAILS: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "address_changed": _address_before,
    "note": _text,
    "returned": _returned,
    "cancelled": lambda facts: [str(_("Its goods were written off"))] if facts.get("is_written_off") else [],
    "payment_failed": _decline,
    "payment_mismatch": _text,
    "confirmation_sent": lambda facts: [str(facts["to"])] if facts.get("to") else [],
}
