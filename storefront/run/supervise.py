"""The one process that keeps the others alive, started by `storefront run`. Why not a library: docs/decisions.

It starts the programs in order, starts again what ends, passes on what they say with their name in front, and ends with
all of them: on SIGINT or SIGTERM with status 0, when one cannot be started with status 1. It imports nothing but the
standard library and is run by its path, so that it stays as small as a process of Python can be.
"""

import os
import selectors
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

GRACE_SECONDS = 3.0
LAST_GRACE_SECONDS = 1.0
STEADY_SECONDS = 2.0
MAX_TRIES = 3
NEVER = float("inf")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Program:
    """One program: how it is started, and what is to happen to it next."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.command = list(command)
        self.pid = 0
        self.started_at = 0.0
        self.failures = 0
        self.start_due = 0.0
        self.kill_due = NEVER

    def start(self) -> int:
        """Start it in a process group of its own; returns the end of the pipe it writes to."""
        reader, writer = os.pipe()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writer, 1),
            (os.POSIX_SPAWN_DUP2, writer, 2),
        ]
        self.pid = os.posix_spawn(
            self.command[0], self.command, os.environ, file_actions=actions, setpgroup=0, setsigdef=STOP_SIGNALS
        )
        os.close(writer)
        self.started_at, self.start_due, self.kill_due = time.monotonic(), NEVER, NEVER
        return reader

    def stop(self, grace_seconds: float) -> None:
        """Ask it to end; whatever is left of its group after the grace is killed."""
        if self.pid and self.kill_due == NEVER:
            self.kill_due = time.monotonic() + grace_seconds
            os.kill(self.pid, signal.SIGTERM)

    def kill_if_due(self) -> None:
        """Kill it and its own children once its grace is over."""
        if self.pid and time.monotonic() >= self.kill_due:
            os.killpg(self.pid, signal.SIGKILL)

    def has_ended(self) -> bool:
        """Whether it ended since the last look; sets when it is started again, later after each failure."""
        if not self.pid or os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            return False
        self.pid = 0
        steady = time.monotonic() - self.started_at >= STEADY_SECONDS
        self.failures = 0 if steady else self.failures + 1
        self.start_due = time.monotonic() + self.failures
        return True


class Supervisor:
    """Runs `programs`; the first one is stopped last, because the others need it to the end."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self.programs = programs
        self.status = 0
        self.is_stopping = False
        self.selector = selectors.DefaultSelector()
        self.unfinished: dict[int, bytes] = {}

    def run(self) -> int:
        """Start everything, keep it running until told to stop; returns the exit status."""
        self._listen_to_signals()
        while not self.is_stopping or any(program.pid for program in self.programs):
            self._stop_some() if self.is_stopping else self._start_some()
            self._wait()
            for program in self.programs:
                if program.has_ended() and not self.is_stopping:
                    self._judge(program)
        self._wait(0)
        return self.status

    def _listen_to_signals(self) -> None:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self.selector.register(reader, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in STOP_SIGNALS:
            signal.signal(number, self._begin_to_stop)

    def _begin_to_stop(self, *_: object) -> None:
        self.is_stopping = True

    def _start_some(self) -> None:
        for program in self.programs:
            if time.monotonic() >= program.start_due:
                self.selector.register(program.start(), selectors.EVENT_READ, program.name)

    def _stop_some(self) -> None:
        first, *others = self.programs
        for program in others:
            program.stop(GRACE_SECONDS)
        if not any(program.pid for program in others):
            first.stop(LAST_GRACE_SECONDS)
        for program in self.programs:
            program.kill_if_due()

    def _judge(self, program: Program) -> None:
        if program.failures < MAX_TRIES:
            say(program.name, "has ended and is started again.")
            return
        say(program.name, "cannot be started; its last words are above. Everything is stopped.")
        self.status = 1
        self.is_stopping = True

    def _wait(self, seconds: float = NEVER) -> None:
        """Pass on what is said until something is due or a signal has come."""
        for program in self.programs:
            due = program.kill_due if program.pid else NEVER if self.is_stopping else program.start_due
            seconds = min(seconds, max(due - time.monotonic(), 0))
        for key, _ in self.selector.select(None if seconds == NEVER else seconds):
            self._read(key)

    def _read(self, key: selectors.SelectorKey) -> None:
        data = os.read(key.fd, 65536)
        if key.data is None:  # The pipe that signals wake us through.
            return
        *lines, rest = (self.unfinished.pop(key.fd, b"") + data).split(b"\n")
        if data:
            self.unfinished[key.fd] = rest
        else:
            self.selector.unregister(key.fd)
            os.close(key.fd)
            lines += [rest] if rest else []
        for line in lines:
            say(key.data, line.decode("utf-8", "replace"))


def say(name: str, text: str) -> None:
    """Print one line with the name of the program it is about; that nobody reads it any more is no reason to end."""
    with suppress(OSError):
        os.write(1, f"{name:6} | {text}\n".encode())


def main(names: Sequence[str]) -> int:
    """Run these processes of the shop; returns the exit status."""
    for descriptor in range(3, 64):
        with suppress(OSError):
            os.set_inheritable(descriptor, False)  # The lock of this run must not outlive it in a child.
    child = [sys.executable, "-P", "-m", "storefront.run.child", str(os.getpid())]
    return Supervisor([Program(name, [*child, name]) for name in names]).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
