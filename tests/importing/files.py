"""Small files in the retailer's format, and what an import made of them."""

import gzip
from pathlib import Path

from sqlalchemy import text

from storefront.core.db import db
from storefront.importing.online_retail import Account, import_online_retail

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
SHARED = Path(__file__).resolve().parents[2].parent / "shared/data/online_retail_2010-12_2011-08.csv.gz"
LANTERN = "71053,WHITE METAL LANTERN"
MUG = "22222,BLUE SPOT MUG"
TABLES = (
    "category",
    "product",
    "variant",
    "stock_item",
    "stock_entry",
    "customer",
    "shop_order",
    "order_line",
    "order_event",
    "order_return",
    "return_line",
)


def row(
    invoice: object = 536365,
    goods: str = LANTERN,
    quantity: object = 6,
    at: str = "2010-12-01T08:26",
    price: object = 3.39,
    customer: object = 17850,
    country: str = "United Kingdom",
) -> str:
    """One line of the file; what a test does not care about has a sensible value."""
    return f"{invoice},{goods},{quantity},{at},{price},{customer},{country}"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    """A file with those lines."""
    path = folder / "retail.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def write_gzip(folder: Path, *rows: str) -> Path:
    """The same, compressed."""
    path = folder / "retail.csv.gz"
    path.write_bytes(gzip.compress(write(folder, *rows).read_bytes()))
    return path


def run(folder: Path, *rows: str) -> Account:
    """Import those lines into the shop."""
    return import_online_retail(write(folder, *rows), currency="GBP")


def reasons(account: Account) -> dict[int, str]:
    """The reason's name by line number, for lines that were not imported."""
    return {line.number: line.reason.name for line in account.unlisted}


def content() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table an import writes to."""
    db.session.rollback()
    return {table: [tuple(r) for r in db.session.execute(text(f"SELECT * FROM {table}"))] for table in TABLES}
