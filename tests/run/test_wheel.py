"""The wheel: built, installed into an empty environment, it runs the same shop from an empty folder."""

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.run.shop_process import ShopProcess, shop_environment

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("templates", "static", "migrations")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT], check=True, capture_output=True
    )
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `storefront` command of a fresh environment with the wheel in it; its dependencies come from this one."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(folder, with_pip=True)
    [wheel] = built.glob("*.whl")
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin" / "storefront"


def test_wheel_carries_every_file_of_the_shop(built: Path) -> None:
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
    for folder in FOLDERS:
        expected = {f"storefront/{path.relative_to(ROOT)}" for path in _files(ROOT / folder)}
        assert expected
        assert expected <= carried
    sources = list(ROOT.glob("storefront/translations/*/LC_MESSAGES/*.po"))
    assert sources
    for path in sources:
        assert str(path.with_suffix(".mo").relative_to(ROOT)) in carried


def test_source_distribution_can_build_and_test_itself(built: Path) -> None:
    [source] = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        carried = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "hatch_build.py", "requirements.lock", "requirements-dev.lock", "LICENSE"} <= carried
    assert "tests/run/test_wheel.py" in carried
    assert not [name for name in carried if name.startswith(("var/", ".venv/", ".tools/"))]


def test_installed_wheel_runs_the_shop_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with ShopProcess(folder / "unused", command=installed, DATA_DIR="") as shop:
        status, body = shop.get("/")
        assert status == 200
        assert b"<html" in body
        style = next(path for path in _files(ROOT / "static") if path.suffix == ".css")
        assert shop.get(f"/{style.relative_to(ROOT)}") == (200, style.read_bytes())
        served_by = " ".join(shop.roles()["web"].cmdline())
        assert str(installed.parent) in served_by
        assert shop.ctrl_c() < 5
    assert {path.name for path in folder.iterdir()} == {"var", shop.log.name}


def test_installed_command_carries_the_database_commands(installed: Path, tmp_path: Path) -> None:
    for words in (["db", "upgrade"], ["db", "current"]):
        answer = subprocess.run(
            [installed, *words],
            env=shop_environment(tmp_path / "var"),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
    assert "(head)" in answer.stdout


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
