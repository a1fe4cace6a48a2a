"""The `storefront insight` command: the rollups written anew from the orders."""

import click
from flask import current_app
from flask.cli import AppGroup

insight = AppGroup("insight", help="Figures about the shop: the rollups that its pages and letters are made of.")


@insight.command("rebuild")
def rebuild_rollups() -> None:
    """Write every day's figures anew from orders, returns and refunds: after an import, or another time zone."""
    import time

    from tqdm import tqdm

    from storefront.insight.days import Books
    from storefront.insight.rollup import rebuild

    begun = time.perf_counter()
    with tqdm(unit=" days", desc="Writing") as bar:
        days = rebuild(Books.of(current_app.config["SETTINGS"]), bar.update)
    click.echo(f"{days:,} days written in {time.perf_counter() - begun:.1f} s")


@insight.command("pairs")
def rebuild_all_pairs() -> None:
    """Find anew what is often bought together; a job does it every night."""
    import time

    from storefront.insight.days import Books
    from storefront.insight.pairs import rebuild_pairs

    begun = time.perf_counter()
    count = rebuild_pairs(Books.of(current_app.config["SETTINGS"]))
    click.echo(f"{count:,} pairs in {time.perf_counter() - begun:.1f} s")
