"""What is made ready before the processes start: the newest tables and, in an empty demo shop, something to sell."""

import logging
import os
from dataclasses import replace

from flask import Flask

from storefront.config import Settings
from storefront.run import valkey
from storefront.run.banner import EVERYWHERE, address
from storefront.run.checks import CannotStart


def complete(settings: Settings) -> Settings:
    """The settings with what only a run can know; written to the environment, so that every process agrees.

    A shop without DATABASE_URL is a demo unless DEMO says otherwise.
    """
    changed: dict[str, object] = {}
    if not os.environ.get("REDIS_URL"):
        changed["redis_url"] = f"unix://{valkey.socket_path(settings.data_dir)}"
        for role in ("redis_stock_url", "redis_queue_url", "redis_cache_url"):
            if not os.environ.get(role.upper()):
                changed[role] = changed["redis_url"]
    if not os.environ.get("BASE_URL") and settings.host in EVERYWHERE:
        changed["base_url"] = address(settings)
    if not os.environ.get("DEMO") and not os.environ.get("DATABASE_URL"):
        changed["demo"] = True
    os.environ.update({name.upper(): "1" if value is True else str(value) for name, value in changed.items()})
    os.environ["DATA_DIR"] = str(settings.data_dir)
    return replace(settings, **changed)  # type: ignore[arg-type]  # The names are fields, their values of their type.


def prepare_database(app: Flask, settings: Settings) -> None:
    """Run the migrations that are missing; fill the shop with the demo when it is one and empty.

    An SQLite file is copied before its tables change. Raises CannotStart when they cannot be changed.
    """
    with app.app_context():
        logging.getLogger("alembic").setLevel(logging.WARNING)
        _migrate(settings)
        if settings.demo:
            from storefront.demo import seed_demo

            seed_demo()


def _migrate(settings: Settings) -> None:
    from flask_migrate import upgrade
    from sqlalchemy.exc import SQLAlchemyError

    from storefront.run.backup import copy_before_migration
    from storefront.run.revisions import find_revisions

    now, needed, is_newer = find_revisions()
    if is_newer:
        raise CannotStart(
            f"The tables are at {now}, and this version of the shop knows them up to {needed}: start the newer one, or"
            " put a copy from before it back (docs/operations.md, Backups)."
        )
    copy = copy_before_migration(settings, now, str(needed)) if now is not None and now != needed else None
    try:
        upgrade()
    except SQLAlchemyError as error:
        where = f" A copy from before stands at {copy}." if copy else ""
        reason = getattr(error, "orig", None) or error
        raise CannotStart(f"The tables could not be brought from {now} to {needed}: {reason}.{where}") from error
