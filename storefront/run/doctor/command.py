"""The commands `storefront doctor` and `storefront audit`."""

import json

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from storefront.core.audit import chain
from storefront.core.db import db


@click.command()
@click.option("--json", "is_json", is_flag=True, help="For programs: a list of name, unsafe, text.")
@with_appcontext
def doctor(is_json: bool) -> None:
    """Say what is unsafe about this shop before it goes live; exit status 1 when anything is."""
    from storefront.run.doctor import examine

    found = examine(current_app.config["SETTINGS"])
    unsafe = sum(finding.is_unsafe for finding in found)
    if is_json:
        click.echo(
            json.dumps([{"name": one.name, "unsafe": one.is_unsafe, "text": one.text} for one in found], indent=2)
        )
    else:
        for one in found:
            click.echo(f"{'UNSAFE' if one.is_unsafe else 'note':<7} {one.name:<24} {one.text}")
        click.echo(
            f"{unsafe} unsafe, {len(found) - unsafe} to know" if found else "Nothing is unsafe that can be seen."
        )
    raise SystemExit(1 if unsafe else 0)


audit = AppGroup("audit", help="The audit log: whether it is what was written, and where it ends.")


@audit.command("verify")
@click.option("--key", "old_keys", multiple=True, help="A SECRET_KEY that the shop had before.")
@click.option(
    "--head", "noted", multiple=True, metavar="NUMBER:DIGEST", help="An end of the log that was noted elsewhere."
)
def verify(old_keys: tuple[str, ...], noted: tuple[str, ...]) -> None:
    """Walk the whole log; exit status 1 and the first bad row when it was changed."""
    settings = current_app.config["SETTINGS"]
    heads = chain.read_heads(settings.data_dir / chain.HEADS_FILE)
    for one in noted:
        number, _, digest = one.partition(":")
        if not number.isdecimal() or not digest:
            raise click.UsageError(f"--head takes NUMBER:DIGEST, not {one!r}")
        heads[int(number)] = digest
    verdict = chain.verify(db.session(), [settings.secret_key, *old_keys], heads)
    if verdict.fault:
        raise click.ClickException(f"{verdict.fault}; {verdict.rows} row(s) before it are good")
    click.echo(f"{verdict.rows} row(s), each as it was written; the end is {verdict.rows}:{verdict.digest}")


@audit.command("head")
def head() -> None:
    """Note where the log ends, in a file beside the data, and print it: keep it somewhere else too."""
    click.echo(
        chain.note_head(db.session(), current_app.config["SETTINGS"].data_dir / chain.HEADS_FILE) or "no rows yet"
    )
