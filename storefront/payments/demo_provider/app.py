"""The demo provider as one WSGI application: an API for the shop, pages for the shopper, signed messages back."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from storefront.payments.demo_provider import faults
from storefront.payments.demo_provider.api import Api
from storefront.payments.demo_provider.dashboard import Dashboard
from storefront.payments.demo_provider.deliveries import Deliveries
from storefront.payments.demo_provider.desk import Setting
from storefront.payments.demo_provider.faults import Faults
from storefront.payments.demo_provider.office import Office
from storefront.payments.demo_provider.pages import Pages
from storefront.payments.demo_provider.rendering import Render, render_plainly
from storefront.payments.demo_provider.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from stripe import HTTPClient

MAX_BODY_BYTES = 1_000_000
STYLESHEET = "/static/css/demo-provider.css"


class DemoProvider:
    """A payment provider in one SQLite file. Web and worker processes may each have their own object over the file.

    `public_url` is where the application is mounted, as the shopper's browser sees it. Messages are signed with
    `webhook_secret` and sent to `webhook_url` by the processes that call `start_deliveries`. `render` renders a
    template of `templates/demo_provider/`; the `language` (BCP 47) in its context is what the shop asked for. Banks
    answer after `settle_seconds` by the clock `now`: debits, refunds that take their time, disputes. `dashboard` acts
    behind the shop's back.
    """

    def __init__(
        self,
        database: Path,
        public_url: str,
        webhook_url: str,
        webhook_secret: str,
        api_key: str,
        *,
        shop_name: str = "Demo shop",
        render: Render = render_plainly,
        stylesheet: str = STYLESHEET,
        settle_seconds: float = 60,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._office = Office(Store(database), Setting(public_url.rstrip("/"), settle_seconds, api_key), now)
        self._api = Api(self._office)
        self._pages = Pages(self._office, render, {"shop_name": shop_name, "stylesheet": stylesheet})
        self._webhook = (webhook_url, webhook_secret)
        self._deliveries: Deliveries | None = None
        self.dashboard = Dashboard(self._office)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one WSGI request."""
        return self.respond(Request(environ))(environ, start_response)

    def respond(self, request: Request) -> Response:
        """Answer one request; raises ConnectionLost when a fault was planned that leaves it without an answer."""
        request.max_content_length = MAX_BODY_BYTES
        site = self._api if request.path.startswith("/v1/") else self._pages
        try:
            response = site.respond(request)
        except RequestEntityTooLarge as error:
            return Response(error.description, error.code, content_type="text/plain")
        if self._deliveries is not None and request.method == "POST":
            self._deliveries.wake()
        return response

    def http_client(self) -> "HTTPClient":
        """A client for the official library that calls this object directly."""
        from storefront.payments.demo_provider.transport import InProcessClient

        return InProcessClient(self.respond)

    def plan(self, planned: Faults) -> None:
        """Let things go wrong from now on, in every process over this file; `plan(Faults())` ends it."""
        faults.plan(self._office.store, planned)

    def start_deliveries(self) -> None:
        """Deliver events from this process, in a daemon thread, until `stop_deliveries` or the end of the process."""
        if self._deliveries is None:
            url, secret = self._webhook
            self._deliveries = Deliveries(self._office, url=url, secret=secret)
            self._deliveries.start()

    def stop_deliveries(self) -> None:
        """End the thread; undelivered events wait in the file for the next process."""
        if self._deliveries is not None:
            self._deliveries.stop()
            self._deliveries = None
