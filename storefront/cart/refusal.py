"""What those are told who come too late: in a rush that is most of them, so it is made once and said to all."""

import time
from threading import Lock

from flask import Flask, current_app, make_response, render_template
from werkzeug.wrappers import Response

from storefront.cart.service import SoldOut
from storefront.core.web.language import current

EXTENSION = "storefront_refusals"
# For so long nobody asks SQL again whether a variant is still sold out.
SECONDS = 1.0
MAX_KEPT = 200


class Refusals:
    """The pages of this process that say what is sold out, each for a second: they are the same for everybody."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str], tuple[float, str]] = {}
        self._lock = Lock()

    def find(self, variant_id: int) -> Response | None:
        """The answer to whoever wants the variant, when it was sold out a moment ago."""
        until, page = self._kept.get((variant_id, current()), (0.0, ""))
        return make_response(page, 409) if until > time.monotonic() else None

    def make(self, variant_id: int, error: SoldOut) -> Response:
        """The same after SQL has said so."""
        page = render_template("cart/sold_out.html", **error.facts)
        with self._lock:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[variant_id, current()] = (time.monotonic() + SECONDS, page)
        return make_response(page, 409)


def init_refusals(app: Flask) -> None:
    """Hang them on the app."""
    app.extensions[EXTENSION] = Refusals()


def get_refusals() -> Refusals:
    """Those of the running shop."""
    refusals: Refusals = current_app.extensions[EXTENSION]
    return refusals
