"""The one table from families of errors to HTTP, and error pages that need no database."""

import logging
from typing import Any

from flask import Flask, current_app, g, make_response, render_template, request
from flask_babel import gettext
from jinja2_fragments.flask import render_block
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from storefront.core.db import db
from storefront.core.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PaymentDeclined,
    ShopError,
    Unavailable,
)
from storefront.core.web.pages import wants_fragment

STATUS: dict[type[ShopError], int] = {
    NotFound: 404,
    Forbidden: 403,
    Conflict: 409,
    InvalidInput: 422,
    PaymentDeclined: 402,
    Unavailable: 503,
}
TEMPLATE = "errors/error.html"
# Not let in, forged or without our token, too large, too often: written down, unlike what people mistype.
NOTED = frozenset({400, 403, 413, 429})
log = logging.getLogger("storefront.security")


def init_errors(app: Flask) -> None:
    """Answer every error with the shop's own page."""
    app.register_error_handler(ShopError, answer_shop_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(500, answer_crash)
    app.log_exception = log_crash  # type: ignore[method-assign]
    app.after_request(note_refusal)


def status_of(error: ShopError) -> int:
    """The HTTP status of the error's family."""
    return next((status for family, status in STATUS.items() if isinstance(error, family)), 500)


def tell(error: ShopError) -> str:
    """What the error says to a person, in their language, with its facts filled in."""
    text = str(gettext(error.message))
    return text % error.facts if error.facts else text


def answer_shop_error(error: ShopError) -> Response:
    """A page (or, for htmx, its message) with the status of the error's family."""
    return _page(status_of(error), tell(error))


def answer_http_error(error: HTTPException) -> Response:
    """Flask's own errors (404, 405, 413, 429) in the shop's words; redirects pass through."""
    if error.code is None or error.code < 400:
        return error.get_response()
    response = _page(error.code, "")
    for name, value in error.get_headers():
        if name in {"Retry-After", "Allow"}:
            response.headers[name] = value
    return response


def log_crash(exc_info: Any) -> None:
    """Instead of Flask, which writes the path, and with it the token of whoever follows a mailed link."""
    current_app.logger.error("%s %s failed", request.method, request.endpoint, exc_info=exc_info)


def answer_crash(_error: Exception) -> Response:
    """What nobody foresaw: told without details."""
    db.session.remove()
    return _page(500, "")


def note_refusal(response: Response) -> Response:
    """Log who was refused what, from where: nothing of what they sent, and no path, which may hold a token."""
    if response.status_code in NOTED:
        # Whoever Flask-Login has found; asking it would look for somebody where nobody has to be known.
        user = getattr(g.get("_login_user"), "id", None)
        facts = {"status": response.status_code, "method": request.method, "endpoint": request.endpoint, "user": user}
        log.warning("refused", extra={**facts, "address": request.remote_addr})
    return response


def _page(status: int, message: str) -> Response:
    context = {"status": status, "message": message}
    if wants_fragment():
        return make_response(render_block(TEMPLATE, "message", **context), status)
    return make_response(render_template(TEMPLATE, **context), status)
