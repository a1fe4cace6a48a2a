"""How long the pages of insight take on a retailer's whole history and on ten times of it, beside a bare page.

Run: `python benchmarks/insight.py FILE.csv.gz [--times 10] [--database postgresql://user@host/name] [--visits 40]`.
An SQLite file without --database; a database given is made and dropped on that server. Pages are asked of the app in
this process, signed in, one at a time. The baseline of the same run is the desk's jobs page, which reads one small
table; "orders" is what the same figures cost without rollups, by plain SQL over the order lines.

The clock stands at the hour after the last order, so that what pages say about the last weeks is about something.
Every variant has a forecast and terms, the desk has hours, whoever sent the retailer's orders counts as a packer, and
each hour of eight weeks has rows of jobs, which are invented.
"""

import argparse
import gc
import itertools
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from storefront import create_app
from storefront.accounts import service as accounts
from storefront.accounts.queries import find_user
from storefront.catalog.models import Variant
from storefront.core import clock
from storefront.core.db import db, table_of, transaction
from storefront.importing.online_retail import import_online_retail
from storefront.insight.days import Books
from storefront.insight.forecast.models import VariantForecast
from storefront.insight.forecast.service import run_forecast
from storefront.insight.pairs import rebuild_pairs
from storefront.insight.queueing.histogram import count_waits
from storefront.insight.queueing.jobs_measured import WINDOW
from storefront.insight.queueing.models import EVERY_JOB, JobHour
from storefront.insight.queueing.packing import measure_packing
from storefront.insight.queueing.plan import Plan, Shift, write_plan
from storefront.insight.reorder import service as reorder
from storefront.insight.rollup import rebuild
from storefront.orders.models import Order
from storefront.torture.database import own_database
from storefront.torture.goods import make_shop
from storefront.torture.servers import Servers


class Times(NamedTuple):
    """Median and 95th percentile by the clock, and the 95th percentile of this process's processor time; in ms."""

    middle: float
    slow: float
    cpu: float


