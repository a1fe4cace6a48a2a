"""Mails about goods that a customer wants to send back: we have your wish, please send it, no, and it is here."""

from flask import render_template
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from storefront.config import Settings
from storefront.core.db import db, transaction
from storefront.core.mail import Mail, send
from storefront.orders import service
from storefront.orders.models import Order, RequestStatus, ReturnRequest
from storefront.orders.queries import get_order_by_id

TOLD = "return_mailed"
# Subject, and what it says.
LETTERS = {
    RequestStatus.REQUESTED: (
        _l("Your return for order %(number)s"),
        _l("We have your wish to send these back, and answer within a few days. Please keep them until then."),
    ),
    RequestStatus.ACCEPTED: (
        _l("Please send it back: order %(number)s"),
        _l("You may send these back. Put the order's number into the parcel."),
    ),
    RequestStatus.REFUSED: (
        _l("About your return for order %(number)s"),
        _l("We cannot take these back."),
    ),
    RequestStatus.RECEIVED: (
        _l("Your return is here: order %(number)s"),
        _l("These have come back to us. We look at them and write again when your money is on its way."),
    ),
}


def send_return(request_id: int, status: str, settings: Settings) -> None:
    """Write to the customer where their wish stands; once for each state, as it is noted. Raises MailNotSent."""
    session, wanted = db.session(), RequestStatus(status)
    request = session.get(ReturnRequest, request_id)
    if request is None:
        return
    order = get_order_by_id(session, request.order_id)
    order_id, is_told = order.id, _is_told(order, request_id, status)
    mail = None if is_told or not order.email else letter(order, request, wanted, settings)
    session.rollback()
    if mail is None:
        return
    send(mail, settings)
    with transaction():
        service.record(order_id, TOLD, "shop", facts={"request": request_id, "status": status})


def letter(order: Order, request: ReturnRequest, status: RequestStatus, settings: Settings) -> Mail:
    """The mail with the goods in question, what staff answered, and the link to the order."""
    with force_locale(order.locale):
        subject, text = (str(words) for words in LETTERS[status])
        context = {
            "subject": subject % {"number": order.number},
            "text": text,
            "answer": request.answer if status in (RequestStatus.ACCEPTED, RequestStatus.REFUSED) else "",
            "request": request,
            "order": order,
            "url": f"{settings.base_url}/orders/{order.token}#returns",
        }
        return Mail(
            key=f"return-{request.id}-{status}",
            to=order.email,
            subject=str(context["subject"]),
            text=render_template("email/return.txt", **context),
            html=render_template("email/return.html", **context),
            locale=order.locale,
        )


def _is_told(order: Order, request_id: int, status: str) -> bool:
    told = {"request": request_id, "status": status}
    return any(event.kind == TOLD and told.items() <= event.facts.items() for event in order.events)
