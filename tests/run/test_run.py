"""`storefront run` with real processes: it starts, survives, stops, and continues."""

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from storefront.run import valkey
from tests.run.shop_process import ShopProcess, eventually

STOP_SECONDS = 5.0
ROLES = {"supervisor", "valkey", "web", "worker", "clock"}


def test_home_page_answers_and_every_process_runs(tmp_path: Path) -> None:
    with ShopProcess(tmp_path / "var") as shop:
        assert set(shop.roles()) == ROLES
        assert f"http://127.0.0.1:{shop.port}" in shop.output


def test_ctrl_c_ends_every_process_within_five_seconds(tmp_path: Path) -> None:
    with ShopProcess(tmp_path / "var") as shop:
        assert shop.ctrl_c() < STOP_SECONDS
        assert shop.process.returncode == 0


def test_sigterm_ends_every_process_within_five_seconds(tmp_path: Path) -> None:
    with ShopProcess(tmp_path / "var") as shop:
        assert shop.terminate() < STOP_SECONDS
        assert shop.process.returncode == 0


def test_second_run_continues_with_the_same_data(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    with ShopProcess(data_dir) as shop:
        Redis(unix_socket_path=str(data_dir / "valkey.sock")).set("kept", "yes")
        secret = (data_dir / "secret_key").read_text()
        shop.ctrl_c()
    with sqlite3.connect(data_dir / "shop.sqlite3") as database:
        database.execute("CREATE TABLE kept (word TEXT)")
        database.execute("INSERT INTO kept VALUES ('yes')")
    with ShopProcess(data_dir):
        assert Redis(unix_socket_path=str(data_dir / "valkey.sock")).get("kept") == b"yes"
        with sqlite3.connect(data_dir / "shop.sqlite3") as database:
            assert database.execute("SELECT word FROM kept").fetchall() == [("yes",)]
        assert (data_dir / "secret_key").read_text() == secret


def test_killed_supervisor_leaves_no_process_behind_and_the_next_run_starts(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    with ShopProcess(data_dir) as shop:
        Redis(unix_socket_path=str(data_dir / "valkey.sock")).set("kept", "yes")
        shop.process.kill()
        shop.process.wait()
        assert eventually(lambda: not shop.members(), STOP_SECONDS), shop.members()
        assert (data_dir / "valkey.sock").exists(), "a stale socket is part of this test"
        assert (data_dir / "run.lock").read_text().strip() == str(shop.process.pid), "a stale pid is part of this test"
    with ShopProcess(data_dir, port=shop.port):
        assert Redis(unix_socket_path=str(data_dir / "valkey.sock")).get("kept") == b"yes"


@pytest.mark.parametrize("role", ["valkey", "web", "worker", "clock"])
def test_process_that_dies_is_started_again(tmp_path: Path, role: str) -> None:
    with ShopProcess(tmp_path / "var") as shop:
        first = shop.roles()[role]
        first.kill()
        assert eventually(lambda: shop.roles().get(role, first).pid != first.pid, 10), shop.output
        shop.wait_for_page()
        assert eventually(lambda: set(shop.roles()) == ROLES, 10), shop.output
        assert f"{role:6} | has ended" in shop.output


def test_second_run_on_the_same_data_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    with ShopProcess(data_dir) as shop:
        with contextlib.closing(ShopProcess(data_dir)) as second:
            assert second.process.wait(30) == 1
        assert "running already" in second.output
        assert str(shop.process.pid) in second.output
        assert len(second.output.strip().splitlines()) == 1
        assert shop.get()[0] == 200


def test_folder_with_awkward_name_works(tmp_path: Path) -> None:
    with ShopProcess(tmp_path / "Läden 100% ; #1 'x'") as shop:
        assert set(shop.roles()) == ROLES


def test_folder_too_deep_for_a_socket_gets_a_private_one_elsewhere(tmp_path: Path) -> None:
    data_dir = tmp_path / ("d" * 80) / ("e" * 80)
    data_dir.parent.mkdir()
    with ShopProcess(data_dir) as shop:
        assert "valkey" in shop.roles()
        path = valkey.socket_path(data_dir)
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert Redis(unix_socket_path=str(path)).ping()
        shop.ctrl_c()
    path.parent.rmdir()


def test_given_database_and_redis_are_used_and_no_valkey_is_started(tmp_path: Path) -> None:
    database = tmp_path / "elsewhere.sqlite3"
    with _server(tmp_path / "other") as socket:
        database_url, redis_url = f"sqlite:///{database}", f"unix://{socket}"
        with ShopProcess(tmp_path / "var", DATABASE_URL=database_url, REDIS_URL=redis_url) as shop:
            assert set(shop.roles()) == {"supervisor", "web", "worker", "clock"}
            assert database.exists()
            assert not (tmp_path / "var" / "shop.sqlite3").exists()
            assert eventually(lambda: Redis(unix_socket_path=str(socket)).scard("rq:workers") == 1, 10)


def test_memory_of_all_processes_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The figure is printed, not asserted: it belongs to the machine."""
    with ShopProcess(tmp_path / "var") as shop:
        for _ in range(100):
            assert shop.get()[0] == 200
        sizes = {role: process.memory_info().rss / 2**20 for role, process in shop.roles().items()}
        with capsys.disabled():
            parts = ", ".join(f"{role} {size:.0f}" for role, size in sizes.items())
            sys.stdout.write(f"\nmemory after 100 pages: {sum(sizes.values()):.0f} MiB ({parts})\n")
        assert len(sizes) == 5


@contextlib.contextmanager
def _server(data_dir: Path) -> Iterator[Path]:
    """A Valkey that is not the shop's own."""
    (data_dir / "valkey").mkdir(parents=True)
    path = valkey.socket_path(data_dir)
    with subprocess.Popen(valkey.command(data_dir), stdout=subprocess.DEVNULL) as server:
        try:
            assert valkey.wait_until_ready(path)
            yield path
        finally:
            server.terminate()
