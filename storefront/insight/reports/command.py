"""The `storefront report` command, for cron and by hand."""

from datetime import datetime

import click
from flask import current_app
from flask.cli import with_appcontext


@click.command("report")
@click.argument("kind", type=click.Choice(["daily", "weekly", "monthly", "low-stock"]))
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day it is sent on; today without.")
@click.option("--to", multiple=True, help="An address; may be given more than once. All recipients without.")
@with_appcontext
def report(kind: str, day: datetime | None, to: tuple[str, ...]) -> None:
    """Send the letter about the day, week or month before; once per time and address.

    Exits 1 when a letter could not be handed over. It is tried again in five minutes by the workers, and when this
    command is run again.
    """
    from storefront.core.mail import MailNotSent
    from storefront.insight.days import Books
    from storefront.insight.models import ReportKind
    from storefront.insight.refresh import refresh
    from storefront.insight.reports import service

    settings = current_app.config["SETTINGS"]
    books = Books.of(settings)
    refresh(books)
    ids = service.prepare(ReportKind(kind), day.date() if day else books.today(), to)
    sent = failed = 0
    for mail_id in ids:
        try:
            sent += service.send_letter(mail_id, settings)
        except MailNotSent as error:
            failed += 1
            service.retry_later(mail_id)
            click.echo(str(error), err=True)
    click.echo(f"{kind}: {sent} sent, {failed} failed, {len(ids) - sent - failed} sent before or with nothing to say")
    if not ids:
        click.echo("Nobody gets this letter: name recipients at the desk, or use --to.", err=True)
    if failed:
        raise SystemExit(1)
