"""Who guesses is slowed down, and what the limits count by is nobody's address."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storefront import create_app
from storefront.core.web.limits import limiter
from tests.fixtures.shop import PASSWORD, make_settings, make_tables, token_of
from tests.privacy.life import dump_redis
from tests.security.visitors import OURS


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """What a limiter without Redis counts in memory, and that it is without, ends with the test."""
    limiter._storage_dead = False
    yield
    limiter._storage_dead = False


LIMITED = {
    "/account/sign-in": ({"email": "a@example.com", "password": "wrong password"}, 10),
    "/account/register": ({"email": "b@example.com", "password": PASSWORD, "name": "B"}, 10),
    "/account/forgotten": ({"email": "c@example.com"}, 10),
    "/account/sign-in/mails": ({"email": "d@example.com"}, 10),
}


@pytest.mark.parametrize("path", LIMITED)
@pytest.mark.parametrize("redis", ["there", "away"])
def test_guessing_is_slowed_with_redis_and_without(tmp_path: Path, redis_url: str, path: str, redis: str) -> None:
    url = redis_url if redis == "there" else f"unix://{tmp_path / 'nobody.sock'}"
    app = create_app(make_settings(tmp_path, f"sqlite:///{tmp_path / 'shop.sqlite3'}", url))
    make_tables(app)
    form, allowed = LIMITED[path]
    client = app.test_client()
    data = {"csrf_token": token_of(client), **form}
    answers = [client.post(path, data=data, headers=OURS) for _ in range(allowed + 2)]
    assert [answer.status_code == 429 for answer in answers] == [False] * allowed + [True, True]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_redis_learns_nobodys_address(client, redis_url) -> None:  # type: ignore[no-untyped-def]
    form = {"csrf_token": token_of(client), "email": "zebedee@example.com", "password": "wrong password"}
    client.post("/account/sign-in", data=form, headers=OURS)
    kept = dump_redis(redis_url)
    assert any("limit" in name.lower() for name in kept), "the limits are counted there"
    assert "zebedee" not in str(kept)
