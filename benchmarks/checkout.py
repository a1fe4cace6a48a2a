"""Whole guest checkouts over HTTP on PostgreSQL, 16 at a time: cart, checkout, order, payment, confirmed by the job.

Run: `python benchmarks/checkout.py [--database postgresql://user@host/name] [--checkouts N] [--rush BUYERS]`.
The database is made and dropped on that server; buyers, servers, worker, clock and database share this machine.
The baseline is the cart page of the same server, 16 at a time, in the same run. `--rush` sends that many buyers after
100 pieces and prints when the last one was told, and then how long a refusal takes when nobody else is there.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cpu import Meter
from flask import Flask

from storefront.core.db import db
from storefront.orders.models import OrderStatus
from storefront.torture.browser import Browser
from storefront.torture.buyer import Buyer, Outcome
from storefront.torture.database import own_database
from storefront.torture.goods import make_shop, stock_shelves
from storefront.torture.servers import WEB_SERVERS, Servers
from storefront.torture.truth import buyers_of, wait_for

AT_ONCE = 16
WARM_UP = 2 * AT_ONCE
RUSH_PIECES = 100
CALM_BUYERS = 1000
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Shop:
    """A running shop and what it sells."""

    servers: Servers
    variant_id: int

    def buyer(self, number: int) -> Buyer:
        """A new buyer at one of the web servers."""
        port = self.servers.ports[WEB_SERVERS[number % len(WEB_SERVERS)]]
        return Buyer(number, port, [self.variant_id], deadline=time.monotonic() + PATIENCE_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default=os.environ.get("TEST_POSTGRESQL_URL", "postgresql://127.0.0.1/postgres"))
    parser.add_argument("--checkouts", type=int, default=300)
    parser.add_argument("--rush", type=int, default=0, help="buyers after 100 pieces, instead of checkouts")
    options = parser.parse_args()
    pieces = RUSH_PIECES if options.rush else options.checkouts + WARM_UP
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        database = stack.enter_context(own_database(options.database, folder))
        servers = Servers(folder, database.url)
        app = make_shop(servers.settings)
        with app.app_context():
            (variant_id,) = stock_shelves(1, pieces)
        stack.callback(dispose, app)
        stack.callback(servers.stop_all)
        servers.start_all()
        shop = Shop(servers, variant_id)
        if options.rush:
            measure_rush(shop, options.rush)
        else:
            measure_checkouts(app, shop, options.checkouts)


def measure_checkouts(app: Flask, shop: Shop, checkouts: int) -> None:
    """Print checkouts per second, from the first request until the last payment is confirmed in SQL."""
    send(shop, range(WARM_UP))
    wait_until_paid(app, WARM_UP)
    pages = cart_pages_per_second(shop)
    meter = Meter(shop.servers.pids, shop.servers.settings.database_url)
    begun = time.monotonic()
    outcomes, _ = send(shop, range(WARM_UP, WARM_UP + checkouts))
    placed = time.monotonic() - begun
    wait_until_paid(app, WARM_UP + checkouts)
    confirmed = time.monotonic() - begun
    spent = meter.spent()
    if outcomes != [Outcome.BOUGHT] * checkouts:
        raise SystemExit("not every buyer got an order")
    rate = checkouts / confirmed
    print(f"checkouts, {AT_ONCE} at a time        {rate:.1f}/s confirmed, {checkouts / placed:.1f}/s paid (aim 60)")
    print(f"cart page, {AT_ONCE} at a time        {pages:.0f}/s; a checkout costs {pages / rate:.1f} cart pages")
    report_spent(spent, checkouts)


def report_spent(spent: dict[str, float], times: int) -> None:
    """Print what one of so many cost in processor time, in all and by process."""
    parts = ", ".join(f"{name} {1000 * seconds / times:.1f}" for name, seconds in spent.items())
    print(f"processor time of one: {1000 * sum(spent.values()) / times:.1f} ms ({parts})")


def measure_rush(shop: Shop, buyers: int) -> None:
    """Print what became of the rush, when the last buyer was answered, and how long one answer took."""
    meter = Meter(shop.servers.pids, shop.servers.settings.database_url)
    begun = time.monotonic()
    outcomes, slowest = send(shop, range(buyers))
    seconds = time.monotonic() - begun
    spent = meter.spent()
    counts = ", ".join(f"{outcomes.count(one)} {one}" for one in Outcome)
    print(f"{buyers} buyers, {RUSH_PIECES} pieces: {counts}; everybody answered after {seconds:.1f} s (aim 10)")
    print(f"slowest answer of a buyer: {percentiles(slowest)}; {buyers / seconds:.0f} buyers/s")
    report_spent(spent, buyers)
    outcomes, slowest = send(shop, range(buyers, buyers + CALM_BUYERS), at_once=1)
    if set(outcomes) != {Outcome.REFUSED}:
        raise SystemExit("somebody was not refused what is sold out")
    print(f"then {CALM_BUYERS} refused one after the other, slowest answer of each: {percentiles(slowest)} (aim 50)")


def percentiles(seconds: list[float]) -> str:
    """Median and 99th of sorted values."""
    return f"p50 {seconds[len(seconds) // 2] * 1000:.0f} ms, p99 {seconds[int(len(seconds) * 0.99)] * 1000:.0f} ms"


def send(shop: Shop, numbers: Sequence[int], at_once: int = AT_ONCE) -> tuple[list[Outcome], list[float]]:
    """Let the buyers go, so many at a time: how it ended for each, and their slowest answers, sorted."""
    buyers = [shop.buyer(number) for number in numbers]
    with ThreadPoolExecutor(at_once) as pool:
        outcomes = list(pool.map(lambda buyer: buyer.buy(lambda _: None), buyers))
    return outcomes, sorted(buyer.slowest_seconds for buyer in buyers)


def wait_until_paid(app: Flask, orders: int) -> None:
    with app.app_context():
        session = db.session()
        if not wait_for(lambda: len(buyers_of(session, OrderStatus.PAID)) >= orders, PATIENCE_SECONDS):
            raise SystemExit("payments were not confirmed in time")


def cart_pages_per_second(shop: Shop, pages: int = 400) -> float:
    """The baseline, as the median of three."""

    def look(number: int) -> None:
        browser = Browser(shop.servers.ports[WEB_SERVERS[number % len(WEB_SERVERS)]])
        browser.get("/cart")
        browser.close()

    rates = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(3):
            begun = time.monotonic()
            list(pool.map(look, range(pages)))
            rates.append(pages / (time.monotonic() - begun))
    return statistics.median(rates)


def dispose(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


if __name__ == "__main__":
    main()
