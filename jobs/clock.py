"""The clock: one light process that relays the outbox, stages the cron table and publishes stock."""

import logging
import signal
from threading import Event

from flask import Flask
from sqlalchemy.exc import DBAPIError

from jobs.cron import Cron
from jobs.relay import relay_once
from jobs.stock import Publisher
from storefront.config import Settings
from storefront.core.db import init_db
from storefront.core.redis import connect
from storefront.stock.holds import Holds

IDLE_SECONDS = 0.2
TROUBLE_SECONDS = 1.0
log = logging.getLogger("storefront.clock")


def run_clock(settings: Settings) -> None:
    """Go on until SIGTERM or SIGINT. Trouble with Redis or SQL is logged once and outlived."""
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    app = Flask("clock")
    init_db(app, settings.database_url)
    run_until(app, settings, stopped)


def run_until(app: Flask, settings: Settings, stopped: Event) -> None:
    """The loop itself, until `stopped` is set."""
    cron, connection, is_well = Cron(settings.time_zone), connect(settings.redis_queue_url, 5), True
    publisher = Publisher(Holds.at(settings.redis_stock_url))
    from redis import RedisError

    while not stopped.is_set():
        try:
            with app.app_context():
                cron.stage_due()
                handed = relay_once(connection)
                publisher.publish_due()
            wait, is_well = 0.0 if handed else IDLE_SECONDS, True
        except (RedisError, DBAPIError) as error:
            if is_well:
                log.warning("waiting for a server: %s", error)
            wait, is_well = TROUBLE_SECONDS, False
        stopped.wait(wait)
