"""What is unsafe about a configuration before it goes live: `storefront doctor`."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from flask import current_app
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from storefront.config import Settings
from storefront.core.db import db


class Finding(NamedTuple):
    """Something to know before going live: its short `name`, whether it must not stay so, and what to do, in words."""

    name: str
    is_unsafe: bool
    text: str


Check = Callable[[Settings], Iterator[Finding]]


def examine(settings: Settings) -> list[Finding]:
    """Every finding, the unsafe ones first. Reads only; needs an application context.

    A server that does not answer is a finding, and what it would have told is left out.
    """
    from storefront.run.doctor.database import DATABASE_CHECKS
    from storefront.run.doctor.machines import MACHINE_CHECKS
    from storefront.run.doctor.words import SETTING_CHECKS

    found = [finding for check in SETTING_CHECKS for finding in check(settings)]
    found += _asked("database", DATABASE_CHECKS, settings, SQLAlchemyError)
    for check in MACHINE_CHECKS:
        found += _asked("redis", (check,), settings, RedisError)
    unique = {(finding.name, finding.text): finding for finding in found}
    return sorted(unique.values(), key=lambda finding: not finding.is_unsafe)


def _asked(name: str, checks: tuple[Check, ...], settings: Settings, trouble: type[Exception]) -> list[Finding]:
    found: list[Finding] = []
    try:
        for check in checks:
            found += check(settings)
    except trouble as error:
        current_app.logger.debug("doctor", exc_info=error)
        found.append(Finding(name, True, f"It does not answer ({type(error).__name__}): start it, or correct its URL."))
    finally:
        db.session.rollback()
    return found
