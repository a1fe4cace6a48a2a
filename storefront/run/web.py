"""The web server: granian over `create_app()`."""

import gc
import os
import shutil
from pathlib import Path
from typing import Any

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from storefront.config import Settings

BACKLOG = 1024
GRACE_SECONDS = 2


class OneProcessServer(MPServer):
    """granian with its one worker in this very process: the second, idle one would cost 26 MB."""

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        # The worker process is made but never started: run() does its work here and returns after SIGTERM or SIGINT.
        self._spawn_worker(0, spawn_target, target_loader).inner.run()
        self.interrupt_signal = True
        self.main_loop_interrupt.set()


def make_app() -> Flask:
    """The shop as this server serves it; with it go the demo provider's messages, when payments are a demo."""
    from storefront import create_app
    from storefront.payments.gateways import start_demo_deliveries

    app = create_app()
    start_demo_deliveries(app)
    # What is loaded now stays: the collector need not walk over it again and again (65 ms each time).
    gc.collect()
    gc.freeze()
    return app


def share_counts(folder: Path) -> None:
    """Let several processes count in files that each of them can read; prometheus_client is told by its environment."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def serve(settings: Settings) -> None:
    """Serve the shop on HOST and PORT until SIGTERM or SIGINT."""
    server = OneProcessServer if settings.web_workers == 1 else MPServer
    if settings.web_workers > 1:
        share_counts(settings.data_dir / "metrics")
    server(
        "storefront.run.web:make_app",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        backlog=BACKLOG,
        websockets=False,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
    ).serve()
