"""docs/security.md has a line for every item of levels 1 and 2, counts them right, and names files that exist."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (.+?) \| (.*?) \| (.*?) \|$", PAGE, re.M)
STATES = {"met, tested", "met", "not met", "does not apply"}
# How many items of levels 1 and 2 each chapter of the standard has.
CHAPTERS = {
    1: 27,
    2: 11,
    3: 19,
    4: 10,
    5: 9,
    6: 35,
    7: 18,
    8: 7,
    9: 7,
    10: 29,
    11: 14,
    12: 9,
    13: 13,
    14: 9,
    15: 13,
    16: 16,
    17: 7,
}


def test_every_item_has_one_line() -> None:
    ids = [row[0] for row in ROWS]
    assert len(ids) == len(set(ids)) == 253
    assert Counter(row[1] for row in ROWS) == {"1": 70, "2": 183}
    assert Counter(int(one.partition(".")[0]) for one in ids) == CHAPTERS
    assert {row[3] for row in ROWS} == STATES


@pytest.mark.parametrize("state", sorted(STATES))
def test_the_counts_are_those_of_the_lines(state: str) -> None:
    found = re.search(rf"^\| {state} \| (\d+) \| (\d+) \|$", PAGE, re.M)
    assert found
    of_state = [row for row in ROWS if row[3] == state]
    assert (int(found[1]), int(found[2])) == (sum(row[1] == "1" for row in of_state), len(of_state))


def test_what_is_called_tested_names_tests_that_exist() -> None:
    for item, _level, _what, state, _where, tests in ROWS:
        names = [name.strip() for name in tests.split(",") if name.strip()]
        assert bool(names) == (state == "met, tested"), item
        assert all((ROOT / name).is_file() and "tests/" in name for name in names), (item, names)


def test_the_files_it_names_are_there() -> None:
    named = set(re.findall(r"(?<![\w/.])((?:[a-z_]+/)*[a-z_0-9-]+\.(?:py|md|html))\b", PAGE))
    missing = [name for name in named if not any((ROOT / base / name).exists() for base in ("", "storefront", "docs"))]
    assert missing == []
