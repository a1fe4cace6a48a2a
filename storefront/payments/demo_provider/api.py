"""The API by which the shop opens, follows and closes payments. A bearer key opens it."""

import hmac
import json
import secrets
import sqlite3
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from storefront.payments.demo_provider import listing, sessions
from storefront.payments.demo_provider.errors import ApiError
from storefront.payments.demo_provider.idempotency import Answer, fingerprint, run_once
from storefront.payments.demo_provider.params import check, decode
from storefront.payments.demo_provider.schemas import schema
from storefront.payments.demo_provider.sessions import Desk
from storefront.payments.demo_provider.store import Store

# Endpoint name -> the type of its parameters, and what answers it.
ENDPOINTS: dict[str, tuple[str, Callable[..., dict[str, Any]]]] = {
    "create_session": ("SessionCreateParams", sessions.create),
    "list_sessions": ("SessionListParams", listing.list_sessions),
    "retrieve_session": ("SessionRetrieveParams", sessions.retrieve),
    "expire_session": ("SessionExpireParams", sessions.expire),
    "retrieve_intent": ("PaymentIntentRetrieveParams", listing.retrieve_intent),
    "list_events": ("EventListParams", listing.list_events),
    "retrieve_event": ("EventRetrieveParams", listing.retrieve_event),
}
ROUTES = Map(
    [
        Rule("/v1/checkout/sessions", endpoint="create_session", methods=["POST"]),
        Rule("/v1/checkout/sessions", endpoint="list_sessions", methods=["GET"]),
        Rule("/v1/checkout/sessions/<object_id>", endpoint="retrieve_session", methods=["GET"]),
        Rule("/v1/checkout/sessions/<object_id>/expire", endpoint="expire_session", methods=["POST"]),
        Rule("/v1/payment_intents/<object_id>", endpoint="retrieve_intent", methods=["GET"]),
        Rule("/v1/events", endpoint="list_events", methods=["GET"]),
        Rule("/v1/events/<object_id>", endpoint="retrieve_event", methods=["GET"]),
    ]
)


class Api:
    """Answers /v1: key, idempotency, parameters, action, in this order."""

    def __init__(self, store: Store, *, api_key: str, public_url: str, now: Callable[[], float]) -> None:
        self._store = store
        self._api_key = api_key
        self._public_url = public_url
        self._now = now

    def respond(self, request: Request) -> Response:
        """The JSON answer to one call, errors included."""
        is_replayed = False
        try:
            self._authorise(request)
            (status, body), is_replayed = self._answer(request)
        except ApiError as error:
            status, body = error.status, error.body()
        response = Response(json.dumps(body), status, content_type="application/json")
        response.headers["Request-Id"] = f"req_demo_{secrets.token_hex(7)}"
        response.headers["Cache-Control"] = "no-store"
        if is_replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    def _authorise(self, request: Request) -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(key.strip().encode(), self._api_key.encode()):
            raise ApiError(401, "Invalid API Key provided.")

    def _answer(self, request: Request) -> tuple[Answer, bool]:
        endpoint, arguments = _match(request)
        raw = request.get_data() if request.method == "POST" else request.query_string
        pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
        now = self._now()

        def run(db: sqlite3.Connection) -> Answer:
            type_name, action = ENDPOINTS[endpoint]
            params = check(decode(pairs), schema(type_name))
            desk = Desk(db, now, self._public_url)
            sessions.expire_due(desk)
            return 200, action(desk, *arguments, params)

        key = request.headers.get("Idempotency-Key", "")
        if request.method == "POST" and key:
            print_ = fingerprint(request.method, request.path, repr(sorted(pairs)).encode())
            return run_once(self._store, key, print_, now, run)
        with self._store.write() as db:
            return run(db), False


def _match(request: Request) -> tuple[str, tuple[str, ...]]:
    try:
        endpoint, arguments = ROUTES.bind("api").match(request.path, method=request.method)
    except HTTPException:
        text = f"Unrecognized request URL ({request.method}: {request.path})."
        raise ApiError(404, text) from None
    return endpoint, tuple(arguments.values())
