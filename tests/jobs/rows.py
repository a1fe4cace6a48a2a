"""Rows of the outbox as the tests stage and read them."""

from typing import Any

from sqlalchemy import select

from jobs.worker import perform
from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob


def stage(name: str, count: int = 1, **options: Any) -> list[int]:
    """Stage so many jobs of that name; returns their ids."""
    with transaction() as session:
        for _ in range(count):
            outbox.stage(name, **options)
        return list(session.scalars(select(OutboxJob.id).where(OutboxJob.name == name).order_by(OutboxJob.id)))


def row(job_id: int) -> OutboxJob:
    """The row as it is now."""
    db.session.rollback()
    return db.session.get_one(OutboxJob, job_id, populate_existing=True)


def rows(name: str) -> list[OutboxJob]:
    """All rows of that name, the oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(OutboxJob).where(OutboxJob.name == name).order_by(OutboxJob.id)))


def claim(job_id: int) -> None:
    """Hand the row over as the relay does."""
    with transaction() as session:
        assert job_id in [claimed for claimed, _ in outbox.claim_due(session)]


def run(job_id: int) -> None:
    """Do the row's job as RQ does once its next try has been handed over."""
    perform(job_id, row(job_id).attempts + 1)
