"""Where what a request does comes from, and which requests are watched: all that change something at the desk."""

import hashlib
from typing import Any

from flask import Flask, current_app, request
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.core import audit
from storefront.core.web.access import CUSTOMER, PUBLIC, access_of
from storefront.core.web.visit import session_key

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def init_audit(app: Flask) -> None:
    """Say for each request where it comes from. Call it before the guard of access is set up."""
    app.before_request(lambda: audit.arrive(tell_source))
    app.teardown_request(lambda _error: audit.leave())


def init_watch(app: Flask) -> None:
    """Watch what the guard of access has let through to change something at the desk."""
    app.before_request(_watch)
    app.after_request(_tell_rest)


def is_watched(app: Flask, endpoint: str | None, method: str) -> bool:
    """Whether such a request changes something at the desk."""
    access = access_of(app, endpoint or "")
    return method not in SAFE and access is not None and access not in (PUBLIC, CUSTOMER)


def tell_source() -> audit.Source:
    """Who it is, from where, and what they ask for."""
    actor = f"user:{current_user.id}" if current_user.is_authenticated else ""
    key = session_key()
    origin = hashlib.sha256(key.encode()).hexdigest()[:12] if key else ""
    action = (request.endpoint or "").removeprefix("admin.")
    return audit.Source(actor, request.remote_addr or "", origin, action, _subject(request.view_args or {}))


def _watch() -> None:
    if is_watched(current_app, request.endpoint, request.method):
        audit.watch()


def _tell_rest(response: Response) -> Response:
    """What was done and changed no table (stock published to Redis, a form saved as it was) leaves a row too."""
    if response.status_code < 400 and audit.is_untold():
        known = tell_source()
        audit.note_alone(known.action, known.subject, tables="unchanged")
    return response


def _subject(arguments: dict[str, Any]) -> str:
    """What the address names: "number AB12-CD34", "coupon 7"."""
    return ", ".join(f"{name.removesuffix('_id')} {value}" for name, value in arguments.items())
