"""What customers want to send back: seen, accepted or refused; what has come is noted with the order."""

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import actor, blueprint
from storefront.admin.forms.returns import AnswerForm
from storefront.core.db import db
from storefront.core.errors import Conflict
from storefront.core.web import page, see_other, staff, tell
from storefront.orders import return_requests as service
from storefront.orders.models import RequestStatus
from storefront.orders.queries import get_order_by_number
from storefront.orders.return_words import REASONS


@blueprint.get("/returns")
@staff("orders.view")
def return_requests() -> Response:
    """Those in one state, by the address."""
    session, status = db.session(), _status()
    return page(
        "admin/returns/index.html",
        found=service.list_requests(session, status, request.args.get("page", 1, type=int)),
        counts=service.count_requests(session),
        chosen=status,
        reasons=REASONS,
        form=AnswerForm(formdata=None),
    )


@blueprint.post("/orders/<number>/return-requests/<int:request_id>/answers")
@staff("orders.edit")
def answer_return(number: str, request_id: int) -> Response:
    """Accept or refuse; the customer is told by mail, with what was typed."""
    order_id = get_order_by_number(db.session(), number).id
    service.get_request(db.session(), order_id, request_id)
    form, is_accepted = AnswerForm(), request.form.get("verdict") == "accept"
    if not form.validate() or not (is_accepted or form.answer.data):
        return _back(_("Say why, so that the customer understands it: at most 500 characters."), "danger")
    step = service.accept if is_accepted else service.refuse
    try:
        step(order_id, request_id, form.answer.data or "", actor())
    except Conflict as error:
        return _back(tell(error), "warn")
    return _back(_("Accepted. The customer gets a mail.") if is_accepted else _("Refused. The customer gets a mail."))


def _status() -> RequestStatus:
    """What stands in the address; those that wait for an answer when it is nothing known."""
    wanted = request.args.get("status", "")
    return RequestStatus(wanted) if wanted in set(RequestStatus) else RequestStatus.REQUESTED


def _back(text: str, tone: str = "good") -> Response:
    flash(text, tone)
    return see_other(url_for("admin.return_requests"))
