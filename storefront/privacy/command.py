"""The `storefront privacy` commands, for what people ask for by letter: see to it that the letter is theirs."""

from pathlib import Path

import click
from flask.cli import AppGroup

privacy = AppGroup("privacy", help="What the shop knows of somebody: a copy of it, or the end of it.")


@privacy.command("export")
@click.argument("email")
@click.option("--to", "path", type=click.Path(path_type=Path), help="The file.  [default: EMAIL.zip]")
def export(email: str, path: Path | None) -> None:
    """Write everything the shop knows of EMAIL into a zip file."""
    from storefront.core.db import db
    from storefront.core.errors import ShopError
    from storefront.privacy.exports import make_copy
    from storefront.privacy.person import find_person

    target = path or Path(f"{email.replace('/', '_')}.zip")
    try:
        target.write_bytes(make_copy(db.session(), find_person(db.session(), email)))
    except ShopError as error:
        raise click.ClickException(str(error)) from error
    target.chmod(0o600)
    click.echo(f"{target} has everything; hand it over and delete it")


@privacy.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(email: str, yes: bool) -> None:
    """Forget whoever has the address EMAIL, with or without an account. There is no way back."""
    from storefront.core.errors import ShopError
    from storefront.privacy.erasure import erase as forget

    if not yes:
        click.confirm(f"Forget {email} for good?", abort=True)
    try:
        changed = forget(email)
    except ShopError as error:
        raise click.ClickException(str(error)) from error
    for table, count in sorted(changed.items()):
        click.echo(f"{count:>8}  {table}")
    click.echo("forgotten; orders that were paid keep the name and address their receipts need")
