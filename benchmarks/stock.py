"""What the stock gate and the guard cost: refusals and orders per second, each beside the bare thing in the same run.

Run: `python benchmarks/stock.py [--database postgresql://user@host/name] [--orders N]`. The database is made and
dropped on that server. The baseline of a refusal is EVALSHA with the same arguments through the same client; that of an
order is the same transaction, statement by statement, written by hand and sent through psycopg. `--commit-ms 50` shows
what the hot row's lock costs where a commit takes its time.
"""

import argparse
import multiprocessing
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import psycopg

from storefront import make_core
from storefront.accounts.service import ensure_customer
from storefront.cart import service as carts
from storefront.checkout.service import CheckoutData, place_order
from storefront.config import Settings, load_settings
from storefront.core.db import db, transaction
from storefront.core.redis import connect
from storefront.orders.draft import Address
from storefront.stock.gate import Copy, Gate, Short, script
from storefront.tables import import_models
from storefront.torture.database import own_database
from storefront.torture.goods import PRICE_MINOR, make_shop, stock_shelves
from storefront.torture.servers import Servers

PROCESSES, THREADS = 2, 8
SHIPPING_MINOR = 395
VARIANTS = 100
WARM_UP = 2 * THREADS
ADDRESS = Address(
    email="ada@example.com",
    name="Ada Lovelace",
    line1="12 St James's Square",
    city="London",
    postcode="W1",
    country="GB",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default=os.environ.get("TEST_POSTGRESQL_URL", "postgresql://127.0.0.1/postgres"))
    parser.add_argument("--orders", type=int, default=1000, help="orders per measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each kind, taken by turns")
    parser.add_argument("--commit-ms", type=int, default=0, help="make each commit take so long, as on a slower disk")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        database = stack.enter_context(own_database(options.database, folder))
        slow_down(database.url, options.commit_ms)
        servers = Servers(folder, database.url)
        stack.callback(servers.stop_all)
        servers.start("valkey")
        measure_refusals(servers.settings)
        measure_orders(servers.settings, options.orders, options.rounds)


def slow_down(database_url: str, commit_ms: int) -> None:
    """Let commits of this database wait before they are written, those that meet there together, as for a real disk."""
    if commit_ms:
        with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f"ALTER DATABASE {name} SET commit_delay = {min(commit_ms * 1000, 100_000)}")
            connection.execute(f"ALTER DATABASE {name} SET commit_siblings = 0")


def measure_refusals(settings: Settings) -> None:
    """Print refusals per second: through the gate, and by the bare call."""
    client: Any = connect(settings.redis_stock_url, 5)
    gate, digest = Gate(client), script("hold")[0]
    gate.publish([Copy(1, 0, 1)])

    def refuse() -> None:
        if not isinstance(gate.hold("hold", "shopper", {1: 1}), Short):
            raise RuntimeError("what is sold out must be refused")

    refuse()
    rates = by_turns(
        {"gate": refuse, "bare": lambda: client.execute_command("EVALSHA", digest, 0, "hold", "shopper", 600_000, 1, 1)}
    )
    report("refusal by the gate, in process", rates["gate"], "bare EVALSHA", rates["bare"], 0.8)


