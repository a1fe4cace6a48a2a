"""With no network at all but the loopback of an empty name space, the shop starts and sells."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin import need

pytestmark = pytest.mark.xdist_group("processes")


def test_the_shop_sells_without_any_network() -> None:
    need(os.geteuid() == 0 and shutil.which("unshare") and shutil.which("ip"), "an empty name space: root, unshare, ip")
    command = f"ip link set lo up && exec {sys.executable} -m tests.run.alone"
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", command],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is paid" in done.stdout
