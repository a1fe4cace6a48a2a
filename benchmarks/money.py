"""The provider's messages as they come on a bad day: late, shuffled, some of them twice, the door shut a while.

Run: `python benchmarks/money.py [--database postgresql://user@host/name] [--events N]`.
Every order is paid at the provider and a part of it is paid back there; every tenth had expired meanwhile. Then the
messages come, 8 at a time, in no order; a tenth never comes, and one web server is down for a while: the sweep over the
provider's list of events has to find what is missing. Prints how long the door took to answer, beside its answer to a
message that is refused (the baseline, in the same run), and whether the books agree to the penny. Exits 1 if not.
"""

import argparse
import json
import os
import random
import sqlite3
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from werkzeug.test import Client

from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.checkout.service import CheckoutData
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob, OutboxStatus
from storefront.orders import service as orders
from storefront.orders.draft import Address
from storefront.orders.models import Order, OrderStatus
from storefront.payments import service as payments
from storefront.payments.comparison import compare
from storefront.payments.demo_provider.events import DELIVERED_KINDS, sign
from storefront.payments.demo_provider.faults import Faults
from storefront.payments.gateways import PROVIDER, demo_keys, get_gateway, init_gateway
from storefront.payments.models import Payment
from storefront.torture.database import own_database
from storefront.torture.goods import PRICE_MINOR, make_shop, stock_shelves
from storefront.torture.servers import WEB_SERVERS, Servers

