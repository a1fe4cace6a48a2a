"""A file that is wrong as a whole is refused and leaves every row as it was; a wrong value costs its line."""

import gzip
from pathlib import Path

import pytest

from storefront.importing.online_retail import FileRefused, WrongCurrency, import_online_retail, reading
from storefront.importing.online_retail.loading import Load
from tests.importing.files import HEADER, MUG, content, reasons, row, run, write, write_gzip

pytestmark = pytest.mark.usefixtures("context")


def cut_gzip(folder: Path) -> Path:
    path = write_gzip(folder, *(row(100_000 + i, price=1 + i % 7) for i in range(3000)))
    path.write_bytes(path.read_bytes()[:-400])
    return path


def with_bytes(folder: Path, content: bytes) -> Path:
    path = folder / "retail.csv"
    path.write_bytes(content)
    return path


BAD_FILES = {
    "empty": (lambda folder: with_bytes(folder, b""), reading.EmptyFile, "empty"),
    "empty gzip": (lambda folder: with_bytes(folder, gzip.compress(b"")), reading.EmptyFile, "empty"),
    "missing column": (
        lambda folder: write(folder, row(), header=HEADER.replace("UnitPrice", "Price")),
        reading.WrongColumns,
        "UnitPrice",
    ),
    "no header": (lambda folder: write(folder, header=row()), reading.WrongColumns, "InvoiceNo"),
    "column twice": (
        lambda folder: write(folder, row() + ",x", header=HEADER + ",Country"),
        reading.WrongColumns,
        "Country",
    ),
    "latin-1": (
        lambda folder: with_bytes(folder, f"{HEADER}\n{row()}\n{row(goods='1,Gift £5')}\n".encode("latin-1")),
        reading.WrongEncoding,
        "Line 3",
    ),
    "utf-16": (
        lambda folder: with_bytes(folder, f"{HEADER}\n{row()}\n".encode("utf-16")),
        reading.WrongEncoding,
        "Line 1",
    ),
    "truncated gzip": (cut_gzip, reading.DamagedFile, "after line"),
    "damaged gzip": (
        lambda folder: with_bytes(folder, gzip.compress(f"{HEADER}\n{row()}\n".encode())[:-8] + b"\0" * 8),
        reading.DamagedFile,
        "damaged",
    ),
    "short row": (lambda folder: write(folder, row(), row(), "536366,71053,WHITE"), reading.BrokenRow, "Line 4"),
    "long row": (lambda folder: write(folder, row() + ",more"), reading.BrokenRow, "Line 2"),
    "open quote": (lambda folder: write(folder, row(), row(goods='1,"OPEN')), reading.BrokenRow, "not a row"),
}


@pytest.mark.parametrize("name", sorted(BAD_FILES))
def test_a_bad_file_is_refused_whole_and_leaves_the_shop_as_it_was(tmp_path: Path, name: str) -> None:
    run(tmp_path, row(536001), row(536001, MUG))
    before = content()
    make, error, told = BAD_FILES[name]
    with pytest.raises(error, match=told) as caught:
        import_online_retail(make(tmp_path), currency="GBP")
    assert isinstance(caught.value, FileRefused)
    assert content() == before


def test_a_failure_while_writing_leaves_the_shop_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, row(536001))
    before = content()

    def fail(self: Load, order_ids: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Load, "_add_returns", fail)
    with pytest.raises(OSError, match="disk full"):
        run(tmp_path, row(536001), row(536002, MUG))
    assert content() == before


def test_prices_in_pounds_are_not_taken_for_another_currency(tmp_path: Path) -> None:
    with pytest.raises(WrongCurrency, match=r"GBP.*EUR"):
        import_online_retail(write(tmp_path, row()), currency="EUR")


def test_columns_may_stand_in_another_order_and_have_company(tmp_path: Path) -> None:
    header = "Country,CustomerID,UnitPrice,InvoiceDate,Quantity,Description,StockCode,InvoiceNo,Extra"
    path = write(tmp_path, "France,12583,2.50,2011-05-03T09:15,4,BLUE SPOT MUG,22222,552001,whatever", header=header)
    account = import_online_retail(path, currency="GBP")
    assert (account.sums.units, account.sums.items_minor) == (4, 1000)


def test_gzip_and_a_byte_order_mark_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "named-oddly.dat"
    path.write_bytes(gzip.compress(f"\ufeff{HEADER}\n{row()}\n".encode()))
    assert import_online_retail(path, currency="GBP").sums.units == 6


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quantity": "six"}, "BAD_NUMBER"),
        ({"quantity": ""}, "BAD_NUMBER"),
        ({"quantity": "1.5"}, "BAD_NUMBER"),
        ({"quantity": 1_000_001}, "BAD_NUMBER"),
        ({"price": "cheap"}, "BAD_NUMBER"),
        ({"price": "NaN"}, "BAD_NUMBER"),
        ({"price": "1e3"}, "BAD_NUMBER"),
        ({"price": 1_000_001}, "BAD_NUMBER"),
        ({"at": "01/12/2010 08:26"}, "BAD_TIME"),
        ({"at": "2010-02-30T08:26"}, "BAD_TIME"),
        ({"invoice": ""}, "BAD_CODE"),
        ({"invoice": "536365-B"}, "BAD_CODE"),
        ({"goods": ",NO CODE"}, "BAD_CODE"),
        ({"customer": "17850; DROP"}, "BAD_CODE"),
        ({"goods": "71053,WHITE \x07 LANTERN"}, "BAD_TEXT"),
        ({"goods": "71053," + "LONG " * 50}, "BAD_TEXT"),
    ],
)
def test_a_bad_value_costs_its_line_only(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    account = run(tmp_path, row(), row(**changes), row(goods=MUG))  # type: ignore[arg-type]
    assert reasons(account) == {3: reason}
    assert account.is_complete
    assert account.sums.orders == 1
    assert account.sums.units == 12
