"""A browser without JavaScript, as small as it can be: cookies, forms, and no redirect followed unasked."""

import http.client
import time
from collections.abc import Mapping
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

TIMEOUT_SECONDS = 30


class Answer(NamedTuple):
    """What came back; `location` is the path of a redirect."""

    status: int
    location: str
    text: str


class CutOff(Exception):
    """The connection ended before the answer was there, so nobody knows whether the request was heard."""


class Browser:
    """One shopper's browser on one web server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}
        self._connection: http.client.HTTPConnection | None = None
        self.slowest_seconds = 0.0

    def get(self, path: str) -> Answer:
        """Raises CutOff."""
        return self._ask("GET", path, None)

    def post(self, path: str, form: Mapping[str, object]) -> Answer:
        """Raises CutOff."""
        return self._ask("POST", path, urlencode(form))

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        begun = time.monotonic()
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        try:
            self._connection.request(method, path, body, self._headers(body))
            response = self._connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise CutOff(repr(error)) from error
        self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - begun)
        self._remember(response.headers.get_all("Set-Cookie") or [])
        return Answer(response.status, _path(response.headers.get("Location") or ""), text)

    def _headers(self, body: str | None) -> dict[str, str]:
        headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return headers | ({"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {})

    def _remember(self, headers: list[str]) -> None:
        for header in headers:
            for name, morsel in SimpleCookie(header).items():
                self._cookies[name] = morsel.value


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of all forms of a page."""
    reader = _Fields()
    reader.feed(page)
    return reader.found


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("type") == "hidden" and values.get("name"):
            self.found[str(values["name"])] = values.get("value") or ""


def _path(location: str) -> str:
    parts = urlsplit(location)
    return parts.path + (f"?{parts.query}" if parts.query else "")
