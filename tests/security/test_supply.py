"""The bill of materials names everything that is installed and served, with hashes that hold."""

import hashlib
import importlib.util
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "static" / "vendor"


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("bom", ROOT / "docs" / "bom.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.bill())


def test_every_locked_package_is_in_the_bill_with_its_hashes(bill: dict[str, Any]) -> None:
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.M)
    listed = {(part["name"], part["version"]): part for part in bill["components"] if "pypi" in part["purl"]}
    assert set(listed) == set(pinned)
    assert len(pinned) > 50
    assert all(part["hashes"] for part in listed.values())
    assert (listed["flask", version("flask")]["purl"]) == f"pkg:pypi/flask@{version('flask')}"


def test_every_vendored_file_is_in_the_bill_and_is_what_its_hash_says(bill: dict[str, Any]) -> None:
    files = [path for path in VENDOR.iterdir() if path.suffix in {".js", ".woff2", ".css"}]
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    listed = {part["hashes"][0]["content"] for part in bill["components"] if "npm" in part["purl"]}
    assert listed == digests
    assert len(files) >= 2


def test_the_bill_has_the_form_that_others_read(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["metadata"]["component"]["name"] == "storefront"
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    names = [part["purl"] for part in bill["components"]]
    assert len(names) == len(set(names))


def test_locks_name_hashes_and_no_place(bill: dict[str, Any]) -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        assert len(re.findall(r"^\S+==", text, re.M)) <= text.count("--hash=sha256:")
