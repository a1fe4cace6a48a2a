"""Processor time by process, from /proc: what a machine that does other things as well cannot blur."""

import os
from collections.abc import Mapping
from pathlib import Path

import psycopg

TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


class Meter:
    """Reads the processor time of named processes (with the children they have buried), of this one, and of PostgreSQL.

    PostgreSQL is counted whole, so what else uses the server meanwhile is in its number.
    """

    def __init__(self, pids: Mapping[str, int], database_url: str) -> None:
        self._pids = pids
        self._postmaster = _postmaster(database_url)
        self._begun = self._read()

    def spent(self) -> dict[str, float]:
        """Seconds of processor time since the meter was made, by name; forks that still live are in their parent's."""
        return {name: seconds - self._begun[name] for name, seconds in self._read().items()}

    def _read(self) -> dict[str, float]:
        families = _families()
        pids = {"this client": os.getpid(), **self._pids}
        if self._postmaster:
            pids["postgresql"] = self._postmaster
        return {name: _seconds(pid, families) for name, pid in pids.items()}


def _seconds(pid: int, families: Mapping[int, list[int]]) -> float:
    """User and system time of a process, of its dead children, and of its living ones (our own are named apart)."""
    is_own = pid == os.getpid()
    fields = _stat(pid)
    own = sum(int(fields[n]) for n in ((13, 14) if is_own else (13, 14, 15, 16))) * TICK_SECONDS
    return own + (0 if is_own else sum(_seconds(child, families) for child in families.get(pid, ())))


def _families() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            found.setdefault(int(fields[3]), []).append(int(folder.name))
    return found


def _stat(pid: int) -> list[str]:
    """The fields of proc(5), from 0; zeros for a process that has just gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ["0"] * 20
    before, _, after = text.rpartition(")")
    return [before, "", *after.split()]


def _postmaster(database_url: str) -> int:
    """The first process of the PostgreSQL server, 0 when it is not on this machine."""
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        backend = _stat(connection.info.backend_pid)
        return int(backend[3]) if "postgres" in backend[0] else 0
