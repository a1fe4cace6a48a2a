"""Pages that are the same for everybody, answered before Flask for a moment.

A rendered page costs many times what its bytes cost (`benchmarks/pages.py`). Whatever says `Cache-Control: public` is
kept here for at most a second (static files for longer), so a busy page is rendered once a second however many read it,
and what a merchant changes is seen a second later. What is private never comes here.

Of forms only a refusal (409) is kept that says so too, for whoever sends the same form: "sold out", in a rush.
"""

import io
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
MAX_FORM = 256
FORM = "application/x-www-form-urlencoded"
# Who asks for a part, or only for what is new, asks the shop.
CONDITIONS = frozenset({"HTTP_IF_NONE_MATCH", "HTTP_RANGE"})
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
# What a form of another site is told by, which the shop refuses; a page is the same from wherever one comes.
SENT_FROM = ("HTTP_SEC_FETCH_SITE", "HTTP_ORIGIN")


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
        form = _small_form(environ) if environ["REQUEST_METHOD"] == "POST" else ""
        is_plain_get = environ["REQUEST_METHOD"] == "GET" and not environ.keys() & CONDITIONS
        if not is_plain_get and not form:
            return self._app(environ, start_response)
        key = self._key(environ, form)
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
        seconds = _seconds(environ, *begun) if begun else 0.0
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

    def _key(self, environ: "WSGIEnvironment", form: str) -> tuple[str, ...]:
        cookies = environ.get("HTTP_COOKIE", "")
        chosen = next((part.strip() for part in cookies.split(";") if part.strip().startswith(self._cookie)), "")
        names = VARIES_BY + SENT_FROM if form else VARIES_BY
        return (form, chosen, *(environ.get(name, "") for name in names))


def _small_form(environ: "WSGIEnvironment") -> str:
    """What is sent, when it is a short form; the shop reads it again."""
    length = environ.get("CONTENT_LENGTH", "")
    is_short = len(length) <= len(str(MAX_FORM)) and length.isdecimal() and 0 < int(length) <= MAX_FORM
    if environ.get("CONTENT_TYPE") != FORM or not is_short:
        return ""
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return str(body, "latin-1")


def _seconds(environ: "WSGIEnvironment", status: str, headers: list[tuple[str, str]]) -> float:
    """How long this answer may be kept: not at all unless it is public and sets no cookie."""
    names = {name.lower(): value for name, value in headers}
    wanted = "200" if environ["REQUEST_METHOD"] == "GET" else "409"
    if not status.startswith(wanted) or "public" not in names.get("cache-control", "") or "set-cookie" in names:
        return 0.0
    return FILE_SECONDS if environ["PATH_INFO"].startswith("/static/") else PAGE_SECONDS
