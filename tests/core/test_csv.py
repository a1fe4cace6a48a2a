"""CSV files do not calculate when somebody opens them."""

import ast
import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import storefront
from storefront.core.csv import BYTE_ORDER_MARK, STARTS, safe_cell, write_csv
from storefront.core.web.downloads import csv_answer

HOUSE = Path(storefront.__file__).parent
FORMULAS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠A", "  =1", "\u00a0=1"]


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_begins_like_a_formula_is_a_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-5, -2.5, Decimal("-9.99"), 0, True])
def test_a_number_stays_a_number(value: object) -> None:
    assert safe_cell(value) == value


def test_quotes_commas_and_lines_stay_in_their_cell() -> None:
    cells = ['say "hi"', "a,b;c", "two\r\nlines", "漢字", ""]
    assert read("".join(write_csv(["a"], [cells])))[1] == cells


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=4))
def test_no_cell_of_any_text_begins_like_a_formula_and_none_is_lost(cells: list[str]) -> None:
    cells = [cell.replace("\0", "") for cell in cells]
    _header, row = read("".join(write_csv(["x"], [cells])))
    assert len(row) == len(cells)
    for cell, written in zip(cells, row, strict=True):
        assert not written.lstrip(" \u00a0").startswith(STARTS)
        assert written in {cell, f"'{cell}"}


def test_an_answer_is_saved_and_kept_by_nobody(app) -> None:  # type: ignore[no-untyped-def]
    with app.test_request_context():
        answer = csv_answer("sales.csv", ["name"], [["=cmd"], [None]])
    assert answer.headers["Content-Disposition"] == "attachment; filename=sales.csv"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert read(answer.get_data(as_text=True)) == [["name"], ["'=cmd"], [""]]


def test_nothing_else_in_the_shop_writes_csv() -> None:
    """Whoever writes another one would have to think of formulas again."""
    writers, types = set(), set()
    for path in HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            is_writer = isinstance(node, ast.Attribute) and node.attr in {"writer", "DictWriter"}
            is_type = isinstance(node, ast.Constant) and isinstance(node.value, str) and "text/csv" in node.value
            (writers if is_writer else types if is_type else set()).add(str(path.relative_to(HOUSE)))
    # What is exported on the command line is for programs, which want each SKU as it is.
    assert writers == {"core/csv.py", "insight/forecast/command.py"}
    assert types == {"core/web/downloads.py", "insight/reports/content.py"}
    assert all("import write_csv" in (HOUSE / name).read_text() for name in types)
