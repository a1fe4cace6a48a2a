"""Copies of a shop whose database is an SQLite file, made while it goes on selling."""

import os
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import make_url

from storefront.config import Settings
from storefront.core import clock
from storefront.core.audit.chain import HEADS_FILE
from storefront.run.checks import CannotStart
from storefront.run.doctor.machines import BACKUP_FILE

DATABASE = "shop.sqlite3"
OURS = f"shop-{'[0-9]' * 8}T{'[0-9]' * 6}Z.tar.gz"
# What of the data folder is no copy of anything else: pictures, the key that signs, and where the audit log ended.
KEPT = ("media", "secret_key", HEADS_FILE)
# Copies from before a migration; older ones are deleted.
COPIES = 2


def database_file(settings: Settings) -> Path | None:
    """The SQLite file of the shop; None when the database is on a server, or not there yet."""
    url = make_url(settings.database_url)
    file = Path(url.database or "")
    return file if url.get_backend_name() == "sqlite" and file.is_file() else None


def copy_database(source: Path, target: Path) -> Path:
    """Copy an SQLite file as of one moment, whoever writes to it meanwhile; raises CannotStart if it is damaged."""
    part = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        found = _copy(source, part)
        if found != "ok":
            raise CannotStart(f"The database file {source} is damaged ({found}): it was not copied.")
        return part.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise CannotStart(f"The database file {source} could not be copied: {error}.") from error
    finally:
        part.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> str:
    """Copies, and returns what SQLite says of the copy ("ok")."""
    with (
        closing(sqlite3.connect(f"file:{quote(str(source.absolute()))}?mode=ro", uri=True)) as original,
        closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)
        return str(copy.execute("PRAGMA quick_check(1)").fetchone()[0])


def make_backup(settings: Settings, folder: Path, keep: int = 0) -> Path:
    """Write `shop-<time>.tar.gz` into `folder`, for its owner only, and tell `storefront doctor` of it.

    With `keep` only so many of the newest stay. Raises CannotStart where the database is on a server.
    """
    database = database_file(settings)
    if database is None:
        raise CannotStart(
            "This database is no file of this machine: copy it with pg_dump or mariadb-dump, and the folder"
            f" {settings.data_dir} beside it."
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"shop-{clock.now():%Y%m%dT%H%M%SZ}.tar.gz"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        copy, packed = copy_database(database, Path(scratch) / DATABASE), Path(scratch) / target.name
        with tarfile.open(packed, "w:gz") as archive:
            archive.add(copy, DATABASE)
            for name in KEPT:
                if (settings.data_dir / name).exists():
                    archive.add(settings.data_dir / name, name)
        packed.chmod(0o600)
        packed.replace(target)
    _forget_older(folder, OURS, keep)
    (settings.data_dir / BACKUP_FILE).touch()
    return target


def copy_before_migration(settings: Settings, now: str, needed: str) -> Path | None:
    """Keep the SQLite file as it is beside itself, before its tables change; None on a server.

    Both revisions are in its name: after steps of which only the first went well, the next try copies to another.
    """
    database = database_file(settings)
    if database is None:
        return None
    made = copy_database(database, database.with_name(f"{database.stem}-{now}-before-{needed}{database.suffix}"))
    _forget_older(database.parent, f"{database.stem}-*-before-*{database.suffix}", COPIES)
    return made


def _forget_older(folder: Path, pattern: str, keep: int) -> None:
    """Delete all but the newest `keep` files; none with 0."""
    files = sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[keep:] if keep else ():
        file.unlink()
