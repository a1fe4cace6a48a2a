"""The gate: a copy of stock in Redis that admits or refuses a shopper in one round trip.

It never decides what is sold: the guard in SQL does. When it is away, everybody is let through to that guard.
The scripts lie in `lua/`; what the keys hold is said in `lua/shared.lua`. Design: docs/stock.md.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storefront.core.errors import Unavailable

if TYPE_CHECKING:
    from redis import Redis

SCRIPTS = Path(__file__).parent / "lua"
HOLD_SECONDS = 600
MAX_PIECES = 999
BATCH = 1000
NOTES = "{stock}:notes"


class GateAway(Unavailable):
    """Redis did not answer in time, or gave an answer that is none of ours."""


@dataclass(frozen=True)
class Copy:
    """What SQL said about a variant when it was read."""

    variant_id: int
    available: int
    version: int


@dataclass(frozen=True)
class Hold:
    """Pieces kept for a shopper until `expires_at_ms`, milliseconds of the Redis server's clock."""

    id: str
    expires_at_ms: int


@dataclass(frozen=True)
class Short:
    """The lines of which too few are free, as {variant id: free pieces}; nothing is held."""

    free: Mapping[int, int]


@dataclass(frozen=True)
class Unknown:
    """Variants that the gate has no copy of: publish them, then ask again; nothing is held."""

    variant_ids: Sequence[int]


class Gate:
    """One shard of stock on one Redis server. Every method raises GateAway when the server does not do its part."""

    def __init__(self, client: "Redis") -> None:
        self._client = client

    def hold(
        self, hold_id: str, shopper: str, lines: Mapping[int, int], seconds: float = HOLD_SECONDS
    ) -> Hold | Short | Unknown:
        """Keep all `lines` ({variant id: 1 to 999 pieces}) for a shopper, or none; replaces the hold they had.

        Idempotent on `hold_id` with the same lines while it lives. Raises ValueError for any other number of pieces.
        """
        # A script that fails half-way is not undone, and a negative number would make room for others.
        if not lines or not all(isinstance(n, int) and 1 <= n <= MAX_PIECES for n in lines.values()):
            raise ValueError(f"1 to {MAX_PIECES} pieces can be held, not {dict(lines)}")
        pairs = [value for variant_id in sorted(lines) for value in (variant_id, lines[variant_id])]
        kind, *rest = self._run("hold", hold_id, shopper, round(seconds * 1000), *pairs)
        if kind == b"held":
            return Hold(hold_id, int(rest[0]))
        if kind == b"short":
            return Short({int(rest[i]): int(rest[i + 1]) for i in range(0, len(rest), 2)})
        return Unknown([int(variant_id) for variant_id in rest])

    def settle(self, hold_id: str | None, copies: Iterable[Copy]) -> None:
        """Publish what an order has left and drop the hold it came from, in one step. Idempotent."""
        self._run("settle", hold_id or "", *_flat(copies))

    def publish(self, copies: Sequence[Copy], *, is_reset: bool = False) -> list[int]:
        """Keep the copies that are newer (or all, to reset); idempotent, in any order, for ever.

        Returns the variants whose copy differs at the same version: SQL has lost history there.
        """
        suspects: list[int] = []
        for start in range(0, len(copies), BATCH):
            answer = self._run("publish", int(is_reset), *_flat(copies[start : start + BATCH]))
            suspects += [int(variant_id) for variant_id in answer[1]]
        return suspects

    def release(self, hold_id: str) -> bool:
        """Drop a hold; False when it was gone."""
        return bool(self._run("release", hold_id))

    def beat(self, name: str, number: int) -> int | None:
        """Leave a number under a name of one's own; returns what lay there, None for nothing.

        Whoever finds another number than they left knows that the server has lost its latest history.
        """
        with _translated():
            former: Any = self._client.set(f"{{stock}}:beat:{name}", number, get=True)
        return None if former is None else int(former)

    def forget_holds(self) -> int:
        """Let no hold count any longer; returns how many variants had some. SQL's guard covers who had them."""
        with _translated():
            self._client.delete("{stock}:live")
            keys = list(self._client.scan_iter("{stock}:x:*", count=BATCH))
        variant_ids = [int(key.rpartition(b":")[2]) for key in keys]
        for start in range(0, len(variant_ids), BATCH):
            self._run("forget", *variant_ids[start : start + BATCH])
        return len(variant_ids)

    def count_live_holds(self) -> int:
        """How many shoppers' holds have not ended, by the server's clock."""
        with _translated():
            seconds, micros = self._client.time()
            return int(self._client.zcount("{stock}:live", f"({seconds * 1000 + micros // 1000}", "+inf"))

    def note_rollback(self) -> None:
        """Count that the server came back with an old file."""
        with _translated():
            self._client.hincrby(NOTES, "rolled_back", 1)

    def note_report(self, numbers: Mapping[str, int]) -> None:
        """Leave what the last comparison with SQL found."""
        mapping: Any = dict(numbers)
        with _translated():
            self._client.hset(NOTES, mapping=mapping)

    def read_notes(self) -> dict[str, int]:
        """What was left by the two above; empty after a flush."""
        with _translated():
            notes: Any = self._client.hgetall(NOTES)
        return {name.decode(): int(number) for name, number in notes.items()}

    def read_copies(self, variant_ids: Sequence[int]) -> dict[int, Copy]:
        """The copies there are."""
        return {
            variant_id: Copy(variant_id, int(row[0]), int(row[1]))
            for variant_id, row in self._read(variant_ids, "available", "version")
            if row[0] is not None and row[1] is not None
        }

    def read_held(self, variant_ids: Sequence[int]) -> dict[int, int]:
        """How many pieces of each are kept by holds; expired ones count until somebody touches the variant."""
        return {variant_id: int(row[0] or 0) for variant_id, row in self._read(variant_ids, "held")}

    def _read(self, variant_ids: Sequence[int], *names: str) -> list[tuple[int, list[Any]]]:
        rows: list[tuple[int, list[Any]]] = []
        with _translated():
            for start in range(0, len(variant_ids), BATCH):
                batch = variant_ids[start : start + BATCH]
                pipe = self._client.pipeline(transaction=False)
                for variant_id in batch:
                    pipe.hmget(f"{{stock}}:v:{variant_id}", names)
                rows += zip(batch, pipe.execute(), strict=True)
        return rows

    def _run(self, name: str, *arguments: Any) -> Any:
        """Call a script by its hash; a server that does not know it (restarted, flushed) is told it again."""
        from redis.exceptions import NoScriptError

        digest, source = script(name)
        execute: Any = self._client.execute_command
        with _translated():
            try:
                return execute("EVALSHA", digest, 0, *arguments)
            except NoScriptError:
                return execute("EVAL", source, 0, *arguments)


@lru_cache(maxsize=8)
def script(name: str) -> tuple[str, str]:
    """SHA-1 and text of a script, with what all of them share in front."""
    source = (SCRIPTS / "shared.lua").read_text() + (SCRIPTS / f"{name}.lua").read_text()
    return hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest(), source


def new_hold_id() -> str:
    """An id nobody else has."""
    return secrets.token_urlsafe(16)


def _flat(copies: Iterable[Copy]) -> list[int]:
    return [value for copy in copies for value in (copy.variant_id, copy.available, copy.version)]


@contextmanager
def _translated() -> Iterator[None]:
    from redis.exceptions import RedisError

    try:
        yield
    except (RedisError, OSError) as error:
        raise GateAway(reason=str(error)) from error
