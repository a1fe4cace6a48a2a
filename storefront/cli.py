"""The `storefront` command: one thin sub-command per use case, beside Flask's own (`storefront db upgrade`)."""

import click
from flask import Flask
from flask.cli import AppGroup, FlaskGroup, shell_command, with_appcontext

from storefront.config import SettingError, load_settings


def make_command_app() -> Flask:
    """What the commands work on: everything but routes, with migrations."""
    from flask_migrate import Migrate

    from storefront import make_core
    from storefront.core.assets import asset_folder
    from storefront.core.db import db
    from storefront.payments.gateways import init_gateway
    from storefront.tables import import_models

    try:
        settings = load_settings()
    except SettingError as error:
        raise click.ClickException(str(error)) from error
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    import_models()
    app = make_core(settings)
    init_gateway(app, settings)
    Migrate(app, db, directory=str(asset_folder("migrations")))
    return app


@click.group(cls=FlaskGroup, create_app=make_command_app, add_default_commands=False)
def main() -> None:
    """An online shop: run it, fill it, look after it."""


jobs = AppGroup("jobs", help="What the workers do: failed jobs, and another try for them.")


@jobs.command("failed")
def list_failed() -> None:
    """List the jobs that failed: the dead first, then those that wait for their next try."""
    from storefront.core import outbox
    from storefront.core.db import db

    rows = outbox.list_failed(db.session())
    for row in rows:
        click.echo(f"{row.id:>8}  {row.status:<8} tries {row.attempts}  {row.name}  {row.arguments}  {row.error}")
    click.echo(f"{len(rows)} failed job(s)")


@jobs.command("retry")
@click.argument("job_ids", nargs=-1, type=int)
@click.option("--all", "is_all", is_flag=True, help="Every failed job.")
def retry_jobs(job_ids: tuple[int, ...], is_all: bool) -> None:
    """Hand failed jobs over again at once."""
    from storefront.core import outbox
    from storefront.core.db import db, transaction

    wanted = [row.id for row in outbox.list_failed(db.session())] if is_all else list(job_ids)
    if not wanted and not is_all:
        raise click.UsageError("name the jobs, or use --all")
    with transaction():
        unknown = [job_id for job_id in wanted if not outbox.retry(job_id)]
    if unknown:
        raise click.ClickException(f"not waiting or dead: {', '.join(map(str, unknown))}")
    click.echo(f"{len(wanted)} job(s) handed over again")


@main.command("create-user")
@click.argument("email")
@click.option("--name", default="", help="What to call them.")
@click.option("--role", "roles", multiple=True, help="owner, manager, packer or analyst; may be given more than once.")
@click.password_option()
@with_appcontext
def create_user(email: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Add someone who can sign in."""
    from storefront.accounts import service
    from storefront.core.errors import ShopError

    service.ensure_roles()
    try:
        service.create_user(email, password, name or email, roles=roles)
    except ShopError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{email} can sign in")


@main.command("routes")
@click.pass_context
def show_routes(context: click.Context) -> None:
    """Show the shop's routes."""
    from flask.cli import routes_command

    from storefront import create_app

    with create_app().app_context():
        context.invoke(routes_command, sort="rule", all_methods=False)


def _register() -> None:
    from flask_migrate.cli import db as migration_commands

    from storefront.importing.command import imports
    from storefront.insight.command import insight
    from storefront.insight.forecast.command import forecast
    from storefront.insight.queueing.command import capacity
    from storefront.insight.reports.command import report
    from storefront.payments.command import reconcile
    from storefront.privacy.command import privacy
    from storefront.run.command import COMMANDS
    from storefront.run.doctor.command import audit, doctor
    from storefront.stock.command import stock
    from storefront.torture.command import torture

    main.add_command(shell_command)
    main.add_command(jobs)
    main.add_command(audit)
    main.add_command(doctor)
    main.add_command(imports)
    main.add_command(insight)
    main.add_command(forecast)
    main.add_command(report)
    main.add_command(stock)
    main.add_command(privacy)
    main.add_command(reconcile)
    main.add_command(torture)
    main.add_command(capacity)
    main.add_command(migration_commands)
    for command in COMMANDS:
        main.add_command(command)


_register()
