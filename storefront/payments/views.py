"""The door for the provider's messages, and the page for payers whom the shield has stopped."""

from flask import Blueprint, current_app, flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.core.db import db
from storefront.core.errors import NotFound
from storefront.core.web import page, public, see_other, signed
from storefront.orders.models import Order, OrderStatus
from storefront.orders.queries import get_order
from storefront.payments import service
from storefront.payments.door import Payer, embedding_policy, mail_proof, seconds_to_wait, to_provider, visitor
from storefront.payments.forms import ProofForm
from storefront.payments.gateway import InvalidSignature
from storefront.payments.gateways import get_gateway
from storefront.payments.queries import find_live_payment
from storefront.payments.shield import Verdict, get_shield

blueprint = Blueprint("payments", __name__)
MAX_BODY_BYTES = 512 * 1024


@blueprint.post("/webhooks/<provider>")
@signed
def receive(provider: str) -> Response:
    """Verify, store once, stage, answer; everything else is the job's."""
    gateway = get_gateway()
    if provider != gateway.name:
        raise NotFound()
    request.max_content_length = MAX_BODY_BYTES
    body = request.get_data(cache=False)
    try:
        event = gateway.read_event(body, request.headers.get("Stripe-Signature", ""))
    except InvalidSignature as error:
        current_app.logger.warning("refused a message for %s: %s", provider, error.facts["reason"])
        return Response("invalid signature\n", 400, mimetype="text/plain")
    service.receive_event(event, provider, body.decode())
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/orders/<token>/payment")
@public
def pay(token: str) -> Response:
    """The provider's own fields on a page of ours; whoever has nothing to pay here goes to the order."""
    session, gateway = db.session(), get_gateway()
    order = get_order(session, token)
    payment = find_live_payment(session, order.id)
    if order.status is not OrderStatus.PENDING or payment is None or payment.client_secret is None:
        return see_other(url_for("orders.show", token=token))
    response = page("payments/pay.html", order=order, payment=payment, script=gateway.script)
    response.headers["Content-Security-Policy"] = embedding_policy(gateway.script)
    return response


@blueprint.get("/orders/<token>/check")
@public
def check(token: str) -> Response:
    """What has to be done before this order can be paid: wait, show that the e-mail address is theirs, or neither."""
    return _show(get_order(db.session(), token), ProofForm(formdata=None))


@blueprint.post("/orders/<token>/check")
@public
def prove(token: str) -> Response:
    """Take the code that was mailed, and go on to pay."""
    order, form = get_order(db.session(), token), ProofForm()
    if not form.validate():
        return _show(order, form, 422)
    payer = Payer(order.id, order.token, order.email)
    if not get_shield().answer_challenge(visitor(order.email), form.code.data or ""):
        form.code.errors = [_("This is not the code of our newest mail to you, or it is too old.")]
        return _show(order, form, 422)
    return to_provider(payer)


@blueprint.post("/orders/<token>/check/mails")
@public
def send_proof(token: str) -> Response:
    """Mail another code."""
    order = get_order(db.session(), token)
    payer = Payer(order.id, order.token, order.email)
    who = visitor(order.email)
    db.session.rollback()
    if mail_proof(payer, who):
        flash(_("We have sent you a new code."), "good")
    else:
        flash(_("We have sent you several codes already. Wait ten minutes before you ask for another."), "warn")
    return see_other(url_for("payments.check", token=token))


def _show(order: Order, form: ProofForm, status: int = 200) -> Response:
    found = get_shield().assess(visitor(order.email))
    wait = seconds_to_wait(found) if found.verdict is Verdict.SLOW else 0
    if found.verdict is Verdict.REFUSE:
        status = 429
    return page("payments/check.html", status=status, order=order, form=form, verdict=found.verdict.name, wait=wait)
