"""What processes say on stderr: one line for each event, in UTC, for people or (LOG_FORMAT=json) for machines."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

# What every record has; what is passed in `extra` beside it are the event's facts.
PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Lines(logging.Formatter):
    """`2026-11-29T12:00:00Z WARNING storefront.security: refused ...`; what is smuggled in stays inside."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line; only the traceback of a crash has lines of its own."""
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        message = f"{record.getMessage()} {facts}".rstrip().replace("\r", "\\r").replace("\n", "\\n")
        line = f"{_time(record)} {record.levelname} {record.name}: {message}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonLines(logging.Formatter):
    """The same as one JSON object: time, level, logger, message, error, and the facts by name."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line = {"time": _time(record), "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps({**_facts(record), **line}, ensure_ascii=False, default=str)


def init_log(log_format: str) -> None:
    """Send warnings of the shop and every library to stderr, unless somebody has set up logging already."""
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if log_format == "json" else Lines())
    root.addHandler(handler)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in PLAIN}
