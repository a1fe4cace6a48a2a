"""The `storefront stock` command: where the gate's copies differ from SQL, and putting that right."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import AppGroup

if TYPE_CHECKING:
    from storefront.stock.gate import Gate
    from storefront.stock.reconcile import Drift

# A change is published within a second or two; only what differs for longer is worth waking somebody.
OLD_SECONDS = 5
PATIENCE_SECONDS = 5.0

stock = AppGroup("stock", help="Copies of stock in Redis: where they differ from the database, and publishing them.")


@stock.command("drift")
@click.option(
    "--older-than", "seconds", type=click.IntRange(0), default=OLD_SECONDS, show_default=True, help="Seconds."
)
def show_drift(seconds: int) -> None:
    """List the variants whose copy differs from the database. Exits 1 when one has done so for longer."""
    from storefront.core.db import db
    from storefront.stock.reconcile import find_drift

    with _gate() as gate:
        report = find_drift(db.session(), gate)
    for drift in report.drifts:
        click.echo(_line(drift))
    click.echo(f"{len(report.drifts)} of {report.checked} variant(s) differ, {len(report.lost)} of them lost history")
    if any(_is_old(drift, seconds) for drift in report.drifts):
        raise SystemExit(1)


@stock.command("publish")
@click.option("--reset", "is_reset", is_flag=True, help="Replace every copy, as after the database was restored.")
def publish(is_reset: bool) -> None:
    """Publish every variant's stock to Redis."""
    from storefront.core.db import db
    from storefront.stock.reconcile import publish_all, reconcile

    with _gate() as gate:
        if is_reset:
            click.echo(f"{publish_all(db.session(), gate, is_reset=True)} copies replaced")
            return
        report = reconcile(db.session(), gate)
    click.echo(f"{report.checked} variant(s) compared, {len(report.drifts)} published")
    if report.lost:
        raise click.ClickException(
            f"The database had lost history of {len(report.lost)} variant(s). Their copies follow it again;"
            " find out what was lost (a restored backup, a replica that was late?)."
        )


@contextmanager
def _gate() -> "Iterator[Gate]":
    """The gate with more patience than a shopper has; one clear line when it is away."""
    from storefront.core.redis import connect
    from storefront.stock.gate import Gate, GateAway

    try:
        yield Gate(connect(current_app.config["SETTINGS"].redis_stock_url, PATIENCE_SECONDS))
    except GateAway as error:
        raise click.ClickException(f"The stock server does not answer: {error.facts['reason']}") from error


def _line(drift: "Drift") -> str:
    copy = f"{drift.copy.available} at {drift.copy.version}" if drift.copy else "none"
    truth = f"{drift.truth.available} at {drift.truth.version}"
    age = "-" if drift.age_seconds is None else f"{drift.age_seconds} s"
    return f"{drift.sku:<24} {drift.kind:<8} database {truth:<12} copy {copy:<12} age {age}"


def _is_old(drift: "Drift", seconds: int) -> bool:
    """Lost history is never young: no publishing ends it."""
    from storefront.stock.reconcile import DriftKind

    return drift.kind is DriftKind.LOST or drift.age_seconds is None or drift.age_seconds > seconds
