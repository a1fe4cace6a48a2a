"""What the shop asks of a server that speaks Redis' protocol, held against Valkey and Redis alike."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from jobs import worker
from jobs.relay import relay_once
from storefront.config import Settings
from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob, OutboxStatus
from storefront.core.web.limits import limiter
from tests.fixtures.servers import on_every_redis
from tests.fixtures.shop import token_of

pytestmark = on_every_redis


@pytest.fixture(autouse=True)
def limiter_of_this_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limiter keeps the first server it was given, as a process with one shop wants it."""
    monkeypatch.setattr(limiter, "_storage_uri", None)


@pytest.fixture
def connection(settings: Settings) -> Iterator[Redis]:
    with Redis.from_url(settings.redis_queue_url) as connection:
        yield connection


@pytest.mark.usefixtures("context")
def test_a_staged_job_is_handed_over_and_done(app: Flask, connection: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_app", app)
    with transaction():
        outbox.stage("carts.forget_old")
        outbox.stage("outbox.forget_done")
    assert relay_once(connection) == 2
    queue = Queue(worker.QUEUE, connection=connection, serializer=JSONSerializer)
    assert SimpleWorker([queue], connection=connection, serializer=JSONSerializer).work(burst=True)
    db.session.rollback()
    assert {row.status for row in db.session.scalars(db.select(OutboxJob))} == {OutboxStatus.DONE}
    assert len(queue) == 0


def test_sign_in_is_counted_on_the_server(client: FlaskClient, connection: Redis) -> None:
    form = {"csrf_token": token_of(client), "email": "ada@example.com", "password": "wrong password"}
    assert [client.post("/account/sign-in", data=form).status_code for _ in range(11)] == [403] * 10 + [429]
    keys = connection.keys("*")
    assert any(b"email:" in key and b"open_session" in key for key in keys), keys
    assert not any(b"ada@example.com" in key for key in keys), "whose address it is stands in no key"


def test_without_the_server_sign_in_is_still_counted(client: FlaskClient, app: Flask, connection: Redis) -> None:
    form = {"csrf_token": token_of(client), "email": "eve@example.com", "password": "wrong password"}
    pool = limiter.storage.storage.connection_pool
    kept, pool.connection_kwargs = (
        pool.connection_kwargs,
        {**pool.connection_kwargs, **_nowhere(pool.connection_kwargs)},
    )
    pool.disconnect()
    try:
        statuses = [client.post("/account/sign-in", data=form).status_code for _ in range(12)]
    finally:
        pool.connection_kwargs = kept
        pool.disconnect()
    assert statuses[:10] == [403] * 10
    assert 429 in statuses[10:]


def _nowhere(options: dict[str, object]) -> dict[str, object]:
    return {"path": "/nowhere"} if "path" in options else {"port": 1}
