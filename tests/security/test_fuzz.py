"""Whatever is sent to the shop, it is never answered with a 500.

A small run that is always the same belongs to the suite; `make fuzz` sends 20,000 requests (FUZZ_REQUESTS) to each
database there is.
"""

import os
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import got_request_exception
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fixtures.databases import Databases
from tests.security.conftest import make_town
from tests.security.fuzz import WHO, Shot, read_names, shots
from tests.security.test_matrix import address
from tests.security.visitors import OURS, Town

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "600"))
TOGETHER = 10
# The shop is not there to tell this apart: Redis, the mail server and the provider are up all the time.
FINE = frozenset({200, 201, 204, 206, 301, 302, 303, 304, 308, 400, 401, 402, 403, 404, 405, 408, 409, 411, 412, 413})
FINE |= {414, 415, 416, 422, 429, 431}


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def busy_town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, valkey_url: str, databases: Databases
) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("fuzz")
    for town in make_town(folder, valkey_url, databases.url(request.param, folder)):
        town.app.config["PROPAGATE_EXCEPTIONS"] = False
        yield town


def test_no_request_is_answered_with_a_500(busy_town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    town, crashes, answers = busy_town, Counter[str](), Counter[int]()
    rules = [rule for rule in town.app.url_map.iter_rules() if rule.endpoint != "static"]
    pages = {rule.endpoint: address(town, rule.endpoint) for rule in rules if "GET" in (rule.methods or ())}
    names = read_names(town, rules, pages)
    assert len(names.fields) > 30, "the forms of the shop were not found"

    def note(_app: object, exception: BaseException) -> None:
        frames = [one for one in traceback.extract_tb(exception.__traceback__) if "/storefront/" in one.filename]
        where = f"{frames[-1].filename.rpartition('/storefront/')[2]}:{frames[-1].lineno}" if frames else "elsewhere"
        crash = f"{type(exception).__name__} at {where}: {str(exception)[:160]!r}"
        if not crashes[crash]:
            print(f"a 500: {crash}", file=sys.__stderr__)  # Said at once: a long run may be ended before its end.
        crashes[crash] += 1

    @settings(
        max_examples=REQUESTS // TOGETHER,
        deadline=None,
        database=None,
        derandomize="FUZZ_REQUESTS" not in os.environ,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(st.lists(shots(names), min_size=TOGETHER, max_size=TOGETHER))
    def fuzz(batch: list[Shot]) -> None:
        clients = {who: town.visitor(who) for who in WHO}
        for shot in batch:
            answers[fire(town, clients[shot.who], shot)] += 1

    with got_request_exception.connected_to(note, town.app):
        fuzz()
    with capsys.disabled():
        refused = sum(number for status, number in answers.items() if status not in FINE)
        print(f"\n{answers.total()} requests to {len(rules)} routes, {answers[500]} answers of 500, {refused} not fine")
        print("  " + ", ".join(f"{status}: {number}" for status, number in sorted(answers.items())))
    assert crashes == {}
    assert set(answers) <= FINE
    assert answers.total() >= REQUESTS // TOGETHER * TOGETHER * 0.9


def fire(town: Town, client: FlaskClient, shot: Shot) -> int:
    """Send it, with the token that a page of ours would carry; the status of the answer."""
    options: dict[str, Any] = dict(shot.options)
    if isinstance(options.get("data"), dict):
        options["data"] = {"csrf_token": town.token(), **options["data"]}
    headers = {**OURS, **options.pop("headers")}
    return client.open(shot.path, method=shot.method, headers=headers, **options).status_code
