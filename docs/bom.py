"""Writes the software bill of materials: CycloneDX 1.5 of what the shop is installed with and what is vendored.

Everything it says is in the repository: names, versions and hashes in requirements.lock and static/vendor.
"""

import json
import re
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "static" / "vendor"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(.*?)(?=^\S|\Z)", re.M | re.S)
VENDORED = re.compile(r"^\| `([^`]+)` \| [^|]+ \| npm package `([^`]+)@([^`@]+)`[^|]*\| ([^|]+) \|$", re.M)


def main(target: Path) -> None:
    """Write the bill to `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bill(), indent=2) + "\n")
    print(f"{target}: {len(bill()['components'])} components")


def bill() -> dict[str, Any]:
    """The whole document; the same repository gives the same."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parts = [*locked((ROOT / "requirements.lock").read_text()), *vendored((VENDOR / "README.md").read_text())]
    about = {"type": "application", "name": project["name"], "version": project["version"]}
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(parts, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {**about, "licenses": [{"license": {"id": project["license"]}}]}},
        "components": parts,
    }


def locked(text: str) -> list[dict[str, Any]]:
    """One component for each pinned package."""
    found = []
    for name, version, rest in PINNED.findall(text):
        hashes = [{"alg": "SHA-256", "content": digest} for digest in re.findall(r"sha256:([0-9a-f]{64})", rest)]
        purl = f"pkg:pypi/{name.lower()}@{version}"
        found.append({"type": "library", "name": name, "version": version, "purl": purl, "hashes": hashes})
    return found


def vendored(text: str) -> list[dict[str, Any]]:
    """One component for each file that others made and the shop serves."""
    sums = dict(reversed(line.split()) for line in (VENDOR / "CHECKSUMS").read_text().splitlines())
    return [
        {
            "type": "library",
            "name": package,
            "version": version,
            "purl": f"pkg:npm/{package.replace('@', '%40')}@{version}",
            "hashes": [{"alg": "SHA-256", "content": sums[file]}],
            "licenses": [{"license": {"name": licence.strip()}}],
        }
        for file, package, version, licence in VENDORED.findall(text)
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
