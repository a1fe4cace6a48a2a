"""Who may use a route. Every view declares it with one of these marks; a view without one answers nobody."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.core.errors import Forbidden

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
CUSTOMER = "customer"


def public(view: View) -> View:
    """Everybody may use it."""
    return _declare(view, PUBLIC)


def tokenless(view: View) -> View:
    """Its form stands on pages that are the same for everybody, so it has no token: the same-origin check guards it."""
    view.is_tokenless = True  # type: ignore[attr-defined]
    return view


def signed(view: View) -> View:
    """A machine calls it and proves itself by a signature, so it needs neither a session nor our origin."""
    view.is_signed = True  # type: ignore[attr-defined]
    return public(view)


def customer(view: View) -> View:
    """Whoever is signed in may use it."""
    return _declare(view, CUSTOMER)


def staff(permission: str) -> Callable[[View], View]:
    """Whoever has `permission` ("catalog.edit") may use it."""

    def declare(view: View) -> View:
        return _declare(view, permission)

    return declare


def allows_bytes(limit: int) -> Callable[[View], View]:
    """Its form may carry up to `limit` bytes, files and all, when it comes from somebody who may use it."""

    def declare(view: View) -> View:
        view.max_bytes = limit  # type: ignore[attr-defined]
        return view

    return declare


def may_use(access: str) -> bool:
    """Whether whoever sends this request may use a view that declared `access`."""
    if access == PUBLIC:
        return True
    return bool(current_user.is_authenticated and (access == CUSTOMER or current_user.can(access)))


def access_of(app: Flask, endpoint: str) -> str | None:
    """What the view of `endpoint` declared, None when it declared nothing."""
    return getattr(app.view_functions.get(endpoint), "access", None)


def check_access() -> Response | None:
    """Before each request: let through, send to the sign-in page, or refuse (403; 404 where nothing is declared)."""
    if request.endpoint is None:
        return None
    access = access_of(current_app, request.endpoint)
    if access is None:
        abort(404)
    if may_use(access):
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    raise Forbidden()


def _to_sign_in() -> Response:
    """A page asked for with GET is come back to after signing in; a form's target is not."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    target = url_for("accounts.sign_in", next=wanted)
    if request.headers.get("HX-Request"):
        response = current_app.response_class(status=204)
        response.headers["HX-Redirect"] = target
        return response
    return redirect(target, 303)


def _declare(view: View, access: str) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view
