"""Jobs at the desk: what the job server says, what failed, trying again."""

import re

import pytest
from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob, OutboxStatus
from tests.fixtures.shop import make_settings, post

pytestmark = pytest.mark.usefixtures("context")


def fail(error: str = "MailNotSent: nobody there", tries: int = 1) -> int:
    """A job that has failed so often; returns its id."""
    with transaction() as session:
        outbox.stage("orders.send_confirmation", order_id=7)
        job_id = session.scalars(db.select(db.func.max(OutboxJob.id))).one()
        session.get_one(OutboxJob, job_id).attempts = tries
        outbox.mark_failed(job_id, error)
    return job_id


def status_of(job_id: int) -> tuple[OutboxStatus, int]:
    """Where the job stands and how often it was tried."""
    db.session.rollback()
    job = db.session.get_one(OutboxJob, job_id)
    return job.status, job.attempts


def test_failed_jobs_are_listed_with_their_error_the_dead_first(sign_in):
    waiting = fail("Timeout: later", tries=1)
    dead = fail("Boom: <script>", tries=outbox.MAX_ATTEMPTS)
    page = sign_in("owner").get("/admin/jobs").text
    assert page.index(f"/admin/jobs/{dead}/tries") < page.index(f"/admin/jobs/{waiting}/tries")
    assert "Boom: &lt;script&gt;" in page
    assert "order_id 7" in page


def test_a_dead_job_is_tried_again(sign_in):
    job_id = fail(tries=outbox.MAX_ATTEMPTS)
    assert status_of(job_id)[0] is OutboxStatus.DEAD
    client = sign_in("owner")
    answer = post(client, f"/admin/jobs/{job_id}/tries")
    assert status_of(job_id) == (OutboxStatus.WAITING, 0)
    assert "The job is tried again now." in client.get(answer.location).text


def test_a_job_that_is_done_is_not_tried_again(sign_in):
    job_id, client = fail(), sign_in("owner")
    with transaction():
        outbox.mark_done(job_id)
    answer = post(client, f"/admin/jobs/{job_id}/tries")
    assert "done already" in client.get(answer.location).text
    assert status_of(job_id)[0] is OutboxStatus.DONE


def test_all_failed_jobs_are_tried_again_and_only_those(sign_in):
    failed = [fail(tries=outbox.MAX_ATTEMPTS) for _ in range(3)]
    with transaction() as session:
        outbox.stage("outbox.forget_done")
        fine = session.scalars(db.select(db.func.max(OutboxJob.id))).one()
        session.get_one(OutboxJob, fine).attempts = 2
    client = sign_in("owner")
    answer = post(client, "/admin/jobs/tries")
    assert "3 jobs are tried again now." in client.get(answer.location).text
    assert {status_of(job_id) for job_id in failed} == {(OutboxStatus.WAITING, 0)}
    assert status_of(fine) == (OutboxStatus.WAITING, 2)


def test_who_may_only_look_sees_no_button(sign_in):
    fail()
    page = sign_in("manager").get("/admin/jobs").text
    assert "MailNotSent" in page
    assert "Try again" not in page
    assert "Try all again" not in page


def test_queues_and_workers_come_from_the_job_server(sign_in, redis_url):
    connection = Redis.from_url(redis_url)
    queue = Queue("shop", connection=connection, serializer=JSONSerializer)
    queue.enqueue("jobs.worker.perform", 1)
    worker = Worker([queue], connection=connection, name="packhorse", serializer=JSONSerializer)
    worker.register_birth()
    try:
        page = sign_in("owner").get("/admin/jobs").text
    finally:
        worker.register_death()
        connection.close()
    assert re.search(r"<code>shop</code> <span class=\"figures\">1 job<", page)
    assert "<code>packhorse</code>" in page
    assert "heard of at" in page
    assert "No worker is alive" not in page


def test_a_shop_without_a_worker_says_so(sign_in):
    assert "No worker is alive" in sign_in("owner").get("/admin/jobs").text


class TestWithoutRedis:
    """The job server is away."""

    @pytest.fixture
    def settings(self, tmp_path):
        return make_settings(tmp_path, f"sqlite:///{tmp_path / 'shop.sqlite3'}", f"unix://{tmp_path / 'nobody.sock'}")

    def test_the_page_says_so_and_still_shows_and_retries_what_failed(self, sign_in):
        job_id, client = fail(tries=outbox.MAX_ATTEMPTS), sign_in("owner")
        page = client.get("/admin/jobs")
        assert page.status_code == 200
        assert "The job server does not answer." in page.text
        assert "MailNotSent" in page.text
        post(client, f"/admin/jobs/{job_id}/tries")
        assert status_of(job_id) == (OutboxStatus.WAITING, 0)

    def test_the_first_page_needs_no_redis(self, sign_in):
        assert sign_in("owner").get("/admin/").status_code == 200


def test_htmx_gets_only_the_state(sign_in):
    fail()
    answer = sign_in("owner").get("/admin/jobs", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<div class="stack" id="state"')
    assert "MailNotSent" not in answer.text
