"""Which processes a run consists of, and how this one becomes their supervisor."""

import os
import sys
from typing import NoReturn

from storefront.config import Settings
from storefront.run import supervise, valkey


def uses_embedded_valkey(settings: Settings) -> bool:
    """Whether any role of Redis is left to the Valkey this shop brings along."""
    embedded = f"unix://{valkey.socket_path(settings.data_dir)}"
    return embedded in {settings.redis_stock_url, settings.redis_queue_url, settings.redis_cache_url}


def names_of_programs(settings: Settings) -> list[str]:
    """The processes in the order they are started; Valkey, which the others need to the end, is stopped last."""
    return [*(["valkey"] if uses_embedded_valkey(settings) else []), "web", "worker", "clock"]


def become_supervisor(names: list[str]) -> NoReturn:
    """Replace this process, and the memory the preparation took, by the supervisor."""
    # Two malloc arenas for each process instead of eight per core.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2"}
    arguments = [sys.executable, "-P", supervise.__file__, *names]
    os.execve(sys.executable, arguments, environment)  # noqa: S606  # A shell has no part in this.
