"""The `storefront import` command: what a person types, sees while it works, and reads afterwards."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from storefront.core.errors import ShopError

if TYPE_CHECKING:
    from storefront.importing.online_retail import Account, Progress, Sums

imports = AppGroup("import", help="Bring catalogues and histories from other systems into the shop.")


@imports.command("online-retail")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the lines left out to this CSV.")
@with_appcontext
def online_retail(file: Path, report: Path | None) -> None:
    """Import the "Online Retail" transactions FILE (.csv or .csv.gz): products, customers, nine months of orders."""
    # Loaded here, so that every other command starts without the tables of the whole shop.
    from storefront.core.db import db
    from storefront.importing.online_retail import import_online_retail, stored_sums

    try:
        with _bars(file) as progress:
            account = import_online_retail(file, currency=current_app.config["SETTINGS"].currency, progress=progress)
    except ShopError as error:
        raise click.ClickException(f"{file.name}: {error} The shop is as it was.") from error
    click.echo("\n".join(render_account(account, stored_sums(db.session()))))
    if report is not None:
        account.write_report(report)
        click.echo(f"The {len(account.unlisted):,} lines left out are listed in {report}")


@contextmanager
def _bars(file: Path) -> Iterator["Progress"]:
    """A bar for the bytes that are read and, when all is read, one for the orders that are written; on stderr."""
    from tqdm import tqdm

    from storefront.importing.online_retail import Progress

    with ExitStack() as bars:
        reading = bars.enter_context(tqdm(total=file.stat().st_size, unit="B", unit_scale=True, desc="Reading"))
        writing: list[tqdm[NoReturn]] = []

        def planned(orders: int) -> None:
            reading.close()
            writing.append(bars.enter_context(tqdm(total=orders, unit=" orders", desc="Writing")))

        def wrote(count: int) -> None:
            writing[0].update(count)

        yield Progress(reading.update, planned, wrote)


def render_account(account: "Account", stored: "Sums") -> list[str]:
    """The account as lines of text: what became of the file's lines, and the sums beside what the database holds."""
    rows = [f"{account.lines:>9,} lines in the file"]
    rows += [f"{count:>9,}   {outcome.value}" for outcome, count in account.outcomes.items() if count]
    rows += [f"{count:>9,}   left out: {reason.value}" for reason, count in account.reasons.most_common()]
    rows.append(f"{account.outcomes.total() + len(account.unlisted):>9,} lines accounted for")
    rows.append(f"New: {account.products:,} products, {account.variants:,} variants, {account.customers:,} customers")
    rows.append(f"{'':<22}{'this run':>18}{'in the shop (SQL)':>20}")
    pairs = zip(_figures(account.sums), _figures(stored), strict=True)
    return rows + [f"{label:<22}{mine:>18}{theirs:>20}" for (label, mine), (_, theirs) in pairs]


def _figures(sums: "Sums") -> list[tuple[str, str]]:
    from storefront.core.money import format_minor
    from storefront.importing.online_retail.loading import CURRENCY

    return [
        ("Orders", f"{sums.orders:,}"),
        ("  of them cancelled", f"{sums.cancelled_orders:,}"),
        ("Units sold", f"{sums.units:,}"),
        ("Revenue from goods", format_minor(sums.items_minor, CURRENCY)),
        ("Postage", format_minor(sums.shipping_minor, CURRENCY)),
        ("Units returned", f"{sums.returned_units:,}"),
        ("Returned", format_minor(sums.returned_minor, CURRENCY)),
    ]
