"""The API by which the shop opens, follows and closes payments. A bearer key opens it."""

import hmac
import json
import secrets
import sqlite3
import time
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from storefront.payments.demo_provider import faults
from storefront.payments.demo_provider.endpoints import ENDPOINTS, ROUTES, Endpoint
from storefront.payments.demo_provider.errors import ApiError, ConnectionLost, Declined
from storefront.payments.demo_provider.expansion import expand
from storefront.payments.demo_provider.faults import Fault
from storefront.payments.demo_provider.idempotency import Answer, fingerprint, run_once
from storefront.payments.demo_provider.office import Office
from storefront.payments.demo_provider.params import check, decode
from storefront.payments.demo_provider.schemas import schema


class Api:
    """Answers /v1: key, idempotency, parameters, action, in this order."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def respond(self, request: Request) -> Response:
        """The JSON answer to one call, errors included; raises ConnectionLost when the shop shall not get any."""
        is_replayed, request_id = False, f"req_demo_{secrets.token_hex(7)}"
        try:
            self._authorise(request)
            (status, body), is_replayed = self._answer(request, request_id)
        except ApiError as error:
            status, body = error.status, error.body()
        response = Response(json.dumps(body), status, content_type="application/json")
        response.headers["Request-Id"] = request_id
        response.headers["Cache-Control"] = "no-store"
        if is_replayed:
            response.headers["Idempotent-Replayed"] = "true"
        if status >= 500 and _key(request):
            # The key has this answer for a day, so asking again at once is in vain.
            response.headers["Stripe-Should-Retry"] = "false"
        return response

    def _authorise(self, request: Request) -> None:
        wanted = self._office.setting.api_key
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(key.strip().encode(), wanted.encode()):
            raise ApiError(401, "Invalid API Key provided.")

    def _answer(self, request: Request, request_id: str) -> tuple[Answer, bool]:
        endpoint, ids = _match(request)
        store, now, key = self._office.store, self._office.now(), _key(request)
        fault, slow_seconds = faults.strike(store, endpoint.name)
        if fault is Fault.REFUSED:
            raise ConnectionLost("The connection was refused.")
        if fault is Fault.RATE_LIMITED:
            raise ApiError(429, "Request rate limit exceeded.", code="rate_limit")
        pause = slow_seconds if fault is Fault.SLOW else 0
        pairs = _pairs(request)

        def run(db: sqlite3.Connection) -> Answer:
            return self._run(db, endpoint, ids, pairs, fault, (request_id, key))

        if key:
            print_ = fingerprint(request.method, request.path, repr(sorted(pairs)).encode())
            answer = run_once(store, key, print_, now, run, pause)
        else:
            time.sleep(pause)
            with store.write() as db:
                answer = run(db), False
        if fault is Fault.TIMED_OUT:
            raise ConnectionLost("The answer did not arrive in time.")
        return answer

    def _run(
        self,
        db: sqlite3.Connection,
        endpoint: Endpoint,
        ids: tuple[str, ...],
        pairs: list[tuple[str, str]],
        fault: Fault | None,
        cause: tuple[str, str | None],
    ) -> Answer:
        """Do what is asked, in the transaction of `db`."""
        broken = ApiError(500, "An unknown error occurred.", kind="api_error")
        params = check(decode(pairs), schema(endpoint.schema))
        if fault is Fault.FAILED:
            raise broken
        wanted = params.pop("expand", [])
        desk = self._office.desk(db, *cause)
        try:
            body = endpoint.action(desk, *ids, params)
            expand(desk, body, wanted)
        except Declined as error:
            return error.status, error.body()
        return (broken.status, broken.body()) if fault is Fault.FAILED_LATE else (200, body)


def _key(request: Request) -> str | None:
    """The key under which a call is made once; looking needs none."""
    return request.headers.get("Idempotency-Key") or None if request.method == "POST" else None


def _pairs(request: Request) -> list[tuple[str, str]]:
    raw = request.get_data() if request.method == "POST" else request.query_string
    return parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)


def _match(request: Request) -> tuple[Endpoint, tuple[Any, ...]]:
    try:
        name, arguments = ROUTES.bind("api").match(request.path, method=request.method)
    except HTTPException:
        text = f"Unrecognized request URL ({request.method}: {request.path})."
        raise ApiError(404, text) from None
    return ENDPOINTS[name], tuple(arguments.values())
