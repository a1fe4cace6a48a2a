"""Carries the official library's calls to a provider in the same process, so that no port is needed."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from stripe import APIConnectionError, HTTPClient
from werkzeug.wrappers import Request, Response

from storefront.payments.demo_provider.errors import ConnectionLost


class InProcessClient(HTTPClient):
    """Hands each request to `respond` as the web server would."""

    name = "in-process"

    def __init__(self, respond: Callable[[Request], Response]) -> None:
        super().__init__()
        self._respond = respond

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Body, status and headers (in lower case) of the answer; a store that fails is a lost connection."""
        parts = urlsplit(url)
        request = Request.from_values(
            parts.path, query_string=parts.query, method=method.upper(), headers=dict(headers or {}), data=post_data
        )
        try:
            response = self._respond(request)
        except (ConnectionLost, sqlite3.Error) as error:
            message = f"The demo provider did not answer: {error}"
            # The library leaves this constructor without types.
            raise APIConnectionError(message, should_retry=True) from error  # type: ignore[no-untyped-call]
        return response.get_data(as_text=True), response.status_code, {k.lower(): v for k, v in response.headers}

    def close(self) -> None:
        """Nothing stays open between requests."""
