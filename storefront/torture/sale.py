"""The sale itself: a shop is put up, the crowd let in, something breaks, and then everything is counted."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flask import Flask

from storefront.core.db import db
from storefront.core.redis import connect
from storefront.orders.models import OrderStatus
from storefront.stock.gate import Gate
from storefront.torture import truth
from storefront.torture.buyer import Buyer, Outcome
from storefront.torture.crowd import Crowd, wanted_in_order
from storefront.torture.database import own_database
from storefront.torture.faults import Breaker
from storefront.torture.goods import make_shop, stock_shelves
from storefront.torture.plan import Facts, Fault, Plan, Verdict
from storefront.torture.servers import WEB_SERVERS, Servers

REMEMBER_AT, BREAK_AT = 1 / 8, 1 / 3
LOOK_SECONDS = 0.01


def hold_sale(plan: Plan) -> Verdict:
    """Put up a shop, sell, break, count, take it down again, whatever happens. Raises CannotStart."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="storefront-torture-")))
        database = stack.enter_context(own_database(plan.database_url, folder))
        servers = Servers(folder, database.url)
        app = stack.enter_context(_shop(servers))
        variant_ids = stock_shelves(plan.lines, plan.stock)
        stack.callback(servers.stop_all)
        servers.start_all()
        crowd = let_in(plan, servers, variant_ids)
        stack.callback(crowd.stop)
        _watch(plan, crowd, Breaker(servers, database, random.Random(plan.seed)))  # noqa: S311 - no secret.
        return count(plan, app, crowd, variant_ids)


def let_in(plan: Plan, servers: Servers, variant_ids: list[int]) -> Crowd:
    """The buyers, in the order and with the carts that the seed gives them, spread over the web servers."""
    chance = random.Random(plan.seed)  # noqa: S311 - no secret.
    deadline = time.monotonic() + plan.patience_seconds
    ports = [servers.ports[name] for name in WEB_SERVERS]
    return Crowd(
        [
            Buyer(
                number,
                chance.choice(ports),
                wanted_in_order(variant_ids, chance),
                deadline=deadline,
                is_patient=plan.fault is not Fault.NONE,
            )
            for number in range(plan.buyers)
        ]
    )


def count(plan: Plan, app: Flask, crowd: Crowd, variant_ids: list[int]) -> Verdict:
    """Hold what SQL, the gate and the crowd say against each other."""
    session = db.session()
    gate = Gate(connect(app.config["SETTINGS"].redis_stock_url, 1.0))
    drift = truth.settle_drift(session, gate, variant_ids)
    truth.wait_for(lambda: crowd.paid <= set(truth.buyers_of(session, OrderStatus.PAID)), plan.confirm_seconds)
    shelves = truth.read_shelves(session, variant_ids)
    facts = Facts(
        sold=len(truth.buyers_of(session)),
        refused=crowd.outcomes[Outcome.REFUSED],
        errors=crowd.outcomes[Outcome.ERROR],
        available=sum(shelf.available for shelf in shelves),
        ledger=sum(shelf.ledger for shelf in shelves),
        drift=drift,
        slowest_seconds=round(crowd.slowest_seconds, 3),
        seconds=round(crowd.seconds, 3),
    )
    return Verdict(facts, [*truth.broken_rules(plan, facts, crowd, shelves), *crowd.troubles[:5]])


@contextmanager
def _shop(servers: Servers) -> Iterator[Flask]:
    """The shop's core in this process, to put goods on the shelves and to count them."""
    app = make_shop(servers.settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def _watch(plan: Plan, crowd: Crowd, breaker: Breaker) -> None:
    """Break what is to be broken once a third of the goods are sold, and see the crowd out."""
    _wait_until(crowd, lambda: len(crowd.acknowledged) >= plan.expected * REMEMBER_AT)
    breaker.remember(plan.fault)
    _wait_until(crowd, lambda: len(crowd.acknowledged) >= plan.expected * BREAK_AT)
    breaker.do(plan.fault)
    crowd.wait()


def _wait_until(crowd: Crowd, is_so: Callable[[], bool]) -> None:
    while not is_so() and not crowd.is_done:
        time.sleep(LOOK_SECONDS)