AT_ONCE = 8
EVENTS_PER_ORDER = 3
DOWN_SECONDS = 10
PATIENCE_SECONDS = 3600
ADDRESS = Address(email="ada@example.com", name="Ada", line1="1 Street", city="London", postcode="E1 6AN", country="GB")
SHIPPING_MINOR, BACK_MINOR = 395, 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default=os.environ.get("TEST_POSTGRESQL_URL", "postgresql://127.0.0.1/postgres"))
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        database = stack.enter_context(own_database(options.database, folder))
        servers = Servers(folder, database.url)
        app = make_shop(servers.settings)
        init_gateway(app, servers.settings)
        with app.app_context():
            (variant_id,) = stock_shelves(1, options.events)
            app.extensions[PROVIDER].plan(Faults(is_shop_unreachable=True))
            began = time.monotonic()
            sold = [buy(app, variant_id, number) for number in range(-(-options.events // EVENTS_PER_ORDER))]
            print(f"{len(sold)} orders paid and partly paid back at the provider in {time.monotonic() - began:.0f} s")
            db.session.remove()
            db.engine.dispose()
        stack.callback(servers.stop_all)
        servers.start_all()
        deliver_all(servers, messages(folder, demo_keys(servers.settings)[1]), random.Random(options.seed))
        with app.app_context():
            is_good = await_truth(sold)
            db.session.remove()
            db.engine.dispose()
    raise SystemExit(not is_good)


def buy(app: Any, variant_id: int, number: int) -> int:
    """An order, paid on the provider's page, of which the provider's own site pays a part back."""
    data = CheckoutData(
        key=f"money-benchmark-{number:09}",
        address=ADDRESS,
        shipping_method="standard",
        quoted_minor=PRICE_MINOR + SHIPPING_MINOR,
        locale="en",
        currency="GBP",
    )
    placed = checkout.place_order(carts.add_line(None, variant_id, 1), data)
    url = payments.start(placed.id, get_gateway(), "http://127.0.0.1")
    if number % 10 == 0:
        with transaction():
            orders.expire_pending(placed.id, "benchmark")
    provider, path = app.extensions[PROVIDER], "/pay/" + url.rpartition("/")[2]
    answer = Client(provider).post(path, data={"choice": "pay"}, headers={"Sec-Fetch-Site": "same-origin"})
    if answer.status_code != 303:
        raise RuntimeError(answer.text)
    ref = get_gateway().look_up(path.rpartition("/")[2]).payment_ref
    provider.dashboard.refund(ref, BACK_MINOR)
    return placed.id


def messages(folder: Path, secret: str) -> list[tuple[bytes, str]]:
    """(body, secret) of everything the provider wants to tell."""
    with closing(sqlite3.connect(folder / "demo-provider.sqlite3")) as provider:
        bodies = [row[0].encode() for row in provider.execute("SELECT body FROM events")]
    return [(body, secret) for body in bodies if json.loads(body)["type"] in DELIVERED_KINDS]


def deliver_all(servers: Servers, known: list[tuple[bytes, str]], chance: random.Random) -> None:
    """Nine of ten in no order, three of ten twice; in the middle one web server is down."""
    told = [one for one in known if chance.random() < 0.9]
    told += [one for one in told if chance.random() < 0.3]
    chance.shuffle(told)
    middle = len(told) // 2
    turns = count()

    def post(one: tuple[bytes, str], *, is_forged: bool = False) -> float | None:
        body, secret = one
        port = servers.ports[WEB_SERVERS[next(turns) % len(WEB_SERVERS)]]
        signature = sign(body, "whsec_wrong" if is_forged else secret, int(time.time()))
        began = time.perf_counter()
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("POST", "/webhooks/demo", body, {"Stripe-Signature": signature})
            status = connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()
        return time.perf_counter() - began if status == (400 if is_forged else 200) else None

    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        taken = list(pool.map(post, told[:middle]))
        servers.kill(WEB_SERVERS[1])
        taken += pool.map(post, told[middle : middle + middle // 5])
        servers.start(WEB_SERVERS[1])
        time.sleep(DOWN_SECONDS)
        taken += pool.map(post, told[middle + middle // 5 :])
        seconds = time.monotonic() - began
        refused = list(pool.map(lambda one: post(one, is_forged=True), told[:1000]))
    report(known, taken, refused, seconds)


def report(known: list[Any], taken: list[float | None], refused: list[float | None], seconds: float) -> None:
    answered, forged = sorted(one for one in taken if one), sorted(one for one in refused if one)
    lost = len(taken) - len(answered)
    print(f"{len(known)} events, {len(taken)} messages sent in {seconds:.0f} s, {lost} lost at a door that was shut")
    for name, times in (("taken", answered), ("refused", forged)):
        p99 = statistics.quantiles(times, n=100)[98]
        print(f"door: a message is {name} in {1e3 * statistics.median(times):.1f} ms, p99 {1e3 * p99:.0f} ms")
    print(f"ratio of the medians, taken to refused: {statistics.median(answered) / statistics.median(forged):.1f}")


def await_truth(sold: list[int]) -> bool:
    """Wait until nothing is left to do, then compare the books."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_SECONDS:
        time.sleep(2)
        db.session.rollback()
        is_paid = Order.id.in_(sold) & (Order.status == OrderStatus.PAID)
        paid = db.session.scalar(select(func.count()).select_from(Order).where(is_paid)) or 0
        back = db.session.scalar(select(func.sum(Payment.refunded_minor))) or 0
        waiting = select(func.count()).select_from(OutboxJob).where(OutboxJob.status == OutboxStatus.WAITING)
        if paid == len(sold) and back == BACK_MINOR * len(sold) and not db.session.scalar(waiting):
            break
    db.session.rollback()
    found = compare(get_gateway(), clock.now() - timedelta(days=1))
    dead = db.session.scalar(select(func.count()).select_from(OutboxJob).where(OutboxJob.status == OutboxStatus.DEAD))
    print(f"all done {time.monotonic() - began:.0f} s after the last message; {dead} job(s) dead")
    print(
        f"{'green' if found.is_green else 'RED'}: {paid} of {len(sold)} orders paid, provider took"
        f" {found.captured['GBP']} and paid back {found.refunded['GBP']}, {len(found.differences)} differ"
    )
    for one in found.differences[:10]:
        print(one)
    return found.is_green and paid == len(sold) and not dead


if __name__ == "__main__":
    main()
