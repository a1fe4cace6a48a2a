"""Any WSGI server can serve the shop through wsgi.py, and the command carries Flask's own sub-commands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASK = "from werkzeug.test import Client; from wsgi import app; print(Client(app).get('/health').get_data(as_text=True))"


def in_folder(folder: Path, *command: str) -> str:
    environ = {**os.environ, "DATA_DIR": str(folder), "REDIS_URL": f"unix://{folder}/nowhere", "DEMO": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_any_wsgi_server_can_serve_the_shop(tmp_path: Path) -> None:
    assert in_folder(tmp_path, sys.executable, "-c", ASK).strip() == "ok"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("db", "heads"), "(head)"),
        (("routes",), "catalog.home"),
        (("shell", "--help"), "interactive"),
        (("jobs", "failed"), "0 failed"),
    ],
)
def test_the_command_carries_flasks_own(tmp_path: Path, command: tuple[str, ...], says: str) -> None:
    storefront = str(Path(sys.executable).with_name("storefront"))
    in_folder(tmp_path, storefront, "db", "upgrade")
    assert says in in_folder(tmp_path, storefront, *command)
