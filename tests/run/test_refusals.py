"""What keeps the shop from starting: one clear line, exit status 1, and the data as they were."""

import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.run.shop_process import COMMAND, free_port, shop_environment

REFUSED_SECONDS = 30


def refused(data_dir: Path, **settings: str) -> str:
    """The one line `storefront run` prints instead of starting."""
    answer = subprocess.run(
        [COMMAND, "run"],
        env=shop_environment(data_dir, **{"PORT": str(free_port()), **settings}),
        capture_output=True,
        text=True,
        check=False,
        timeout=REFUSED_SECONDS,
    )
    assert answer.returncode == 1, answer
    lines = (answer.stdout + answer.stderr).strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_taken_port_is_refused_with_a_free_one_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(tmp_path / "var", PORT=str(port))
    assert f"Port {port} is taken" in line
    assert "PORT=" in line.replace(f"PORT={port}", "")


def test_port_taken_on_every_address_is_refused_too(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} is taken" in refused(tmp_path / "var", PORT=str(port))


def test_host_of_another_machine_is_refused(tmp_path: Path) -> None:
    assert "HOST=192.0.2.7 cannot be listened on" in refused(tmp_path / "var", HOST="192.0.2.7")


def test_unusable_setting_is_refused_by_name(tmp_path: Path) -> None:
    assert "PORT='web'" in refused(tmp_path / "var", PORT="web")


def test_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    assert "data folder" in refused(tmp_path / "var", SECRET_KEY="x" * 48)


def test_text_in_place_of_the_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "shop.sqlite3"
    path.parent.mkdir()
    path.write_bytes(b"Not a database at all.\n" * 400)
    before = path.read_bytes()
    assert str(path) in refused(tmp_path / "var")
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["truncated", "overwritten"])
def test_damaged_database_is_refused_and_left_alone(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "var" / "shop.sqlite3"
    path.parent.mkdir()
    _fill(path)
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes(whole[:half] if damage == "truncated" else whole[:8192] + b"\xa5" * half + whole[8192 + half :])
    before = path.read_bytes()
    line = refused(tmp_path / "var")
    assert "damaged" in line
    assert str(path) in line
    assert path.read_bytes() == before


def test_database_server_that_does_not_answer_is_refused_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://shop:secretword@127.0.0.1:{free_port()}/shop"
    line = refused(tmp_path / "var", DATABASE_URL=url)
    assert "does not answer" in line
    assert "secretword" not in line


def test_redis_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    line = refused(tmp_path / "var", REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert "Redis does not answer" in line


def _fill(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE line (id INTEGER PRIMARY KEY, word TEXT)")
        database.executemany("INSERT INTO line (word) VALUES (?)", [(f"word {number}" * 20,) for number in range(2000)])
        database.commit()
    database.close()
