"""CSV for people who open it in a spreadsheet: the one writer, so that no cell of any of our files runs as a formula.

A cell that begins like a formula gets an apostrophe in front, which spreadsheets take as "this is text". What the shop
counted itself (numbers, dates) is written as it is; only texts can come from outside.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

# Signs that begin a formula, the full-width ones that some programs read alike, and what moves a cell's beginning.
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Without it a well-known spreadsheet takes UTF-8 for something else.
BYTE_ORDER_MARK = "\ufeff"


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file line by line: every cell quoted, CRLF, a byte order mark first. `None` is an empty cell."""
    yield BYTE_ORDER_MARK + _line(header)
    for row in rows:
        yield _line(row)


def safe_cell(value: Any) -> Any:
    """What can be written: a text that a spreadsheet would calculate gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" \u00a0").startswith(STARTS) else text


def _line(cells: Iterable[Any]) -> str:
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerow([safe_cell(cell) for cell in cells])
    return file.getvalue()
