"""Where the tables are, and where this version of the shop needs them."""

from typing import NamedTuple

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storefront.core.assets import asset_folder
from storefront.core.db import db


class Revisions(NamedTuple):
    """`now` is None in an empty database."""

    now: str | None
    needed: str | None


def find_revisions() -> Revisions:
    """Asks the database of the app at hand."""
    with db.engine.connect() as connection:
        now = MigrationContext.configure(connection).get_current_revision()
    return Revisions(now, ScriptDirectory(str(asset_folder("migrations"))).get_current_head())
