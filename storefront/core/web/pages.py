"""How a view answers: a page, a fragment of it, or a redirect."""

from typing import Any

from flask import Response, current_app, g, make_response, redirect, render_template, request
from jinja2_fragments.flask import render_block


def page(template: str, *, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """Render `template`, or only its block `fragment` for an htmx request that asks for a part.

    Boosted navigation and history restoration get the whole page, as does everyone without htmx.
    """
    if fragment is not None and wants_fragment():
        return make_response(render_block(template, fragment, **context), status)
    return make_response(render_template(template, **context), status)


def shared_page(template: str, *, fragment: str | None = None, max_age_seconds: int = 2, **context: Any) -> Response:
    """A page that is the same bytes for everybody who reads its language, so that anyone may cache it for a while."""
    g.is_shared = True
    response = page(template, fragment=fragment, **context)
    response.headers["Cache-Control"] = f"public, max-age={max_age_seconds}"
    return response


def see_other(location: str) -> Response:
    """The answer to a form: GET that page (303)."""
    return make_response(redirect(location, 303))


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
        and headers.get("HX-Request-Type", "partial") == "partial"
    )


def local_path(target: str | None, default: str) -> str:
    """`target` when it is a path of this shop, else `default`: nobody is sent elsewhere by a crafted link."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return default
    return default if any(ord(sign) < 32 for sign in target) else target


def settings() -> Any:
    """The shop's Settings."""
    return current_app.config["SETTINGS"]
