"""The pages on which a shopper pays, declines, authenticates or turns back. They work without JavaScript."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from storefront.core.assets import asset_folder
from storefront.payments.demo_provider import hosted, merchant
from storefront.payments.demo_provider.errors import ApiError
from storefront.payments.demo_provider.hosted import Reply
from storefront.payments.demo_provider.office import Office
from storefront.payments.demo_provider.rendering import Render
from storefront.payments.demo_provider.views import LANGUAGES, preferred

__all__ = ["LANGUAGES", "Pages", "is_same_origin"]

ROUTES = Map(
    [
        Rule("/pay/<thing>", endpoint=hosted.pay, methods=["GET", "POST"]),
        Rule("/pay/<thing>/authentication", endpoint=hosted.authentication, methods=["GET", "POST"]),
        Rule("/element/<thing>", endpoint=hosted.element, methods=["GET", "POST"]),
        Rule("/authentication/<thing>", endpoint=hosted.question, methods=["GET", "POST"]),
        Rule("/link/<thing>", endpoint=hosted.link, methods=["GET", "POST"]),
        Rule("/payments/<thing>", endpoint=merchant.payment, methods=["GET", "POST"]),
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
FRAMED = HEADERS["Content-Security-Policy"].replace("frame-ancestors 'none'", "frame-ancestors 'self'")
SCRIPT = "demo-payment-element.js"


class Pages:
    """Answers everything but the API. `shared` is in every template's context."""

    def __init__(self, office: Office, render: Render, shared: Mapping[str, str]) -> None:
        self._office = office
        self._render = render
        self._shared = dict(shared)

    def respond(self, request: Request) -> Response:
        """The page, the script or the redirect that answers one request."""
        if request.path == "/script.js":
            source = (asset_folder("static") / "js" / SCRIPT).read_bytes()
            return Response(source, content_type="text/javascript; charset=utf-8", headers=HEADERS)
        reply = self._reply(request)
        if reply.url is not None:
            return Response(status=303, headers={"Location": reply.url, "Cache-Control": "no-store"})
        if reply.data is not None:
            return Response(json.dumps(reply.data), content_type="application/json", headers=HEADERS)
        html = self._render(f"demo_provider/{reply.template}.html", **self._shared, **reply.context)
        is_framed = reply.template.startswith("element")
        headers = HEADERS | ({"Content-Security-Policy": FRAMED} if is_framed else {})
        return Response(html, reply.status, content_type="text/html; charset=utf-8", headers=headers)

    def _reply(self, request: Request) -> Reply:
        nobody: dict[str, Any] = {"language": preferred(request), "order_number": None, "back": None}
        try:
            page, arguments = ROUTES.bind("pages").match(request.path, method=request.method)
        except HTTPException:
            return hosted.closed("unknown", nobody)
        if request.method == "POST" and not is_same_origin(request):
            return hosted.closed("refused", nobody)
        try:
            with self._office.open() as desk:
                reply: Reply = page(request, desk, arguments["thing"])
        except ApiError:
            return hosted.closed("unknown", nobody)
        return reply


def is_same_origin(request: Request) -> bool:
    """Whether the form came from this very site. What sends neither header is no browser, and has no one's cookies."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
