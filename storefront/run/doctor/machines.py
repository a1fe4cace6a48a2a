"""What Redis and the disk tell: workers, what is kept, what is thrown away, and when the last backup was made."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import ResponseError

from storefront.config import Settings
from storefront.core import clock
from storefront.core.redis import connect, look_at_queue
from storefront.run.doctor import Check, Finding

BACKUP_FILE = "last-backup"
BACKUP_AGE = timedelta(hours=26)


def _workers(settings: Settings) -> Iterator[Finding]:
    if look_at_queue(connect(settings.redis_queue_url, 3)).workers == 0:
        yield Finding(
            "worker", True, "No worker is running: no mail is sent, no payment confirmed. `storefront worker`."
        )


def _redis(settings: Settings) -> Iterator[Finding]:
    for role in ("stock", "queue"):
        client = connect(getattr(settings, f"redis_{role}_url"), 3)
        try:
            known: Any = {
                **client.config_get("maxmemory*"),
                **client.config_get("appendonly"),
                **client.config_get("save"),
            }
        except ResponseError:  # A rented server that does not tell.
            yield Finding(
                f"redis_{role}", False, f"The Redis of {role} does not tell its settings: check them by hand."
            )
            continue
        if known.get("maxmemory", "0") != "0" and known.get("maxmemory-policy") != "noeviction":
            text = f"The Redis of {role} throws keys away when it is full. Set maxmemory-policy noeviction."
            yield Finding(f"redis_{role}_eviction", True, text)
        if known.get("appendonly") == "no" and not known.get("save"):
            text = (
                f"The Redis of {role} keeps nothing when it restarts: holds of shoppers are lost. Set appendonly yes."
            )
            yield Finding(f"redis_{role}_persistence", True, text)


def _backup(settings: Settings) -> Iterator[Finding]:
    file = settings.data_dir / BACKUP_FILE
    if not file.exists():
        text = f"No backup is known of. Let the one you make end with: touch {file} (`storefront backup` does)"
        yield Finding("backup", True, text)
    elif clock.now() - datetime.fromtimestamp(file.stat().st_mtime, UTC) > BACKUP_AGE:
        yield Finding("backup", True, f"The last backup is older than {BACKUP_AGE.total_seconds() / 3600:.0f} hours.")


MACHINE_CHECKS: tuple[Check, ...] = (_workers, _redis, _backup)