def by_turns(calls: dict[str, Callable[[], Any]], seconds: float = 0.5, rounds: int = 7) -> dict[str, float]:
    """Calls per second of each, the median of several rounds taken by turns, so that noise hits all alike."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            begun, count = time.perf_counter(), 0
            while time.perf_counter() - begun < seconds:
                call()
                count += 1
            found[name].append(count / (time.perf_counter() - begun))
    return {name: statistics.median(rates) for name, rates in found.items()}


def measure_orders(settings: Settings, orders: int, rounds: int) -> None:
    """Print orders per second, 16 at a time: by hand and by the service on one hot variant, then on a hundred."""
    pieces = 10 * rounds * (orders + PROCESSES * WARM_UP)
    with make_shop(settings).app_context():
        variant_ids = stock_shelves(VARIANTS, pieces)
        # Placed by an earlier order, as for a customer who comes back: both sides only look it up.
        with transaction():
            ensure_customer(ADDRESS.email, ADDRESS.country)
        found: dict[tuple[str, int], list[float]] = {
            (kind, goods): [] for goods in (1, VARIANTS) for kind in ("by hand", "service")
        }
        for _ in range(rounds):
            for (kind, goods), rates in found.items():
                rates.append(rate(settings, kind, variant_ids[:goods], orders))
        db.session.remove()
        db.engine.dispose()
    by_hand_hot, hot, by_hand_spread, spread = (statistics.median(rates) for rates in found.values())
    report("orders on one hot variant, 16 clients", hot, "by hand through psycopg", by_hand_hot, 0.5)
    report(f"orders spread over {VARIANTS} variants", spread, "the hot one", hot, 1.3)
    # Where this is near 1 as well, the machine's cores are what all of them wait for, and not the hot row.
    report(f"by hand, spread over {VARIANTS} variants", by_hand_spread, "the hot one", by_hand_hot, 1.3)


def report(what: str, rate: float, baseline_name: str, baseline: float, aim: float) -> None:
    print(f"{what:<40}{rate:>9,.0f}/s  {baseline_name} {baseline:,.0f}/s  ratio {rate / baseline:.2f} (aim {aim})")


def rate(settings: Settings, kind: str, variant_ids: Sequence[int], orders: int) -> float:
    """Orders per second of all processes together; each has its carts filled before the clock starts."""
    processes = multiprocessing.get_context("spawn")
    share = orders // PROCESSES + WARM_UP
    tokens = [carts.add_line(None, variant_ids[n % len(variant_ids)], 1) for n in range(PROCESSES * share)]
    barrier, results = processes.Barrier(PROCESSES), processes.SimpleQueue()
    environ = {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": settings.database_url, "SECRET_KEY": "for now"}
    jobs = [Job(kind, environ, tokens[n::PROCESSES]) for n in range(PROCESSES)]
    started = [processes.Process(target=work, args=(job, barrier, results)) for job in jobs]
    for process in started:
        process.start()
    spans: list[tuple[float, float]] = [results.get() for _ in started]
    for process in started:
        process.join()
    return PROCESSES * (share - WARM_UP) / (max(end for _, end in spans) - min(begin for begin, _ in spans))


@dataclass(frozen=True)
class Job:
    """What one process has to do."""

    kind: str
    environ: dict[str, str]
    tokens: list[str]


def work(job: Job, barrier: Barrier, results: Any) -> None:
    """Place the orders of one process with its threads, and say when the first began and the last was done."""
    settings = load_settings(job.environ)
    with ExitStack() as stack, ThreadPoolExecutor(THREADS) as pool:
        place = stack.enter_context(by_hand(settings)) if job.kind == "by hand" else by_service(settings)
        list(pool.map(place, job.tokens[:WARM_UP]))
        barrier.wait()
        begun = time.monotonic()
        list(pool.map(place, job.tokens[WARM_UP:]))
        results.put((begun, time.monotonic()))


def by_service(settings: Settings) -> Callable[[str], str]:
    """The shop's own step, in a session of its own as in a request."""
    import_models()
    app = make_core(settings)

    def place(token: str) -> str:
        with app.app_context():
            return place_order(token, checkout_data()).token

    return place


def checkout_data() -> CheckoutData:
    return CheckoutData(
        key=secrets.token_urlsafe(24),
        address=ADDRESS,
        shipping_method="standard",
        quoted_minor=PRICE_MINOR + SHIPPING_MINOR,
        locale="en",
        currency="GBP",
    )