LOGIN = {"email": "owner@example.com", "password": "a password for benchmarks"}
PAGES = ("", "/sales", "/products", "/categories", "/customers", "/funnel", "/stock", "/payments", "/figures/net")
SPANS = ("days=28", "days=365")
OTHERS = ("/capacity", "/capacity?packers=2&workers=3", "/reorder?show=now", "/reorder?show=all", "/purchases")
JOBS = tuple(f"benchmark.kind-{number}" for number in range(12))
BASELINE = "/admin/jobs"
OLD = """
SELECT sum(l.quantity), sum(l.total_minor), count(DISTINCT o.id) FROM order_line l
JOIN shop_order o ON o.id = l.order_id WHERE o.placed_at >= :begin AND o.paid_at IS NOT NULL
"""
# What a copy of an order is made of; the rest of its columns stays as it was.
COPIED = {
    "customer": ("id", "external_ref"),
    "shop_order": ("id", "number", "token", "external_ref", "customer_id"),
    "order_line": ("id", "order_id"),
    "order_return": ("id", "order_id", "external_ref"),
    "return_line": ("id", "return_id", "order_line_id"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--database", help="URL of a server; an SQLite file without")
    parser.add_argument("--visits", type=int, default=40)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        database = stack.enter_context(own_database(options.database, folder))
        servers = Servers(folder, database.url)
        stack.callback(servers.stop_all)
        servers.start("valkey")
        make_shop(servers.settings)
        # Pages are measured, and not how their reader shows a second factor.
        app = create_app(replace(servers.settings, second_factor="off"))
        with app.app_context():
            import_online_retail(options.file, currency=servers.settings.currency)
            stop_clock()
            furnish(app)
            db.session.remove()
        measure(app, 1, options.visits)
        if options.times > 1:
            with app.app_context():
                seconds = seconds_of(lambda: multiply(options.times))
            print(f"\n{options.times} times as many orders made in {seconds:.0f} s")
            measure(app, options.times, options.visits)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def stop_clock() -> None:
    """For everything in this process it is the hour after the last order from now on."""
    last = db.session.scalar(select(func.max(Order.placed_at)))
    db.session.rollback()
    moment: datetime = last + timedelta(hours=1)
    clock.now = lambda: moment


def furnish(app: Flask) -> None:
    """What a shop at work has beside its orders: forecast, terms, a purchase order, hours of packing, measured jobs."""
    zone, today = app.config["SETTINGS"].time_zone, clock.now().date()
    run_forecast(today - timedelta(days=today.weekday()), 13, zone)
    sold = list(db.session.execute(select(Variant.id, Variant.sku).join(VariantForecast).order_by(Variant.id)))
    db.session.rollback()
    supplier_id = reorder.add_supplier(reorder.SupplierData("Supplier", lead_days=14, pack_size=6))
    reorder.change_terms([row.id for row in sold], {"supplier_id": supplier_id})
    lines = [reorder.NewLine(row.id, row.sku, row.sku, 12) for row in sold[:200]]
    reorder.place_purchase("benchmark", supplier_id, lines, "benchmark", None)
    with transaction() as session:
        session.execute(text("UPDATE order_event SET actor = 'user:1' WHERE to_status = 'fulfilled'"))
    write_plan(Plan(shifts=dict.fromkeys(range(6), Shift(3, 9 * 60, 17 * 60, 15 * 60)), parcel_minutes=6))
    measure_packing()
    fill_jobs()


def fill_jobs() -> None:
    """Eight weeks of hours with a row for all jobs and one for each kind of them."""
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=back) for back in range(1, WINDOW // timedelta(hours=1))]
    rows = []
    for hour, name in itertools.product(hours, (EVERY_JOB, *JOBS)):
        jobs = 20 + hour.hour * (len(JOBS) if name == EVERY_JOB else 1)
        sums = {"service_sum": 0.2 * jobs, "service_squares": 0.06 * jobs, "wait_sum": 0.1 * jobs, "gaps": jobs - 1}
        gaps = {"gap_sum": 3500.0, "gap_squares": 2 * 3500.0**2 / jobs, "turns": jobs // 4, "turn_sum": 0.001 * jobs}
        waits = count_waits([0.001 * (number * 37 % 400) for number in range(jobs)])
        idles = {"idles": jobs // 2, "idle_sum": 0.025 * jobs, "waits": waits}
        rows.append({"hour": hour, "name": name, "jobs": jobs, **sums, **gaps, **idles})
    with transaction() as session:
        session.execute(table_of(JobHour).insert(), rows)


def multiply(times: int) -> None:
    """Copy every customer, order, line and return; each copy is of other customers, on the same days."""
    sizes = {table: db.session.scalar(text(f"SELECT max(id) FROM {table}")) or 0 for table in COPIED}
    db.session.rollback()
    for turn in range(1, times):
        with transaction() as session:
            for table, changed in COPIED.items():
                session.execute(text(copy_statement(table, changed, sizes, turn)), {"turn": turn})


def copy_statement(table: str, changed: tuple[str, ...], sizes: dict[str, int], turn: int) -> str:
    """One INSERT ... SELECT; keys move by the size of their table, and what must be unique gets the turn's number."""
    columns = [column.name for column in db.metadata.tables[table].columns]
    parents = {"customer_id": "customer", "order_id": "shop_order", "return_id": "order_return"}
    parents |= {"order_line_id": "order_line", "id": table}
    prefix = f"{turn}-"
    values = []
    for name in columns:
        if name not in changed:
            values.append(name)
        elif name in parents:
            values.append(f"{name} + {sizes[parents[name]] * turn}")
        else:
            values.append(glue(prefix, name))
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM {table} WHERE id <= {sizes[table]}"
    )


def glue(prefix: str, name: str) -> str:
    """Two texts put together as each database does it."""
    is_maria = db.engine.dialect.name in {"mysql", "mariadb"}
    return f"concat('{prefix}', {name})" if is_maria else f"'{prefix}' || {name}"


def measure(app: Flask, times: int, visits: int) -> None:
    books = Books.of(app.config["SETTINGS"])
    with app.app_context():
        lines = db.session.scalar(text("SELECT count(*) FROM order_line"))
        db.session.rollback()
        seconds = seconds_of(lambda: rebuild(books))
        pairs = seconds_of(lambda: rebuild_pairs(books))
        last = db.session.scalar(select(func.max(text("day"))).select_from(text("daily_totals")))
        rows = db.session.scalar(text("SELECT count(*) FROM daily_sales"))
        db.session.rollback()
    print(f"\n{times} x: {lines:,} order lines, {rows:,} rows of daily_sales")
    print(f"rollups rebuilt in {seconds:.1f} s; bought together found in {pairs:.1f} s")
    client = sign_in(app)
    # As the web server does once it has started (storefront/run/web.py).
    gc.collect()
    gc.freeze()

    def ask(address: str) -> None:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status}")

    bare = p95(lambda: ask(BASELINE), visits)
    old = p95(lambda: plain_sql(app, str(last)[:10]), 5)
    print(f"{'page':<34}{'p50 ms':>8}{'p95 ms':>8}{'cpu p95 ms':>12}{'ratio to bare':>15}{'ratio to orders':>17}")
    print(row_of(f"bare ({BASELINE})", bare, bare, old))
    print(row_of("orders by plain SQL", old, bare, old))
    for page in PAGES:
        for span in SPANS:
            address = f"/admin/insight{page}?{span}&until={str(last)[:10]}"
            found = p95(lambda address=address: ask(address), visits)  # type: ignore[misc]
            print(row_of(f"{page or '/'} {span}", found, bare, old), flush=True)
    for page in OTHERS:
        found = p95(lambda page=page: ask(f"/admin/insight{page}"), visits)  # type: ignore[misc]
        print(row_of(page, found, bare, old), flush=True)


def sign_in(app: Flask) -> FlaskClient:
    """Somebody at the desk."""
    with app.app_context():
        accounts.ensure_roles()
        if find_user(db.session(), LOGIN["email"]) is None:
            accounts.create_user(LOGIN["email"], LOGIN["password"], "Owner", roles=["owner"])
        db.session.remove()
    client = app.test_client()
    token = client.get("/account/sign-in").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    headers = {"Sec-Fetch-Site": "same-origin"}
    answer = client.post("/account/sign-in", data={**LOGIN, "csrf_token": token}, headers=headers)
    if answer.status_code != 303:
        raise RuntimeError(f"not signed in: {answer.status}")
    return client


def plain_sql(app: Flask, last: str) -> None:
    """A year's sums from the order lines."""
    with app.app_context():
        year = f"{int(last[:4]) - 1}{last[4:]}"
        db.session.execute(text(OLD), {"begin": year}).one()
        db.session.rollback()


def row_of(name: str, found: Times, bare: Times, old: Times) -> str:
    """A line of the table; ratios are those of processor time, which another program on the machine does not change."""
    return (
        f"{name:<34}{found.middle:>8.1f}{found.slow:>8.1f}{found.cpu:>12.1f}"
        f"{found.cpu / bare.cpu:>15.2f}{found.cpu / old.cpu:>17.2f}"
    )


def p95(step: Callable[[], object], visits: int) -> Times:
    """The first visit, which loads templates, is left out."""
    step()
    walls, cpus = [], []
    for _ in range(visits):
        begun = time.process_time()
        walls.append(seconds_of(step) * 1000)
        cpus.append((time.process_time() - begun) * 1000)
    place = math.ceil(visits * 0.95) - 1
    return Times(statistics.median(walls), sorted(walls)[place], sorted(cpus)[place])


def seconds_of(step: Callable[[], object]) -> float:
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
