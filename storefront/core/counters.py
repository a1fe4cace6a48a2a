"""Counts over the last minutes and small notes that expire, in Redis; in this process's memory while Redis is away."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from redis import RedisError

from storefront.core.redis import connect

if TYPE_CHECKING:
    from redis import Redis

Fields = Mapping[str, str]
WINDOW_MINUTES = 10
PREFIX = "counter"
TIMEOUT_SECONDS = 0.25
# So long nobody asks a server again that did not answer.
REST_SECONDS = 5.0
MAX_IN_MEMORY = 20_000


class Counters:
    """Sums per subject over ten minutes, in buckets of one, and notes (text by field) that live for some seconds.

    Nothing here raises because of Redis. Call nothing of it inside a database transaction.
    """

    def __init__(self, redis_url: str, now: Callable[[], float] = time.time) -> None:
        self._redis: Redis = connect(redis_url, TIMEOUT_SECONDS)
        self._now = now
        self._away_until = 0.0
        self._memory = _Memory()

    def minute(self) -> int:
        """The bucket of this moment."""
        return int(self._now() // 60)

    def add(
        self,
        points: Mapping[str, int],
        minute: int | None = None,
        notes: Mapping[str, tuple[Fields, int]] | None = None,
    ) -> None:
        """Add to subjects, now or in an earlier minute, and write notes (fields, seconds) by their names with it."""
        bucket = self.minute() if minute is None else minute
        notes = notes or {}

        def ask(pipeline: Any) -> None:
            for name, (fields, seconds) in notes.items():
                _write_note(pipeline, name, fields, seconds)
            for subject, number in points.items():
                pipeline.hincrby(f"{PREFIX}:{subject}", str(bucket), number)
                pipeline.expire(f"{PREFIX}:{subject}", (WINDOW_MINUTES + 1) * 60)

        if self._ask(ask) is None:
            for subject, number in points.items():
                self._memory.add(subject, str(bucket), number, self._now(), (WINDOW_MINUTES + 1) * 60)
            for name, (fields, seconds) in notes.items():
                self._memory.write(name, fields, self._now() + seconds)

    def sums(self, subjects: Sequence[str]) -> list[int]:
        """What was added to each over the last ten minutes, never below zero."""
        first = self.minute() - WINDOW_MINUTES + 1
        found = self._ask(lambda pipeline: [pipeline.hgetall(f"{PREFIX}:{subject}") for subject in subjects])
        if found is None:
            found = [self._memory.read(subject, self._now()) for subject in subjects]
        return [max(0, sum(int(n) for minute, n in buckets.items() if int(minute) >= first)) for buckets in found]

    def note(self, name: str, fields: Mapping[str, str], seconds: int) -> None:
        """Write a note anew."""
        self.add({}, notes={name: (fields, seconds)})

    def read(self, name: str) -> dict[str, str]:
        """A note; nothing when it is gone."""
        found = self._ask(lambda pipeline: pipeline.hgetall(f"{PREFIX}:{name}"))
        rows = self._memory.read(name, self._now()) if found is None else found[0]
        return {_text(key): _text(value) for key, value in rows.items()}

    def count(self, name: str, field: str, step: int = 1) -> int:
        """Add to a number in a note that is there, and return it."""
        found = self._ask(lambda pipeline: pipeline.hincrby(f"{PREFIX}:{name}", field, step))
        return self._memory.add(name, field, step, self._now()) if found is None else int(found[0])

    def take(self, name: str) -> dict[str, str]:
        """Read a note and end it: of several that take it at once, one gets it."""

        def ask(pipeline: Any) -> None:
            pipeline.hgetall(f"{PREFIX}:{name}")
            pipeline.delete(f"{PREFIX}:{name}")

        found = self._ask(ask)
        rows = self._memory.pop(name, self._now()) if found is None else found[0]
        return {_text(key): _text(value) for key, value in rows.items()}

    def is_first(self, name: str, seconds: int) -> bool:
        """Whether nobody has asked this for that long."""
        found = self._ask(lambda pipeline: pipeline.set(f"{PREFIX}:{name}", "1", nx=True, ex=seconds))
        if found is not None:
            return bool(found[0])
        return self._memory.add(name, "1", 1, self._now(), seconds) == 1

    def _ask(self, write: Callable[[Any], object]) -> list[Any] | None:
        """One round trip; None while the server is away."""
        if self._now() < self._away_until:
            return None
        try:
            with self._redis.pipeline(transaction=True) as pipeline:
                write(pipeline)
                return list(pipeline.execute())
        except RedisError:
            self._away_until = self._now() + REST_SECONDS
            return None


class _Memory:
    """Expiring hashes, the oldest forgotten first when they become too many."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, tuple[float, dict[str, str]]] = OrderedDict()
        self._lock = Lock()

    def add(self, name: str, field: str, step: int, now: float, seconds: float | None = None) -> int:
        """Without `seconds` the row ends when it would have ended anyway."""
        with self._lock:
            expires_at, fields = self._rows.pop(name, (0.0, {}))
            if expires_at <= now:
                expires_at, fields = now + 60, {}
            fields[field] = str(int(fields.get(field, 0)) + step)
            self._keep(name, fields, expires_at if seconds is None else now + seconds)
            return int(fields[field])

    def write(self, name: str, fields: Mapping[str, str], expires_at: float) -> None:
        with self._lock:
            self._rows.pop(name, None)
            self._keep(name, dict(fields), expires_at)

    def read(self, name: str, now: float) -> dict[str, str]:
        with self._lock:
            expires_at, fields = self._rows.get(name, (0.0, {}))
            return dict(fields) if expires_at > now else {}

    def pop(self, name: str, now: float) -> dict[str, str]:
        found = self.read(name, now)
        with self._lock:
            self._rows.pop(name, None)
        return found

    def _keep(self, name: str, fields: dict[str, str], expires_at: float) -> None:
        self._rows[name] = (expires_at, fields)
        while len(self._rows) > MAX_IN_MEMORY:
            self._rows.popitem(last=False)


def _write_note(pipeline: Any, name: str, fields: Fields, seconds: int) -> None:
    pipeline.delete(f"{PREFIX}:{name}")
    pipeline.hset(f"{PREFIX}:{name}", mapping=dict(fields))
    pipeline.expire(f"{PREFIX}:{name}", seconds)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
