"""`storefront torture`: one line of facts, and exit code 1 when a rule was broken."""

import json
import signal
import sys
from dataclasses import asdict
from types import FrameType
from typing import Any, NoReturn

import click

from storefront.torture.plan import Facts, Fault, Plan


@click.command()
@click.option("--buyers", default=400, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--stock", default=50, show_default=True, type=click.IntRange(0, 100_000), help="Pieces of each variant.")
@click.option("--lines", default=1, show_default=True, type=click.IntRange(1, 50), help="Variants in each cart.")
@click.option("--database", default="", help="URL of a server, for a database of its own; an SQLite file without.")
@click.option("--faults", default="none", show_default=True, type=click.Choice([str(fault) for fault in Fault]))
@click.option("--seed", default=0, show_default=True, type=int, help="Decides who comes when and wants what first.")
@click.option("--json", "is_json", is_flag=True, help="Print the facts as one object on the last line.")
def torture(faults: str, database: str, is_json: bool, **numbers: Any) -> None:
    """Let a crowd buy at once from a shop put up for this only, break something, and count what was sold."""
    from storefront.torture.sale import hold_sale
    from storefront.torture.servers import CannotStart

    signal.signal(signal.SIGTERM, _leave)
    plan = Plan(fault=Fault(faults), database_url=database, **numbers)
    try:
        verdict = hold_sale(plan)
    except CannotStart as error:
        raise click.ClickException(str(error)) from error
    for sentence in verdict.broken:
        click.echo(f"broken: {sentence}", err=True)
    click.echo(json.dumps(asdict(verdict.facts)) if is_json else render(verdict.facts))
    sys.exit(1 if verdict.broken else 0)


def render(facts: Facts) -> str:
    """The facts as one line for people."""
    return "  ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in asdict(facts).items())


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """End as Ctrl-C does, so that everything is taken down."""
    raise KeyboardInterrupt
