"""A real SMTP server that a test can make wait in the middle of taking a message."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller

from tests.fixtures.servers import free_port
from tests.fixtures.smtp import Postbox


@dataclass
class SlowPostbox(Postbox):
    """Knows the recipient, then waits until `may_go_on`: nothing has been taken while it waits."""

    is_asked: Event = field(default_factory=Event)
    may_go_on: Event = field(default_factory=Event)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd calls it so.
        self.is_asked.set()
        while not self.may_go_on.is_set():
            await asyncio.sleep(0.02)
        envelope.rcpt_tos.append(address)
        return "250 OK"


@contextmanager
def slow_smtp() -> Iterator[SlowPostbox]:
    """A server on a free port of this machine that waits with its first message."""
    port = free_port()
    box = SlowPostbox(url=f"127.0.0.1:{port}")
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        box.may_go_on.set()
        controller.stop()
