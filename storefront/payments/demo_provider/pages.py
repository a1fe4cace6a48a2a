"""The pages on which a shopper pays, declines, authenticates or turns back. They work without JavaScript."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from storefront.core.money import format_minor
from storefront.payments.demo_provider import payments, sessions
from storefront.payments.demo_provider.cards import APPROVED, GENERIC_DECLINE, Verdict, card_of, judge
from storefront.payments.demo_provider.errors import ApiError
from storefront.payments.demo_provider.payments import Outcome
from storefront.payments.demo_provider.rendering import Render
from storefront.payments.demo_provider.sessions import Desk
from storefront.payments.demo_provider.store import Store
from storefront.payments.stripe_gateway import LOCALES, from_provider

ROUTES = Map(
    [
        Rule("/pay/<session_id>", endpoint="pay", methods=["GET", "POST"]),
        Rule("/pay/<session_id>/authentication", endpoint="authentication", methods=["GET", "POST"]),
    ]
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    # `no-referrer` would make browsers hide the origin of these forms, which is checked.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
LANGUAGES = {"zh": "zh-Hans", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant-HK", "auto": "en"}
STATUS = {"paid": 200, "expired": 410, "unknown": 404, "refused": 403}
CLOSED = {"complete": "paid", "expired": "expired"}


class Pages:
    """Answers /pay. `shared` is in every template's context."""

    def __init__(
        self, store: Store, *, public_url: str, render: Render, shared: Mapping[str, str], now: Callable[[], float]
    ) -> None:
        self._store = store
        self._public_url = public_url
        self._render = render
        self._shared = dict(shared)
        self._now = now

    def respond(self, request: Request) -> Response:
        """The page or the redirect that answers one request."""
        try:
            endpoint, arguments = ROUTES.bind("pages").match(request.path, method=request.method)
        except HTTPException:
            return self._closed_page("unknown", request)
        if request.method == "POST" and not is_same_origin(request):
            return self._closed_page("refused", request)
        try:
            with self._desk() as desk:
                outcome = _act(request, desk, arguments["session_id"], endpoint)
                session = sessions.find(desk, arguments["session_id"])
                intent = sessions.find_intent(desk, session["id"])
        except ApiError:
            return self._closed_page("unknown", request)
        if outcome is not None:
            return _redirect(_next_url(request, session, outcome))
        return self._show(request, endpoint, session, intent)

    def _show(self, request: Request, endpoint: str, session: sqlite3.Row, intent: sqlite3.Row | None) -> Response:
        if session["status"] != "open":
            return self._closed_page(CLOSED[session["status"]], request, session)
        context = _view(session) | {"action": request.script_root + request.path}
        if endpoint == "pay":
            return self._page("demo_provider/pay.html", decline=_decline(intent), **context)
        back = _page_path(request, session["id"])
        if intent is None or intent["status"] != "requires_action":
            return _redirect(back)
        return self._page("demo_provider/authentication.html", back=back, **context)

    @contextmanager
    def _desk(self) -> Iterator[Desk]:
        with self._store.write() as db:
            desk = Desk(db, self._now(), self._public_url)
            sessions.expire_due(desk)
            yield desk

    def _closed_page(self, state: str, request: Request, session: sqlite3.Row | None = None) -> Response:
        context = _view(session) if session else {"language": _preferred(request), "order_number": None}
        back = None
        if session is not None:
            params = json.loads(session["params"])
            back = success_url(session) if state == "paid" else params.get("cancel_url")
        return self._page("demo_provider/closed.html", STATUS[state], state=state, back=back, **context)

    def _page(self, template: str, status: int = 200, **context: Any) -> Response:
        html = self._render(template, **self._shared, **context)
        return Response(html, status, content_type="text/html; charset=utf-8", headers=HEADERS)


def is_same_origin(request: Request) -> bool:
    """Whether the form came from this very site. What sends neither header is no browser, and has no one's cookies."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def success_url(session: sqlite3.Row) -> str:
    """Where a paid shopper returns to, with the session's id where the shop wants it."""
    url: str = json.loads(session["params"])["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _act(request: Request, desk: Desk, session_id: str, endpoint: str) -> Outcome | None:
    """What a form asks for; a mere look changes nothing."""
    if request.method != "POST":
        return None
    return (_pay if endpoint == "pay" else _authenticate)(request, desk, session_id)


def _pay(request: Request, desk: Desk, session_id: str) -> Outcome:
    """One try. The buttons for a decline and for authentication do the same whatever the card; Pay asks the card."""
    number = re.sub(r"[\s-]", "", request.form.get("card_number", "")) or APPROVED
    verdicts = {"decline": Verdict(GENERIC_DECLINE), "authenticate": Verdict(needs_authentication=True)}
    verdict = verdicts.get(request.form.get("choice", "")) or judge(number)
    return payments.pay(desk, session_id, card_of(number), verdict)


def _authenticate(request: Request, desk: Desk, session_id: str) -> Outcome:
    return payments.authenticate(desk, session_id, is_approved=request.form.get("choice") == "approve")


def _next_url(request: Request, session: sqlite3.Row, outcome: Outcome) -> str:
    page = _page_path(request, session["id"])
    return {Outcome.PAID: success_url(session), Outcome.AUTHENTICATE: f"{page}/authentication"}.get(outcome, page)


def _page_path(request: Request, session_id: str) -> str:
    return f"{request.script_root}/pay/{session_id}"


def _redirect(url: str) -> Response:
    return Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def _view(session: sqlite3.Row) -> dict[str, Any]:
    """What the pages show of a session."""
    params = json.loads(session["params"])
    locale = params.get("locale") or "auto"
    language = LANGUAGES.get(locale, locale)

    def money(amount: int) -> str:
        currency = session["currency"].upper()
        return format_minor(from_provider(amount, currency), currency, language.replace("-", "_"))

    lines = [
        {
            "name": line["price_data"]["product_data"]["name"],
            "quantity": line["quantity"],
            "amount": money(line["price_data"]["unit_amount"] * line["quantity"]),
        }
        for line in params["line_items"]
    ]
    return {
        "language": language,
        "order_number": params.get("client_reference_id"),
        "amount": money(session["amount_total"]),
        "lines": lines,
        "cancel_url": params.get("cancel_url"),
    }


def _preferred(request: Request) -> str:
    """The language of a page that belongs to no payment, and for which no shop has named one."""
    wanted, *_rest = [*request.accept_languages.values(), "en"]
    language = wanted.partition("-")[0].lower()
    return LANGUAGES.get(language, language if language in LOCALES.split() else "en")


def _decline(intent: sqlite3.Row | None) -> str | None:
    """Why the last try failed, if it did."""
    if intent is None or intent["failure"] is None:
        return None
    failure = json.loads(intent["failure"])
    reason: str = failure["decline_code"] or failure["code"]
    return reason
