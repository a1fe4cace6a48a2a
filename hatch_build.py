"""What building adds: compiled translations, and in a wheel the folders that lie beside the package in a checkout."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("templates", "static", "migrations")
TRANSLATIONS = "storefront/translations/*/LC_MESSAGES"


class ShopBuild(BuildHookInterface[Any]):
    """Runs for a wheel and for an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the translations in place; put the folders into a wheel, but not beside an editable package."""
        root = Path(self.root)
        for source in sorted(root.glob(f"{TRANSLATIONS}/*.po")):
            compile_translation(source)
        # What is compiled is ignored by git, and would therefore be left out.
        build_data["artifacts"].append(f"{TRANSLATIONS}/*.mo")
        if version != "editable":
            found = {name: f"storefront/{name}" for name in FOLDERS if (root / name).is_dir()}
            build_data["force_include"].update(found)


def compile_translation(source: Path) -> None:
    """Write the `.mo` file beside the `.po` file `source`; entries marked fuzzy are left out."""
    with source.open("rb") as file:
        catalog = read_po(file)
    with source.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)
