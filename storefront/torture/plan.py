"""What is to be done to the shop, and what was seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What breaks in the middle of the sale."""

    NONE = "none"
    REDIS_KILL = "redis-kill"
    REDIS_FLUSH = "redis-flush"
    REDIS_ROLLBACK = "redis-rollback"
    REDIS_PAUSE = "redis-pause"
    SQL_KILL = "sql-kill"
    WORKER_KILL = "worker-kill"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """So many buyers, each after one piece of every one of `lines` variants, of which there are `stock` pieces each."""

    buyers: int
    stock: int
    lines: int = 1
    database_url: str = ""
    fault: Fault = Fault.NONE
    seed: int = 0

    @property
    def expected(self) -> int:
        """How many orders there must be in the end."""
        return min(self.buyers, self.stock)

    @property
    def patience_seconds(self) -> float:
        """How long the sale may take; who has no answer by then is counted as an error."""
        return 60 + self.buyers * 0.1

    @property
    def confirm_seconds(self) -> float:
        """How long confirming the payments may take; a job that was lost comes back when its lease of 60 s ends."""
        return 30 + self.expected * 0.2 + (75 if self.fault is not Fault.NONE else 0)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What came of it. `drift` is the number of variants on which gate and SQL disagree 5 s after the sale."""

    sold: int
    refused: int
    errors: int
    available: int
    ledger: int
    drift: int
    slowest_seconds: float
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """The facts, and each rule that was broken as a sentence."""

    facts: Facts
    broken: Sequence[str] = field(default_factory=tuple)
