"""Reading the retailer's file: structure is checked strictly and refuses the file, values refuse only their line."""

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING
from zoneinfo import ZoneInfo

from storefront.core.errors import N_, InvalidInput
from storefront.importing.online_retail.account import Account, Reason

if TYPE_CHECKING:
    import _csv

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
LOCAL = ZoneInfo("Europe/London")
MAX_QUANTITY = 1_000_000
MAX_PRICE_MINOR = 100_000_000
INVOICE = re.compile(r"[AC]?\d{1,10}")
CODE = re.compile(r"[A-Za-z0-9_ ]{1,20}")
PRICE = re.compile(r"-?\d{1,9}(\.\d{1,6})?")
QUANTITY = re.compile(r"-?\d{1,9}(\.0)?")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
GZIP_MAGIC = b"\x1f\x8b"


class FileRefused(InvalidInput):
    """The file as a whole cannot be imported; the shop is as it was."""


class EmptyFile(FileRefused):
    """There is not even a line of column names."""

    message = N_("The file is empty.")


class WrongColumns(FileRefused):
    """The first line does not name the columns."""

    message = N_("Line 1 does not name the column %(column)s. The columns are: %(columns)s.")


class WrongEncoding(FileRefused):
    """The file is not UTF-8."""

    message = N_("Line %(line)s is not UTF-8 text. Save the file as UTF-8 and try again.")


class DamagedFile(FileRefused):
    """The compressed file ends too early or its check sum is wrong."""

    message = N_("The compressed file is damaged or cut off after line %(line)s. Fetch it again.")


class BrokenRow(FileRefused):
    """A line has too few or too many fields, or a quotation mark that does not end."""

    message = N_("Line %(line)s is not a row of %(expected)s fields. The file may be cut off there.")


@dataclass(frozen=True, slots=True)
class Line:
    """One readable line. `price_minor` is None where the price is no whole number of pence."""

    number: int
    invoice: str
    code: str
    description: str
    quantity: int
    placed_at: datetime
    price_minor: int | None
    customer: str
    country: str


class _Unreadable(Exception):
    """A value of the line cannot be used."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def read_lines(path: Path, account: Account, progress: Callable[[int], object] = lambda read: None) -> Iterator[Line]:
    """The readable lines of a CSV file, gzip or plain, in order; the others go into the account.

    `progress` hears how many bytes of the file (as it lies on disk) were read since it heard last.
    Raises a FileRefused when the structure is wrong, which may be found only at the end: plan first, write later.
    """
    with path.open("rb") as raw, _decompressed(raw) as source:
        rows = csv.reader(_texts(source, raw, progress), strict=True)
        header = _header(rows)
        places = [header.index(column) for column in COLUMNS]
        for row in _whole_rows(rows, len(header)):
            account.lines += 1
            fields = [row[place].strip() for place in places]
            try:
                yield _line(rows.line_num, fields)
            except _Unreadable as error:
                account.refuse(rows.line_num, _printable(fields[0]), _printable(fields[1]), error.reason)


@contextmanager
def _decompressed(raw: IO[bytes]) -> Iterator[IO[bytes]]:
    magic = raw.read(2)
    raw.seek(0)
    if magic != GZIP_MAGIC:
        yield raw
        return
    with gzip.GzipFile(fileobj=raw) as source:
        yield source  # type: ignore[misc]  # GzipFile reads like a file; it only lacks the nominal type.


def _texts(source: IO[bytes], raw: IO[bytes], progress: Callable[[int], object]) -> Iterator[str]:
    """The file line by line as text, so that a wrong byte can be named by its line."""
    number, told = 0, 0
    try:
        for number, line in enumerate(source, start=1):
            yield (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).decode("utf-8")
            if number % 4096 == 0:
                position = raw.tell()
                progress(position - told)
                told = position
    except UnicodeDecodeError:
        raise WrongEncoding(line=number) from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DamagedFile(line=number) from None
    progress(raw.tell() - told)


def _header(rows: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip() for name in next(rows)]
    except StopIteration:
        raise EmptyFile from None
    except csv.Error:
        raise BrokenRow(line=1, expected=len(COLUMNS)) from None
    for column in COLUMNS:
        if header.count(column) != 1:
            raise WrongColumns(column=column, columns=", ".join(COLUMNS))
    return header


def _whole_rows(rows: "_csv.Reader", expected: int) -> Iterator[list[str]]:
    try:
        for row in rows:
            if len(row) != expected:
                raise BrokenRow(line=rows.line_num, expected=expected)
            yield row
    except csv.Error:
        raise BrokenRow(line=rows.line_num, expected=expected) from None


def _line(number: int, fields: list[str]) -> Line:
    invoice, code, description, quantity, placed, price, customer, country = fields
    return Line(
        number=number,
        invoice=_invoice(invoice),
        code=_code(code).upper(),
        description=_text(description),
        quantity=_quantity(quantity),
        placed_at=_time(placed),
        price_minor=_price(price),
        customer=_code(customer) if customer else "",
        country=_text(country),
    )


# The same few thousand values come again and again: reading each once is faster, and equal strings are kept once.
@lru_cache(maxsize=65_536)
def _invoice(text: str) -> str:
    if not INVOICE.fullmatch(text):
        raise _Unreadable(Reason.BAD_CODE)
    return text


@lru_cache(maxsize=65_536)
def _code(text: str) -> str:
    if not CODE.fullmatch(text):
        raise _Unreadable(Reason.BAD_CODE)
    return text


@lru_cache(maxsize=16_384)
def _text(text: str) -> str:
    if len(text) > 200 or not (text.isprintable() or text == ""):
        raise _Unreadable(Reason.BAD_TEXT)
    return text


@lru_cache(maxsize=4096)
def _quantity(text: str) -> int:
    quantity = int(float(text)) if QUANTITY.fullmatch(text) else MAX_QUANTITY + 1
    if abs(quantity) > MAX_QUANTITY:
        raise _Unreadable(Reason.BAD_NUMBER)
    return quantity


@lru_cache(maxsize=8192)
def _price(text: str) -> int | None:
    minor = Decimal(text) * 100 if PRICE.fullmatch(text) else Decimal(MAX_PRICE_MINOR + 1)
    if abs(minor) > MAX_PRICE_MINOR:
        raise _Unreadable(Reason.BAD_NUMBER)
    return int(minor) if minor == int(minor) else None


@lru_cache(maxsize=32_768)
def _time(text: str) -> datetime:
    """London's local time to the minute as UTC; in the hour that comes twice the first one is meant."""
    try:
        local = datetime.fromisoformat(text) if TIME.fullmatch(text) else None
    except ValueError:
        local = None
    if local is None or local.year < 1970:
        raise _Unreadable(Reason.BAD_TIME)
    return local.replace(tzinfo=LOCAL).astimezone(UTC)


def _printable(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:40]
