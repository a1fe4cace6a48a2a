"""All buyers at once: as many at the door as a shop this size ever sees, the next one as soon as one has left."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from storefront.torture.buyer import Buyer, Outcome

AT_THE_DOOR = 32


class Crowd:
    """Sends the buyers; what it counts may be read while they are under way."""

    def __init__(self, buyers: Sequence[Buyer]) -> None:
        self._buyers = buyers
        self._lock = Lock()
        self.outcomes: Counter[Outcome] = Counter()
        self.acknowledged: set[str] = set()
        self._pool = ThreadPoolExecutor(min(AT_THE_DOOR, len(buyers)), thread_name_prefix="buyer")
        self._futures = [self._pool.submit(self._send, buyer) for buyer in buyers]
        self._begun = time.monotonic()
        self.seconds = 0.0

    @property
    def is_done(self) -> bool:
        """Whether everybody has left."""
        return all(future.done() for future in self._futures)

    @property
    def slowest_seconds(self) -> float:
        """The longest that anybody waited for one answer."""
        return max(buyer.slowest_seconds for buyer in self._buyers)

    @property
    def paid(self) -> set[str]:
        """Whose payment the provider has taken."""
        return {buyer.email for buyer in self._buyers if buyer.has_paid}

    @property
    def troubles(self) -> list[str]:
        """What those say who were let down."""
        return [buyer.trouble for buyer in self._buyers if buyer.trouble]

    def wait(self) -> None:
        """Until everybody has left; raises what broke a buyer's thread, which no answer of the shop can."""
        for future in self._futures:
            future.result()
        self.seconds = time.monotonic() - self._begun
        self._pool.shutdown()

    def stop(self) -> None:
        """Send nobody any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _send(self, buyer: Buyer) -> None:
        outcome = buyer.buy(self._note_order)
        with self._lock:
            self.outcomes[outcome] += 1

    def _note_order(self, buyer: Buyer) -> None:
        with self._lock:
            self.acknowledged.add(buyer.email)


def wanted_in_order(variant_ids: Sequence[int], chance: random.Random) -> list[int]:
    """The same goods in an order of their own for each buyer, so that locks are asked for in every order."""
    return chance.sample(list(variant_ids), len(variant_ids))
