"""What every answer carries, and what every unsafe request must prove."""

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, request, session
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response

from storefront.config import Settings
from storefront.core.web.access import may_use

csrf = CSRFProtect()
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
UNVERSIONED_SECONDS = 300
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}


def init_headers(app: Flask, settings: Settings, form_origin: str) -> None:
    """Register the same-origin check and the headers; `form_origin` is where a form's answer may lead besides us."""
    app.config["CONTENT_SECURITY_POLICY"] = content_security_policy(form_origin)
    csrf.init_app(app)
    app.before_request(check_sender)
    app.after_request(add_headers)
    app.after_request(keep_token)


def content_security_policy(form_origin: str) -> str:
    """Everything from us, nothing inline, no frames; `data:` pictures are the browser's own form controls."""
    return (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {form_origin}"
    ).strip()


def check_sender() -> None:
    """Refuse an unsafe request that another site's page has sent (403) or that carries no token of ours (400).

    Webhooks prove themselves by signature; forms on pages that are the same for everybody carry no token.
    """
    _refuse_nul(request.path, *request.args.values())
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method in SAFE_METHODS or view is None or getattr(view, "is_signed", False):
        return
    _check_origin()
    _set_limit(view)
    if not getattr(view, "is_tokenless", False):
        csrf.protect()
    _refuse_nul(*(value for _name, value in request.form.items(multi=True)))


def keep_token(response: Response) -> Response:
    """A session that is written has its token from the start.

    Else two answers at once, to a page and to a part of the one before, would each make one, and the later cookie would
    end the form that the other has just brought.
    """
    if session.modified:
        session.setdefault(current_app.config["WTF_CSRF_FIELD_NAME"], secrets.token_hex(20))
    return response


def _refuse_nul(*texts: str) -> None:
    """Nobody types a NUL, PostgreSQL stores none, and what is cut off at one has been checked for something else."""
    if any("\0" in text for text in texts):
        abort(400)


def _set_limit(view: Callable[..., Any]) -> None:
    """Looking for the token reads the whole form, so it is settled before how much of it is read, and of whom."""
    limit = getattr(view, "max_bytes", None)
    if limit is not None and may_use(getattr(view, "access", "")):
        request.max_content_length = limit


def _check_origin() -> None:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def add_headers(response: Response) -> Response:
    """Security headers on everything; pages vary by what they are rendered for, and private ones are not stored."""
    for name, value in FIXED.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", current_app.config["CONTENT_SECURITY_POLICY"])
    if current_app.config["SETTINGS"].is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint == "static" and "v" not in request.args:
        # Without the hash of its content in the address a file may change under it.
        response.headers["Cache-Control"] = f"public, max-age={UNVERSIONED_SECONDS}"
    if response.mimetype == "text/html":
        response.vary.update(["HX-Request", "Accept-Language", "Cookie"])
        if not g.get("is_shared"):
            response.headers.setdefault("Cache-Control", "private, no-store")
    return response
