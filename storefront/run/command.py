"""The commands that start the shop: `storefront run` for all of it, `web`, `worker` and `clock` for one process."""

from pathlib import Path

import click
from flask.cli import ScriptInfo, pass_script_info

from storefront.config import SettingError, Settings, load_settings
from storefront.run import checks, prepare, programs
from storefront.run.banner import render_banner


@click.command()
@pass_script_info
def run(info: ScriptInfo) -> None:
    """Start the whole shop: database, Valkey, web server, worker, clock. Ctrl-C stops all of it."""
    settings = _settings()
    checks.make_data_folder(settings)
    checks.take_lock(settings.data_dir)
    checks.check_port(settings.host, settings.port)
    settings = prepare.complete(settings)
    checks.check_database(settings.database_url)
    checks.check_redis(settings)
    click.echo("Preparing the database ...")
    prepare.prepare_database(info.load_app(), settings)
    click.echo(render_banner(settings, _logins(settings)))
    programs.become_supervisor(programs.names_of_programs(settings))


@click.command()
def web() -> None:
    """Serve the pages only, in the foreground."""
    from storefront.run.web import serve

    serve(_settings())


@click.command()
def worker() -> None:
    """Run jobs only, in the foreground."""
    from storefront.run.child import work

    work()


@click.command("worker-pool")
@click.option("--auto", "is_auto", is_flag=True, help="As many as the queueing model and what waits ask for.")
@click.option("--min", "fewest", type=click.IntRange(1, 64), default=1, show_default=True, help="At least so many.")
@click.option("--max", "most", type=click.IntRange(1, 64), default=4, show_default=True, help="With --auto, at most.")
@click.option(
    "--target-p95",
    "target_seconds",
    type=click.FloatRange(0.1),
    default=2.0,
    show_default=True,
    help="Seconds that nineteen of twenty jobs may wait at most.",
)
def worker_pool(is_auto: bool, fewest: int, most: int, target_seconds: float) -> None:
    """Run several workers of jobs: --min, or with --auto as many as are needed. Ctrl-C waits for their jobs."""
    from storefront.insight.queueing.scaling import Bounds, Scaler
    from storefront.run.pool import run_pool

    if most < fewest:
        raise click.UsageError("--max is less than --min")
    bounds = Bounds(fewest, most if is_auto else fewest)
    run_pool(_settings(), Scaler(bounds, target_seconds), click.echo)


@click.command()
def clock() -> None:
    """Hand over jobs and start those whose time has come, in the foreground. One per shop."""
    from storefront.run.child import tick

    tick()


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--keep", type=click.IntRange(0), default=0, help="Keep so many of the newest; without it, all.")
def backup(folder: Path, keep: int) -> None:
    """Write a copy of an SQLite shop (database, pictures, key) into FOLDER, while it goes on selling."""
    from storefront.run.backup import make_backup

    made = make_backup(_settings(), folder, keep)
    click.echo(f"{made} ({made.stat().st_size / 1_000_000:.1f} MB)")


COMMANDS = (run, web, worker, worker_pool, clock, backup)


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingError as error:
        raise checks.CannotStart(str(error)) from error


def _logins(settings: Settings) -> list[tuple[str, str, str]]:
    if not settings.demo:
        return []
    from storefront.demo import DEMO_LOGINS

    return list(DEMO_LOGINS)
