"""`storefront jobs failed` and `storefront jobs retry`."""

from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from storefront.cli import main
from storefront.core import outbox
from storefront.core.db import transaction
from storefront.core.outbox import MAX_ATTEMPTS, OutboxStatus
from tests.jobs.rows import claim, row, run, stage


@pytest.fixture
def dead(worker: Flask) -> int:
    """A job that has used up its tries."""
    (job_id,) = stage("tests.nobody_does_this", order_id=4711)
    with transaction():
        row(job_id).attempts = MAX_ATTEMPTS - 1
    claim(job_id)
    run(job_id)
    assert row(job_id).status is OutboxStatus.DEAD
    return job_id


def command(app: Flask, *arguments: object) -> Result:
    runner: Any = app.test_cli_runner()
    result: Result = runner.invoke(main, ["jobs", *map(str, arguments)])
    return result


def test_failed_jobs_are_listed_with_what_a_person_needs(worker: Flask, dead: int) -> None:
    stage("tests.fine")
    result = command(worker, "failed")
    assert result.exit_code == 0, result.output
    line, total = result.output.splitlines()
    for fact in (str(dead), "dead", f"tries {MAX_ATTEMPTS}", "tests.nobody_does_this", "4711", "KeyError"):
        assert fact in line
    assert total == "1 failed job(s)"


def test_dead_job_is_handed_over_again_with_all_its_tries(worker: Flask, dead: int) -> None:
    result = command(worker, "retry", dead)
    assert result.exit_code == 0, result.output
    assert (row(dead).status, row(dead).attempts) == (OutboxStatus.WAITING, 0)
    with transaction() as session:
        assert [job_id for job_id, _ in outbox.claim_due(session)] == [dead]


def test_all_failed_jobs_are_handed_over_again(worker: Flask, dead: int) -> None:
    (other,) = stage("tests.also_unknown")
    run(other)
    untouched = row(stage("tests.fine", delay_seconds=60)[0])
    due_at = untouched.due_at
    assert command(worker, "retry", "--all").output == "2 job(s) handed over again\n"
    assert row(dead).status is OutboxStatus.WAITING
    assert row(untouched.id).due_at == due_at


def test_job_that_is_done_or_unknown_is_refused_by_its_number(worker: Flask, dead: int) -> None:
    result = command(worker, "retry", dead, 999)
    assert result.exit_code == 1
    assert "999" in result.output


def test_retry_without_a_job_says_how_it_is_used(worker: Flask) -> None:
    result = command(worker, "retry")
    assert result.exit_code == 2
    assert "--all" in result.output
