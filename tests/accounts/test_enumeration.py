"""Nobody learns from the door who has an account: not by what it says, nor by the work it does.

Work is compared in what takes time: hashes of passwords, statements, mails that are staged, commits. No clock is read.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from storefront.accounts import passwords
from storefront.accounts import service as accounts
from storefront.accounts.models import User
from storefront.core.db import db
from tests.fixtures.readings import staged
from tests.fixtures.shop import PASSWORD, token_of

KNOWN, UNKNOWN = "grace@example.com", "nobody@example.com"
DOORS: dict[str, tuple[str, dict[str, str]]] = {
    "sign in": ("/account/sign-in", {"password": "not the password"}),
    "register": ("/account/register", {"password": "a sieve for coffee", "name": "Grace"}),
    "reset": ("/account/forgotten", {}),
    "mail link": ("/account/sign-in/mails", {}),
}


class Work:
    """What one request did."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.hashes: list[str] = []


@contextmanager
def watched(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Notes each statement by its text, each commit, and each hash that is made or checked."""
    work, hasher = Work(), passwords._hasher()

    class Hasher:
        def verify(self, password_hash: str, password: str) -> bool:
            work.hashes.append("verify")
            return hasher.verify(password_hash, password)

        def hash(self, password: str) -> str:
            work.hashes.append("hash")
            return hasher.hash(password)

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        work.statements.append(statement)

    def note_commit(_c: Any) -> None:
        work.statements.append("COMMIT")

    passwords._decoy_hash()
    with app.app_context():
        engine = db.engine
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "_hasher", Hasher)
        event.listen(engine, "before_cursor_execute", note)
        event.listen(engine, "commit", note_commit)
        yield work
        event.remove(engine, "before_cursor_execute", note)
        event.remove(engine, "commit", note_commit)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("is_blocked", [False, True])
def test_a_known_address_is_told_and_worked_on_like_an_unknown_one(
    app: Flask, monkeypatch: pytest.MonkeyPatch, door: str, is_blocked: bool
) -> None:
    path, form = DOORS[door]
    with app.app_context():
        user = db.session.get_one(User, accounts.create_user(KNOWN, PASSWORD, "Grace"))
        user.is_active = not is_blocked
        db.session.commit()
    found = []
    # The first of all finds empty tables, and is not compared.
    for email in ("first@example.com", KNOWN, UNKNOWN):
        client = app.test_client()
        token = token_of(client)
        with watched(app, monkeypatch) as work:
            answer = client.post(
                path,
                data={**form, "email": email, "csrf_token": token},
                headers={"Sec-Fetch-Site": "same-origin"},
            )
        headers = {name: value for name, value in answer.headers if not name.startswith(("X-RateLimit", "Date"))}
        headers.pop("Content-Length", None)
        told = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text.replace(email, "..."))
        found.append((answer.status_code, told, sorted(headers), work.statements, work.hashes))
    assert found[1] == found[2]
    assert found[1][3], "something was looked up"


@pytest.mark.parametrize("door", ["register", "reset", "mail link"])
def test_as_many_mails_are_staged_for_a_known_address(app: Flask, client: FlaskClient, door: str) -> None:
    path, form = DOORS[door]
    with app.app_context():
        accounts.create_user(KNOWN, PASSWORD, "Grace")
    token = token_of(client)
    counts = []
    for email in (KNOWN, UNKNOWN):
        data = {**form, "email": email, "csrf_token": token}
        client.post(path, data=data, headers={"Sec-Fetch-Site": "same-origin"})
        with app.app_context():
            counts.append(len(staged("accounts.send_proof")))
    assert counts == [1, 2]


def test_the_pages_of_passkeys_say_nothing_of_anybody(client: FlaskClient) -> None:
    """The rest of it is in test_passkeys: one question for everybody, one refusal, and a decoy for unknown keys."""
    token = token_of(client)
    for answer in ("{}", "x", "[]"):
        refused = client.post("/account/sign-in/passkeys", data={"answer": answer, "csrf_token": token})
        assert (refused.status_code, "This passkey did not work here." in refused.text) == (403, True)
