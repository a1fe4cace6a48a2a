"""A browser without JavaScript, as small as it can be: cookies, forms, and no redirect followed unasked.

It shares the machine with the shop it tests, so it reads of an answer what is asked for and no more.
"""

import html
import re
import socket
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

TIMEOUT_SECONDS = 30
CHUNK = 64 * 1024
SENT_ALWAYS = "Sec-Fetch-Site: same-origin\r\nAccept-Language: en\r\n"
HIDDEN = re.compile(r'<input\b[^>]*\btype="hidden"[^>]*>')
ATTRIBUTE = re.compile(r'\b(name|value)="([^"]*)"')


class Answer(NamedTuple):
    """What came back; `location` is the path of a redirect."""

    status: int
    location: str
    body: bytes

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode(errors="replace")


class CutOff(Exception):
    """The connection ended before the answer was there, so nobody knows whether the request was heard."""


class Browser:
    """One shopper's browser on one web server; `address` is what a proxy in between says of where it is."""

    def __init__(self, port: int, address: str = "") -> None:
        self.address = address
        self._port = port
        self._cookies: dict[str, str] = {}
        self._socket: socket.socket | None = None
        self.slowest_seconds = 0.0

    def get(self, path: str) -> Answer:
        """Raises CutOff."""
        return self._ask(f"GET {path}", "", b"")

    def post(self, path: str, form: Mapping[str, object]) -> Answer:
        """Raises CutOff."""
        body = urlencode(form).encode()
        fields = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        return self._ask(f"POST {path}", fields, body)

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, line: str, fields: str, body: bytes) -> Answer:
        begun = time.monotonic()
        fields = f"Host: 127.0.0.1:{self._port}\r\n{SENT_ALWAYS}{fields}"
        if self.address:
            fields += f"X-Forwarded-For: {self.address}\r\n"
        if self._cookies:
            fields += f"Cookie: {'; '.join(f'{name}={value}' for name, value in self._cookies.items())}\r\n"
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)
            self._socket.sendall(f"{line} HTTP/1.1\r\n{fields}\r\n".encode() + body)
            status, headers, content = _read_answer(self._socket)
        except (OSError, ValueError) as error:
            self.close()
            raise CutOff(repr(error)) from error
        self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - begun)
        location = ""
        for name, value in headers:
            if name == "set-cookie":
                cookie, _, kept = value.partition(";")[0].partition("=")
                self._cookies[cookie] = kept
            elif name == "location":
                location = _path(value)
        return Answer(status, location, content)


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of all forms of a page."""
    inputs = [dict(ATTRIBUTE.findall(tag)) for tag in HIDDEN.findall(page)]
    return {one["name"]: html.unescape(one.get("value", "")) for one in inputs if "name" in one}


def _read_answer(connection: socket.socket) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers (names in lower case) and body; ValueError for an answer that does not say how long it is."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _receive(connection)
    first, *lines = data[:end].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = [(name.lower(), value.strip()) for name, _, value in pairs]
    length = dict(headers).get("content-length")
    if length is None:
        raise ValueError("an answer without its length")
    body = bytearray(data[end + 4 :])
    while len(body) < int(length):
        body += _receive(connection)
    return int(first.split(" ", 2)[1]), headers, bytes(body)


def _receive(connection: socket.socket) -> bytes:
    chunk = connection.recv(CHUNK)
    if not chunk:
        raise ConnectionError("the server hung up")
    return chunk


def _path(location: str) -> str:
    parts = urlsplit(location)
    return parts.path + (f"?{parts.query}" if parts.query else "")
