"""A money step in a process of its own that is killed (SIGKILL) at a chosen point.

Points are the moments before and after every commit and every call to the provider. A run with `die_at` 0 is not killed
and writes the names of the points it passed, so that none can be forgotten.
"""

import os
import signal
import traceback
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from storefront import create_app
from storefront.checkout import cards
from storefront.checkout.sending import send_order
from storefront.config import load_settings
from storefront.core.db import db
from storefront.payments import refunds
from storefront.payments import service as payments
from storefront.payments.gateways import gateway_of, get_gateway
from storefront.payments.models import CREDIT, Refund, WebhookEvent
from storefront.payments.refunds import RefundWish
from storefront.payments.sweeping import sweep_events

BASE_URL = "http://shop.example"
CALLS = frozenset({"start", "look_up", "cancel", "refund", "look_up_money", "list_events", "capture", "release"})


class Points:
    """Counts the points that are passed and dies at one of them."""

    def __init__(self, die_at: int) -> None:
        self.passed: list[str] = []
        self._die_at = die_at

    def note(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch_commits(self) -> None:
        event.listen(Session, "before_commit", lambda _session: self.note("before a commit"))
        event.listen(Session, "after_commit", lambda _session: self.note("after a commit"))


class Watched:
    """The gateway with a point before and after each call."""

    def __init__(self, inner: Any, points: Points) -> None:
        self._inner, self._points = inner, points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in CALLS:
            return found

        def call(*arguments: Any) -> Any:
            self._points.note(f"before {name}")
            answer = found(*arguments)
            self._points.note(f"after {name}")
            return answer

        return call


def start(order_id: int, gateway: Any) -> None:
    payments.start(order_id, gateway, BASE_URL)


def hear(_order_id: int, gateway: Any) -> None:
    """Fetch the messages that never came and act on them, as the jobs do."""
    sweep_events(gateway)
    db.session.rollback()
    for event_id in db.session.scalars(db.select(WebhookEvent.id).filter_by(processed_at=None)).all():
        payments.process_event(event_id, gateway)


def pay_back(order_id: int, gateway: Any) -> None:
    refunds.request(order_id, "kill", RefundWish(other_minor=100), "user:1")
    drive(order_id, gateway)


def credit_back(order_id: int, gateway: Any) -> None:
    """The same as credit for a guest, and the mail with its card is staged with the money."""
    secret_key = current_app.config["SETTINGS"].secret_key
    refunds.request(order_id, "kill", RefundWish(other_minor=100, is_credit=True), "user:1", secret_key)
    drive(order_id, gateway)


def drive(_order_id: int, gateway: Any) -> None:
    db.session.rollback()
    for refund_id, name in db.session.execute(db.select(Refund.id, Refund.gateway)).all():
        refunds.drive(refund_id, gateway_of(name) if name == CREDIT else gateway)


def issue(order_id: int, _gateway: Any) -> None:
    """Make the gift card that was bought."""
    cards.issue(order_id, current_app.config["SETTINGS"].secret_key)


def sell(order_id: int, gateway: Any) -> None:
    """Hear of the payment of a gift card, and make it."""
    hear(order_id, gateway)
    issue(order_id, gateway)


def send(order_id: int, gateway: Any) -> None:
    send_order(order_id, gateway, "user:1")


STEPS: Mapping[str, Callable[[int, Any], None]] = {
    "start": start,
    "credit_back": credit_back,
    "issue": issue,
    "sell": sell,
    "hear": hear,
    "pay_back": pay_back,
    "drive": drive,
    "send": send,
}


def host(environ: dict[str, str], tasks: Connection) -> None:
    """Make the shop once, and for each task a fork of it that takes one step and may die; answers its exit code.

    The host itself opens no connection, so that no two forks share one.
    """
    app = create_app(load_settings(environ))
    with app.app_context():
        db.engine.dispose(close=False)
    while (task := tasks.recv()) is not None:
        child = os.fork()
        if not child:
            _act(app, *task)
        _pid, status = os.waitpid(child, 0)
        tasks.send(os.waitstatus_to_exitcode(status))


def _act(app: Flask, step: str, order_id: int, die_at: int, report: str) -> None:
    """Take one step on one order in this process, die at point number `die_at`, and never return."""
    try:
        points = Points(die_at)
        with app.app_context():
            gateway = Watched(get_gateway(), points)
            points.watch_commits()
            STEPS[step](order_id, gateway)
        Path(report).write_text("\n".join(points.passed))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
