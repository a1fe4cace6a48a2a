"""What the database tells: whether it is the newest, who works here, whether the clock runs, whether the log holds."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from storefront.accounts import passwords
from storefront.accounts.models import User, UserRole
from storefront.accounts.queries import find_user
from storefront.accounts.staff import count_owners
from storefront.config import Settings
from storefront.core import clock
from storefront.core.audit.chain import HEADS_FILE, read_heads, verify
from storefront.core.db import db
from storefront.core.outbox import OutboxJob, read_backlog
from storefront.run.doctor import Check, Finding
from storefront.run.revisions import find_revisions

BEAT = timedelta(minutes=5)
BEATING = "checkout.expire_unpaid"


def _migrations(_settings: Settings) -> Iterator[Finding]:
    now, needed, _is_newer = find_revisions()
    if now != needed:
        yield Finding(
            "migrations", True, f"The tables are at {now}, the shop needs {needed}: run `storefront db upgrade`."
        )


def _owners(_settings: Settings) -> Iterator[Finding]:
    owners = count_owners(db.session())
    if owners == 0:
        yield Finding("owner", True, "Nobody is an owner: `storefront create-user EMAIL --role owner`.")
    elif owners == 1:
        yield Finding("owner", False, "There is one owner: if they lose their second factor, nobody can help them.")


def _staff(_settings: Settings) -> Iterator[Finding]:
    works = User.id.in_(select(UserRole.user_id)) & User.is_active
    people = db.session().scalars(select(User.email).where(works, User.factor_confirmed_at.is_(None))).all()
    if people:
        text = f"Without a second factor yet: {', '.join(people)}. Whoever has their password may set it up first."
        yield Finding("staff_factor", True, text)


def _demo_people(_settings: Settings) -> Iterator[Finding]:
    from storefront.demo import DEMO_LOGINS

    for _role, email, password in DEMO_LOGINS:
        user = find_user(db.session(), email)
        if user is not None and user.is_active and passwords.fits(user.password_hash, password):
            yield Finding("demo_login", True, f"{email} has the password that the demo prints. Deactivate them.")


def _clock(_settings: Settings) -> Iterator[Finding]:
    beat = db.session().scalar(select(func.max(OutboxJob.created_at)).where(OutboxJob.name == BEATING))
    if beat is None or clock.now() - beat > BEAT:
        yield Finding("clock", True, "The clock is not running: nothing is handed to the workers. `storefront clock`.")
    dead = read_backlog(db.session()).dead
    if dead:
        yield Finding("dead_jobs", False, f"{dead} job(s) have failed for good: `storefront jobs failed`.")


def _audit(settings: Settings) -> Iterator[Finding]:
    verdict = verify(db.session(), [settings.secret_key], read_heads(settings.data_dir / HEADS_FILE))
    if verdict.fault:
        yield Finding("audit", True, f"The audit log was changed: {verdict.fault}.")


DATABASE_CHECKS: tuple[Check, ...] = (_migrations, _owners, _staff, _demo_people, _clock, _audit)
