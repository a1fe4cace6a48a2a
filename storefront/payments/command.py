"""The `storefront reconcile` command: the provider's books beside ours."""

from datetime import UTC, datetime, timedelta

import click
from flask.cli import with_appcontext

DAYS = 3


@click.command("reconcile")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day, UTC.  [default: three days ago]")
@click.option("--mend", "is_mending", is_flag=True, help="Fetch missed events and ask again about what differs.")
@with_appcontext
def reconcile(since: datetime | None, is_mending: bool) -> None:
    """Compare the provider's payments and refunds, our orders and the stock ledger. Exits 1 when they differ."""
    from storefront.core import clock
    from storefront.core.errors import Unavailable
    from storefront.payments.comparison import compare, keep
    from storefront.payments.gateways import get_gateway
    from storefront.payments.sweeping import sweep_events

    gateway = get_gateway()
    begin = since.replace(tzinfo=UTC) if since else clock.now() - timedelta(days=DAYS)
    try:
        if is_mending:
            click.echo(f"{sweep_events(gateway)} missed event(s) fetched")
        found = compare(gateway, begin, is_mending=is_mending)
    except Unavailable as error:
        raise click.ClickException(str(error)) from error
    keep(found, gateway.name)
    for one in found.differences:
        click.echo(f"{one.kind:<20} {one.order:<24} here {one.here:>10}  expected {one.there:>10}")
    money = ", ".join(
        f"{currency} {minor - found.refunded.get(currency, 0)} kept of {minor}"
        for currency, minor in sorted(found.captured.items())
    )
    click.echo(
        f"{'green' if found.is_green else 'RED'}: {found.payments} payment(s) and {found.orders} order(s) since"
        f" {begin:%Y-%m-%d}; {money or 'no money'} (minor units); {found.mended} mended,"
        f" {len(found.differences)} differ"
    )
    if not found.is_green:
        raise SystemExit(1)
