import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

COMMAND = [sys.executable, "-c", "from storefront.torture.command import torture; torture()"]
KEYS = ["sold", "refused", "errors", "available", "ledger", "drift", "slowest_seconds", "seconds"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the sale puts what it needs; its path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="t-") as name:
        yield Path(name)


def hold_sale(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run([*COMMAND, *options], env=environ, capture_output=True, text=True, timeout=240)


@pytest.mark.parametrize("fault", ["none", "redis-flush", "sql-kill"])
def test_exactly_what_is_there_is_sold_and_nothing_is_left_behind(folder: Path, fault: str) -> None:
    ended = hold_sale(folder, "--buyers", "40", "--stock", "6", "--lines", "2", "--faults", fault, "--json")
    facts = json.loads(ended.stdout.splitlines()[-1])
    assert ended.returncode == 0, ended.stderr
    assert list(facts) == KEYS
    assert facts | {"slowest_seconds": 0, "seconds": 0} == dict.fromkeys(KEYS, 0) | {"sold": 6, "refused": 34}
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_sale_that_is_stopped_takes_everything_down(folder: Path, number: signal.Signals) -> None:
    environ = {**os.environ, "TMPDIR": str(folder)}
    process = subprocess.Popen([*COMMAND, "--buyers", "500"], env=environ, stderr=subprocess.PIPE)
    started: list[psutil.Process] = []
    end = time.monotonic() + 60
    while len(started) < 3 and time.monotonic() < end:
        started = psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.05)
    process.send_signal(number)
    process.communicate(timeout=180)
    assert process.returncode == 1
    assert len(started) >= 3
    assert [one for one in started if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []
    assert list(folder.iterdir()) == []
