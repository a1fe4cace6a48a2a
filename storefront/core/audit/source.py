"""Where what is done now comes from, for as long as a request lasts."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple


class Source(NamedTuple):
    """Who does something, from which address and session; `action` and `subject` are those of a watched request."""

    actor: str = "command"
    address: str = ""
    origin: str = ""
    action: str = ""
    subject: str = ""


_source: ContextVar[Callable[[], Source] | None] = ContextVar("audit_source", default=None)
_is_watched: ContextVar[bool] = ContextVar("audit_is_watched", default=False)
_is_told: ContextVar[bool] = ContextVar("audit_is_told", default=False)


def arrive(tell: Callable[[], Source]) -> None:
    """From now on what is noted comes from there; `tell` is asked only when there is something to write."""
    _source.set(tell)
    _is_watched.set(False)
    _is_told.set(False)


def watch() -> None:
    """From now on every transaction of this request says what it has changed."""
    _is_watched.set(True)


def leave() -> None:
    """The request is over."""
    _source.set(None)
    _is_watched.set(False)


def tell() -> None:
    """Note that this request has left a row."""
    _is_told.set(True)


def is_untold() -> bool:
    """Whether this request is watched and has left no row."""
    return _is_watched.get() and not _is_told.get()


def source() -> Source:
    """Where what is done now comes from; a command or job when there is no request."""
    ask = _source.get()
    return Source() if ask is None else ask()


def is_watched() -> bool:
    """Whether this is a request that changes something at the desk."""
    return _is_watched.get()
