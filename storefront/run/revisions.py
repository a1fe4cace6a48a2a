"""Where the tables are, and where this version of the shop needs them."""

from typing import NamedTuple

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from storefront.core.assets import asset_folder
from storefront.core.db import db


class Revisions(NamedTuple):
    """`now` is None in an empty database; `is_newer`: a version of the shop that came after this one was there."""

    now: str | None
    needed: str | None
    is_newer: bool


def find_revisions() -> Revisions:
    """Asks the database of the app at hand."""
    with db.engine.connect() as connection:
        now = MigrationContext.configure(connection).get_current_revision()
    known = ScriptDirectory(str(asset_folder("migrations")))
    try:
        is_newer = now is not None and known.get_revision(now) is None
    except CommandError:
        is_newer = True
    return Revisions(now, known.get_current_head(), is_newer)
