"""The language switch, pictures, and what machines ask for."""

from flask import Blueprint, Response, abort, request, send_from_directory
from sqlalchemy import text

from storefront.core.db import db
from storefront.core.web import local_path, page, public, see_other, settings, tokenless
from storefront.core.web.language import cookie_name

blueprint = Blueprint("pages", __name__)
YEAR_SECONDS = 31_536_000
PICTURES = {"avif": "image/avif", "webp": "image/webp"}


@blueprint.post("/language")
@public
@tokenless
def choose_language() -> Response:
    """Remember the language in a cookie of its own, and go back to the page."""
    chosen = request.form.get("language", "")
    response = see_other(local_path(request.form.get("next"), "/"))
    if chosen in settings().languages:
        name, is_secure = cookie_name(settings()), settings().is_secure
        response.set_cookie(name, chosen, max_age=YEAR_SECONDS, secure=is_secure, httponly=True, samesite="Lax")
    return response


@blueprint.get("/media/<folder>/<name>")
@public
def picture(folder: str, name: str) -> Response:
    """A picture by the hash of its content: what is under this name never changes."""
    kind = PICTURES.get(name.rpartition(".")[2])
    if kind is None:
        abort(404)
    media = settings().data_dir / "media"
    response = send_from_directory(media, f"{folder}/{name}", mimetype=kind, max_age=YEAR_SECONDS)
    response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response


@blueprint.get("/terms")
@public
def terms() -> Response:
    """The terms of sale."""
    return page("pages/terms.html")


@blueprint.get("/health")
@public
def health() -> Response:
    """For load balancers: 200 as long as the database answers."""
    db.session().execute(text("SELECT 1"))
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    """What crawlers need not read."""
    private = ("/admin", "/account", "/cart", "/checkout", "/orders", "/search", "/demo-pay")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in private)]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")