class by_hand:  # noqa: N801  # It is used like a function.
    """The same transaction in SQL, a connection per thread."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.database_url.replace("+psycopg", "")
        self._connections: list[psycopg.Connection[Any]] = []

    def __enter__(self) -> Callable[[str], None]:
        self._connections = [psycopg.connect(self._url) for _ in range(THREADS)]
        return self._place

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()

    def _place(self, token: str) -> None:
        connection = self._connections.pop()
        try:
            with connection.transaction(), connection.cursor() as cursor:
                place_by_hand(cursor, token)
        finally:
            self._connections.append(connection)


def place_by_hand(cursor: psycopg.Cursor[Any], token: str) -> None:
    """What the service does, in twelve statements."""
    now, key = datetime.now(UTC).replace(tzinfo=None), secrets.token_urlsafe(24)
    cart_id = one(cursor, "SELECT id FROM cart WHERE token = %s FOR UPDATE", token)[0]
    if cursor.execute("SELECT id FROM shop_order WHERE checkout_key = %s", (key,)).fetchone():
        raise RuntimeError("the key must be new")
    variant_id, quantity, sku, name, price, product = one(
        cursor,
        "SELECT v.id, l.quantity, v.sku, v.name, v.price_minor, p.name FROM cart_line l"
        " JOIN variant v ON v.id = l.variant_id JOIN product p ON p.id = v.product_id WHERE l.cart_id = %s",
        cart_id,
    )
    customer_id = one(cursor, "SELECT id FROM customer WHERE email = %s", ADDRESS.email)[0]
    one(
        cursor,
        "SELECT m.price_minor FROM shipping_method m JOIN shipping_zone z ON z.id = m.zone_id JOIN zone_country c"
        " ON c.zone_id = z.id WHERE c.country = 'GB' AND m.is_active ORDER BY m.position",
    )
    cursor.execute("SELECT tax_class, name, rate_ppm, is_included FROM tax_rate WHERE country = 'GB'").fetchall()
    cursor.execute("DELETE FROM cart_line WHERE cart_id = %s", (cart_id,))
    items = price * quantity
    order_id = one(
        cursor,
        "INSERT INTO shop_order (number, token, checkout_key, source, status, customer_id, email, name, phone, line1,"
        " line2, city, region, postcode, country, locale, shipping_method, shipping_name, coupon_code, currency,"
        " items_minor, shipping_minor, shipping_tax_minor, included_tax_minor, taxes, credit_minor, turn,"
        " tax_minor, discount_minor, total_minor, placed_at, expires_at) VALUES (%s, %s, %s, 'shop', 'pending', %s, %s,"
        " %s, '', %s, '', %s, '', %s, 'GB', 'en', 'standard', 'Standard delivery', '', 'GBP', %s, %s, 0, 0, '[]', 0, 1,"
        " 0, 0, %s, %s, %s) RETURNING id",
        secrets.token_hex(5),
        secrets.token_urlsafe(32),
        key,
        customer_id,
        ADDRESS.email,
        ADDRESS.name,
        ADDRESS.line1,
        ADDRESS.city,
        ADDRESS.postcode,
        items,
        SHIPPING_MINOR,
        items + SHIPPING_MINOR,
        now,
        now + timedelta(minutes=30),
    )[0]
    write_lines(cursor, order_id, (variant_id, sku, product, name, quantity, price, items), now)


def write_lines(cursor: psycopg.Cursor[Any], order_id: int, line: tuple[Any, ...], now: datetime) -> None:
    """Line, event and ledger, and the guarded row last."""
    variant_id, quantity = line[0], line[4]
    line_id = one(
        cursor,
        "INSERT INTO order_line (order_id, variant_id, sku, name, variant_name, quantity, unit_price_minor,"
        " total_minor, discount_minor, tax_minor, tax_rate_ppm, is_tax_included)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 0, 0, 0, true) RETURNING id",
        order_id,
        *line,
    )[0]
    cursor.execute(
        "INSERT INTO order_event (order_id, kind, to_status, actor, facts, created_at)"
        " VALUES (%s, 'placed', 'pending', 'shopper', '{}', %s)",
        (order_id, now),
    )
    cursor.execute(
        "INSERT INTO stock_entry (variant_id, quantity, kind, order_line_id, turn, actor, reason, created_at)"
        " VALUES (%s, %s, 'sale', %s, 1, 'shopper', '', %s)",
        (variant_id, -quantity, line_id, now),
    )
    cursor.execute(
        "UPDATE stock_item SET available = available - %s, version = version + 1, changed_at = %s"
        " WHERE variant_id = %s AND available >= %s",
        (quantity, now, variant_id, quantity),
    )
    if cursor.rowcount != 1:
        raise RuntimeError("there is stock for everybody here")


def one(cursor: psycopg.Cursor[Any], statement: str, *values: Any) -> tuple[Any, ...]:
    """The row there must be."""
    row = cursor.execute(statement, values).fetchone()
    if row is None:
        raise RuntimeError(f"nothing found: {statement}")
    return tuple(row)


if __name__ == "__main__":
    main()
