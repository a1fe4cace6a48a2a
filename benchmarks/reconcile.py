"""What comparing and republishing a large catalogue costs, beside a bare reading of the same copies in the same run.

Run: `python benchmarks/reconcile.py [--database postgresql://user@host/name] [--variants N]`; an SQLite file without.
A database given is made and dropped on that server. The baseline is one HMGET per variant through the same client,
a thousand to a round trip.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from storefront.catalog.models import Variant
from storefront.core.db import db, insert_rows, table_of, transaction
from storefront.core.redis import connect
from storefront.stock.gate import BATCH, Gate
from storefront.stock.models import StockItem
from storefront.stock.reconcile import publish_all, reconcile
from storefront.torture.database import own_database
from storefront.torture.goods import make_shop, stock_shelves
from storefront.torture.servers import Servers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="URL of a server; an SQLite file without")
    parser.add_argument("--variants", type=int, default=100_000)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        database = stack.enter_context(own_database(options.database, folder))
        servers = Servers(folder, database.url)
        stack.callback(servers.stop_all)
        servers.start("valkey")
        app = make_shop(servers.settings)
        with app.app_context():
            (first,) = stock_shelves(1, 5)
            fill(first, options.variants)
            measure(connect(servers.settings.redis_stock_url, 30), first, options.variants)
            db.session.remove()
            db.engine.dispose()


def fill(first: int, variants: int) -> None:
    """So many variants with 5 pieces each, like the one there is."""
    like = {
        column.name: getattr(db.session.get_one(Variant, first), column.name) for column in table_of(Variant).columns
    }
    db.session.rollback()
    ids = range(first + 1, first + variants)
    with transaction() as session:
        insert_rows(session, Variant, [{**like, "id": number, "sku": f"V{number}"} for number in ids])
        rows = [{"variant_id": number, "available": 5, "on_hand": 5, "version": 1} for number in ids]
        insert_rows(session, StockItem, rows)


def measure(client: Any, first: int, variants: int) -> None:
    """Print seconds of each, and its ratio to the baseline taken last."""
    gate, session = Gate(client), db.session()

    def read_bare() -> None:
        for start in range(first, first + variants, BATCH):
            pipe = client.pipeline(transaction=False)
            for number in range(start, min(start + BATCH, first + variants)):
                pipe.hmget(f"{{stock}}:v:{number}", "available", "version")
            pipe.execute()

    def compare(expected: int) -> None:
        report = reconcile(session, gate)
        if (report.checked, len(report.drifts)) != (variants, expected):
            raise RuntimeError(f"{report.checked} compared, {len(report.drifts)} differed")

    steps: dict[str, Callable[[], Any]] = {
        "compared and published, the gate empty": lambda: compare(variants),
        "compared, nothing to do": lambda: compare(0),
        "published anew (--reset)": lambda: publish_all(session, gate, is_reset=True),
    }
    found = {name: seconds_of(step) for name, step in steps.items()}
    bare = seconds_of(read_bare)
    for name, seconds in found.items():
        print(f"{name:<42} {seconds:6.2f} s  bare reading {bare:.2f} s  ratio {seconds / bare:.2f}")


def seconds_of(step: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
