"""One process of the shop under the supervisor: `python -m storefront.run.child PARENT NAME`.

It is kept apart from the `storefront` command so that it loads only what its own role needs. Modules of `jobs` are
named, not imported: `jobs` knows the shop, never the other way.
"""

import ctypes
import importlib
import os
import signal
import sys
from collections.abc import Callable
from functools import partial

from storefront.config import load_settings
from storefront.core.log import init_log
from storefront.run import valkey

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Become the role `arguments[1]`, for as long as the process `arguments[0]` lives."""
    parent, role = int(arguments[0]), arguments[1]
    die_with_parent(parent)
    os.register_at_fork(after_in_child=lambda: die_with_parent(os.getppid()))
    roles: dict[str, Callable[[], None]] = {
        "valkey": partial(valkey.become, load_settings().data_dir),
        "web": _web,
        "worker": work,
        "clock": tick,
    }
    init_log(load_settings().log_format)
    _wait_for_valkey(role)
    roles[role]()


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent` dies, so that a killed supervisor leaves nothing behind.

    Linux only; elsewhere a killed supervisor's children must be stopped by hand.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # It died before the kernel knew.
        os._exit(1)


def _wait_for_valkey(role: str) -> None:
    settings = load_settings()
    path = valkey.socket_path(settings.data_dir)
    if role != "valkey" and settings.redis_url == f"unix://{path}" and not valkey.wait_until_ready(path):
        sys.exit(f"Valkey does not answer on {path}.")


def _web() -> None:
    from storefront.run.web import serve

    serve(load_settings())


def work() -> None:
    """Run jobs until SIGTERM or SIGINT."""
    importlib.import_module("jobs.worker").run_worker(load_settings())


def tick() -> None:
    """Relay the outbox and start periodic jobs until SIGTERM or SIGINT."""
    importlib.import_module("jobs.clock").run_clock(load_settings())


if __name__ == "__main__":
    main(sys.argv[1:])
