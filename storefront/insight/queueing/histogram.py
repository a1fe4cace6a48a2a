"""How many waited how long, in steps of a fifth: small enough to keep for each hour, exact enough for a quantile."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

FIRST_SECONDS = 0.005
STEP = 1.2


def count_waits(seconds: Iterable[float]) -> dict[str, int]:
    """The histogram: step (as JSON has keys) to number of waits. Step n ends at FIRST_SECONDS * STEP ** n."""
    counted: Counter[str] = Counter()
    for wait in seconds:
        counted[str(_step(wait))] += 1
    return dict(counted)


def quantile(waits: Mapping[str, int], share: float) -> float | None:
    """Within how many seconds that share was begun, to a tenth of its size; None where nothing was counted."""
    wanted, seen = share * sum(waits.values()), 0
    for step in sorted(int(key) for key in waits):
        count = waits[str(step)]
        if seen + count >= wanted:
            low = FIRST_SECONDS * STEP ** (step - 1) if step else 0.0
            return low + (FIRST_SECONDS * STEP**step - low) * (wanted - seen) / count
        seen += count
    return None


def _step(seconds: float) -> int:
    if seconds <= FIRST_SECONDS:
        return 0
    return math.ceil(math.log(seconds / FIRST_SECONDS) / math.log(STEP))
