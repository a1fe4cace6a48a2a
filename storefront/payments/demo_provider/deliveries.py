"""Brings events to the shop's webhook by HTTP, again and again until it takes them."""

import http.client
import logging
import sqlite3
import threading
from urllib.parse import urlsplit

from storefront.payments.demo_provider import faults
from storefront.payments.demo_provider.events import sign
from storefront.payments.demo_provider.office import Office

POLL_SECONDS = 0.5
TIMEOUT_SECONDS = 10
# A delivery that is not heard of for this long belongs to a process that died.
LEASE_SECONDS = 20
FIRST_RETRY_SECONDS = 1
LONGEST_RETRY_SECONDS = 300
GIVE_UP_SECONDS = 3 * 24 * 60 * 60

log = logging.getLogger(__name__)


class Deliveries(threading.Thread):
    """A thread that delivers what is due. Several processes may run one: each event is claimed before it is sent."""

    def __init__(self, office: Office, *, url: str, secret: str) -> None:
        super().__init__(name="demo-provider-deliveries", daemon=True)
        self._office = office
        self._store = office.store
        self._now = office.now
        self._url = url
        self._secret = secret
        self._wake = threading.Event()
        self._is_stopping = False
        self._line: http.client.HTTPConnection | None = None

    def wake(self) -> None:
        """Look for due events now instead of at the next poll."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread after the delivery under way; what is left stays due."""
        self._is_stopping = True
        self._wake.set()
        self.join()

    def run(self) -> None:
        """Deliver until stopped. Other processes create events as well, so the table is polled."""
        while not self._is_stopping:
            self._wake.clear()
            try:
                self._run_due()
                while not self._is_stopping and self.deliver_next():
                    pass
            except sqlite3.Error:
                log.exception("The demo provider cannot read its events; it tries again.")
            self._wake.wait(POLL_SECONDS)

    def deliver_next(self) -> bool:
        """Try the event that has been due longest; False when none is."""
        claimed = self._claim()
        if claimed is None:
            return False
        event, is_unreachable, comes_twice = claimed
        failure = "it is made unreachable" if is_unreachable else self._post(event["body"].encode())
        if failure is not None:
            log.warning("Event %s was not delivered (try %d): %s", event["id"], event["tries"] + 1, failure)
            self._update(event["id"], due_at=self._next_try(event), delivered_at=None)
        elif comes_twice and event["tries"] == 0:
            self._update(event["id"], due_at=self._now() + FIRST_RETRY_SECONDS, delivered_at=None)
        else:
            self._update(event["id"], due_at=None, delivered_at=self._now())
        return True

    def _run_due(self) -> None:
        if self._office.has_due():
            with self._office.open():
                pass

    def _claim(self) -> tuple[sqlite3.Row, bool, bool] | None:
        """The event that has been due longest, whether the shop is made unreachable, and whether it comes twice."""
        query = "SELECT rowid, * FROM events WHERE due_at <= ? ORDER BY due_at LIMIT 1"
        with self._store.read() as db:
            if db.execute(query, (self._now(),)).fetchone() is None:
                return None
        with self._store.write() as db:
            event: sqlite3.Row | None = db.execute(query, (self._now(),)).fetchone()
            if event is None:
                return None
            lease = self._now() + LEASE_SECONDS
            db.execute("UPDATE events SET due_at = ?, tries = tries + 1 WHERE id = ?", (lease, event["id"]))
            return event, faults.is_shop_unreachable(db), faults.comes_twice(db, event["rowid"])

    def _post(self, body: bytes) -> str | None:
        """Send one message; None when it was taken, else what went wrong (a redirect does: it is not followed)."""
        is_new = self._line is None
        line = self._line = self._line or self._connect()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": sign(body, self._secret, int(self._now())),
        }
        try:
            line.request("POST", urlsplit(self._url).path or "/", body, headers)
            response = line.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            line.close()
            self._line = None
            # The shop may have hung up since the last message; it takes one that it has heard before for what it is.
            return repr(error) if is_new else self._post(body)
        return None if 200 <= response.status < 300 else f"answered {response.status}"

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._url)
        make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return make(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)

    def _next_try(self, event: sqlite3.Row) -> float | None:
        if self._now() - event["created"] > GIVE_UP_SECONDS:
            return None
        pause: float = min(FIRST_RETRY_SECONDS * 2.0 ** min(event["tries"], 10), LONGEST_RETRY_SECONDS)
        return self._now() + pause

    def _update(self, event_id: str, *, due_at: float | None, delivered_at: float | None) -> None:
        with self._store.write() as db:
            db.execute(
                "UPDATE events SET due_at = ?, delivered_at = ? WHERE id = ? AND delivered_at IS NULL",
                (due_at, delivered_at, event_id),
            )
