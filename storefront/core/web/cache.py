"""Pages that are the same for everybody, answered before Flask for a moment.

A rendered page costs many times what its bytes cost (`benchmarks/pages.py`). Whatever says `Cache-Control: public` is
kept here for at most a second (static files for longer), so a busy page is rendered once a second however many read it,
and what a merchant changes is seen a second later. What is private never comes here.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGE_SECONDS = 1.0
FILE_SECONDS = 3600.0
MAX_ENTRIES = 500
MAX_BODY = 512 * 1024
# Everything a shared page varies by; the session cookie is not among it, because no shared page reads it.
VARIES_BY = (
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_HOST",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_HX_REQUEST",
    "HTTP_HX_REQUEST_TYPE",
    "HTTP_HX_BOOSTED",
    "HTTP_HX_HISTORY_RESTORE_REQUEST",
)


class Answer(NamedTuple):
    """A whole answer, and until when it may be given (monotonic seconds)."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    until: float


class SharedPages:
    """WSGI middleware in front of `app`; `language_cookie` is the one cookie that shared pages depend on."""

    def __init__(
        self, app: "WSGIApplication", language_cookie: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._cookie = f"{language_cookie}="
        self._clock = clock
        self._answers: OrderedDict[tuple[str, ...], Answer] = OrderedDict()
        self._lock = Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Give the kept answer, or ask the shop and keep what it calls public."""
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_IF_NONE_MATCH" in environ or "HTTP_RANGE" in environ:
            return self._app(environ, start_response)
        key = self._key(environ)
        kept = self._answers.get(key)
        if kept is not None and kept.until > self._clock():
            start_response(kept.status, kept.headers)
            return [kept.body]
        return self._ask(key, environ, start_response)

    def _ask(
        self, key: tuple[str, ...], environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        begun: list[Any] = []

        def note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            begun[:] = [status, headers]
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        chunks = self._app(environ, note)
        seconds = _seconds(environ["PATH_INFO"], *begun) if begun else 0.0
        if not seconds:
            return chunks
        try:
            body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        if len(body) <= MAX_BODY:
            self._keep(key, Answer(begun[0], begun[1], body, self._clock() + seconds))
        return [body]

    def _keep(self, key: tuple[str, ...], answer: Answer) -> None:
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            while len(self._answers) > MAX_ENTRIES:
                self._answers.popitem(last=False)

    def _key(self, environ: "WSGIEnvironment") -> tuple[str, ...]:
        cookies = environ.get("HTTP_COOKIE", "")
        chosen = next((part.strip() for part in cookies.split(";") if part.strip().startswith(self._cookie)), "")
        return (chosen, *(environ.get(name, "") for name in VARIES_BY))


def _seconds(path: str, status: str, headers: list[tuple[str, str]]) -> float:
    """How long this answer may be kept: not at all unless it is a 200, public, and sets no cookie."""
    names = {name.lower(): value for name, value in headers}
    if not status.startswith("200") or "public" not in names.get("cache-control", "") or "set-cookie" in names:
        return 0.0
    return FILE_SECONDS if path.startswith("/static/") else PAGE_SECONDS
