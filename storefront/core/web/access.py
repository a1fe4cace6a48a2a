"""Who may use a route. Every view declares it with one of these marks; a view without one answers nobody."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.core import clock
from storefront.core.errors import Forbidden

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
CUSTOMER = "customer"
# In the session: when the second factor was shown.
FACTOR = "factor_at"
# It is good for a working day, and for a quarter of an hour where money or people are concerned.
CAREFUL = frozenset({"orders.refund", "promotions.edit", "settings.edit", "people.edit"})
CAREFUL_SECONDS = 15 * 60
DESK_SECONDS = 12 * 60 * 60


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


def factorless(view: View) -> View:
    """Staff use it before they have shown their second factor: it is where they show it, or leave."""
    view.is_factorless = True  # type: ignore[attr-defined]
    return view


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


def init_access(app: Flask, ask_again: Callable[[], Response | None]) -> None:
    """Guard every view; `ask_again` asks whoever sends a form for the factor, and gives None once it is shown."""
    app.extensions["ask_again"] = ask_again
    app.before_request(check_access)


def check_access() -> Response | None:
    """Before each request: let through, send to the sign-in page, or refuse (403; 404 where nothing is declared)."""
    if request.endpoint is None:
        return None
    access = access_of(current_app, request.endpoint)
    if access is None:
        abort(404)
    if may_use(access):
        return _ask_factor() if lacks_factor(access) else None
    if not current_user.is_authenticated:
        return _to("accounts.sign_in")
    raise Forbidden()


def lacks_factor(access: str) -> bool:
    """Whether a member of staff asks for a view without having shown the second factor, or too long ago for it."""
    if access == PUBLIC or not current_app.config["SETTINGS"].requires_factor or not current_user.is_staff:
        return False
    view = current_app.view_functions[request.endpoint or ""]
    return not getattr(view, "is_factorless", False) and not is_factor_fresh(access in CAREFUL)


def is_factor_fresh(is_careful: bool) -> bool:
    """Whether the second factor was shown today, or a moment ago."""
    shown_at = float(session.get(FACTOR, 0.0))
    return clock.now().timestamp() - shown_at < (CAREFUL_SECONDS if is_careful else DESK_SECONDS)


def note_factor() -> None:
    """The second factor was shown in this session just now."""
    session[FACTOR] = clock.now().timestamp()


def _ask_factor() -> Response | None:
    """Whoever wants to see a page goes to the page of the factor and comes back; a form is kept while it is asked."""
    if request.method in {"GET", "HEAD"} or request.headers.get("HX-Request"):
        return _to("accounts.factor")
    ask_again: Callable[[], Response | None] = current_app.extensions["ask_again"]
    return ask_again()


def _to(endpoint: str) -> Response:
    """A page asked for with GET is come back to after signing in, and the one htmx works on; a form's target is not."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    if request.headers.get("HX-Request"):
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        wanted = f"{shown.path}?{shown.query}".rstrip("?") or None
    target = url_for(endpoint, next=wanted)
    if request.headers.get("HX-Request"):
        response = current_app.response_class(status=204)
        response.headers["HX-Redirect"] = target
        return response
    return redirect(target, 303)


def _declare(view: View, access: str) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view
