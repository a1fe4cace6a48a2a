"""The door for the provider's messages."""

from flask import Blueprint, current_app, request
from werkzeug.wrappers import Response

from storefront.core.errors import NotFound
from storefront.core.web import signed
from storefront.payments import service
from storefront.payments.gateway import InvalidSignature
from storefront.payments.gateways import get_gateway

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
