"""Files that are made for one person: saved and not shown, and kept by nobody on the way."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response

from storefront.core.csv import write_csv


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A CSV file called `name` (letters, digits, - and dots); read `rows` before, they are not streamed."""
    return download(name, "".join(write_csv(header, rows)).encode(), "text/csv; charset=utf-8")


def download(name: str, content: bytes, content_type: str) -> Response:
    """A file that the browser saves under `name`."""
    response = Response(content, content_type=content_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response
