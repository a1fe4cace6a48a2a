"""What processes say: one line for each event, in a form that programs read, and refusals without what was sent."""

import json
import logging
import subprocess
import sys

import pytest
from flask.testing import FlaskClient

from storefront.core.log import JsonLines, Lines
from tests.fixtures.shop import post

SAYING = """
import logging
from storefront.core.log import init_log
init_log("json")
init_log("text")
log = logging.getLogger("storefront.security")
log.warning("refused\\n{}", extra={"status": 403, "user": None})
try:
    raise ValueError("a crash")
except ValueError:
    log.exception("failed")
"""


def record(message: str, **facts: object) -> logging.LogRecord:
    made = logging.LogRecord("storefront.security", logging.WARNING, __file__, 1, message, None, None)
    vars(made).update(created=1_795_953_600.25, **facts)
    return made


def test_a_line_is_one_line_in_utc() -> None:
    smuggled = record("refused\nERROR root: all is lost\r", status=403)
    assert Lines().format(smuggled) == (
        "2026-11-29T12:00:00.250Z WARNING storefront.security: refused\\nERROR root: all is lost\\r status=403"
    )
    assert "\n" not in JsonLines().format(smuggled)


def test_a_process_writes_json_that_a_program_reads() -> None:
    ended = subprocess.run([sys.executable, "-c", SAYING], capture_output=True, text=True, check=True)
    refused, failed = (json.loads(line) for line in ended.stderr.splitlines())
    assert refused["time"].endswith("Z")
    assert {**refused, "time": ""} == {
        "time": "",
        "level": "WARNING",
        "logger": "storefront.security",
        "message": "refused\n{}",
        "status": 403,
        "user": None,
    }
    assert "ValueError: a crash" in failed["error"]


@pytest.mark.parametrize(
    ("path", "headers", "status", "endpoint"),
    [
        ("/account/sign-in", {"Sec-Fetch-Site": "cross-site"}, 403, "accounts.open_session"),
        ("/account/sign-in", {"Sec-Fetch-Site": "same-origin"}, 400, "accounts.open_session"),
        ("/admin/products/new", None, 403, "admin.new_product"),
        ("/orders/s3cret-token-of-an-order", None, 404, None),
    ],
)
def test_refusals_are_written_down_without_what_was_sent(
    sign_in, caplog: pytest.LogCaptureFixture, path: str, headers: dict[str, str] | None, status: int, endpoint: str
) -> None:  # type: ignore[no-untyped-def]
    client = sign_in("packer")
    form = {"email": "eve@example.com", "password": "a secret to nobody"}
    answer = client.get(path) if headers is None else client.post(path, data=form, headers=headers)
    assert answer.status_code == status
    said = [one for one in caplog.records if one.name == "storefront.security"]
    if endpoint is None:
        assert said == []
        return
    (one,) = said
    assert (one.status, one.endpoint, one.address) == (status, endpoint, "127.0.0.1")  # type: ignore[attr-defined]
    assert isinstance(one.user, int)  # type: ignore[attr-defined]
    text = Lines().format(one)
    for secret in ("eve@", "a secret", path):
        assert secret not in text


def test_who_guesses_and_comes_too_often_is_written_down(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    form = {"email": "grace@example.com", "password": "guess after guess"}
    answers = [post(client, "/account/sign-in", form).status_code for _ in range(12)]
    assert 429 in answers
    assert {one.status for one in caplog.records if one.name == "storefront.security"} == {403, 429}  # type: ignore[attr-defined]
