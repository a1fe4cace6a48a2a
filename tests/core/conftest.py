"""The shop with its texts as the code and the repository have them now, whatever was compiled when it was installed."""

from pathlib import Path

import pytest
from flask import Flask

from hatch_build import compile_translation
from storefront import create_app
from storefront.config import Settings
from tests.fixtures.catalogues import FOLDER, extracted, locales
from tests.fixtures.databases import Databases
from tests.fixtures.html import CheckedClient
from tests.fixtures.pseudo import PSEUDO, write_catalogue
from tests.fixtures.shop import make_settings, make_tables


@pytest.fixture(scope="session")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every language, compiled, and the pseudo-language."""
    folder = tmp_path_factory.mktemp("translations")
    write_catalogue(extracted(), folder)
    for locale in locales():
        source = Path(locale) / "LC_MESSAGES" / "messages.po"
        (folder / source).parent.mkdir(parents=True)
        (folder / source).write_bytes((FOLDER / source).read_bytes())
        compile_translation(folder / source)
    return folder


@pytest.fixture
def shop(settings: Settings, catalogues: Path) -> Flask:
    """The shop in its own languages."""
    return _make_shop(settings, catalogues)


@pytest.fixture
def pseudo_shop(tmp_path: Path, redis_url: str, databases: Databases, catalogues: Path) -> Flask:
    """The shop in the pseudo-language and nothing else."""
    settings = make_settings(tmp_path, databases.url("sqlite", tmp_path), redis_url, LANGUAGES=PSEUDO)
    return _make_shop(settings, catalogues)


def _make_shop(settings: Settings, catalogues: Path) -> Flask:
    app = create_app(settings)
    app.extensions["babel"].translation_directories[:] = [str(catalogues)]
    app.test_client_class = CheckedClient
    make_tables(app)
    return app
