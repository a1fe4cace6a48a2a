"""Sessions begin anew at every way in, and the work of a failed sign-in says nothing about who has an account."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from storefront.accounts import proofs
from storefront.accounts import service as accounts
from storefront.accounts.models import MailProof, ProofKind, User, UserSession
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob
from tests.fixtures.readings import forget
from tests.fixtures.shop import PASSWORD, post

EMAIL = "grace@example.com"
ANOTHER = "a sieve for coffee"
SECRET = "a key for tests only"


def key_of(client: FlaskClient) -> str:
    with client.session_transaction() as session:
        return str(session.get("key", ""))


def link(kind: ProofKind, **options: Any) -> str:
    proofs.ask(kind, options.pop("email", EMAIL), SECRET, **options)
    salt = db.session.scalars(select(MailProof.salt).order_by(MailProof.id.desc())).first()
    forget()
    assert salt
    return f"/account/links/{proofs.token_of(salt, SECRET)}"


def by_password(client: FlaskClient, _user_id: int) -> None:
    post(client, "/account/sign-in", {"email": EMAIL, "password": PASSWORD})


def by_mail(client: FlaskClient, _user_id: int) -> None:
    post(client, link(ProofKind.SIGN_IN))


def by_reset(client: FlaskClient, _user_id: int) -> None:
    post(client, link(ProofKind.RESET), {"password": ANOTHER})


def by_new_address(client: FlaskClient, user_id: int) -> None:
    post(client, link(ProofKind.CHANGE_EMAIL, email="new@example.com", user_id=user_id))


WAYS_IN = [by_password, by_mail, by_reset, by_new_address]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("way_in", WAYS_IN)
def test_a_session_that_was_planted_is_worth_nothing_after_any_way_in(
    app: Flask, client: FlaskClient, way_in: Callable[[FlaskClient, int], None]
) -> None:
    user_id = accounts.create_user(EMAIL, PASSWORD, "Grace")
    with client.session_transaction() as session:
        session.update(planted="by a thief", key="known to a thief", _user_id=f"{user_id}.0")
    before = client.get_cookie("shop")
    assert before
    way_in(client, user_id)
    after = client.get_cookie("shop")
    assert after
    assert after.value != before.value
    assert key_of(client) not in {"", "known to a thief"}
    with client.session_transaction() as session:
        assert "planted" not in session
    thief = app.test_client()
    thief.set_cookie("shop", before.value)
    assert thief.get("/account").status_code == 303
    assert client.get("/account").status_code == 200


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("way_in", [by_mail, by_reset, by_new_address])
def test_who_comes_in_again_leaves_no_session_behind(
    app: Flask, client: FlaskClient, way_in: Callable[[FlaskClient, int], None]
) -> None:
    """A cookie that was copied before ends with the session it was of."""
    user_id = accounts.create_user(EMAIL, PASSWORD, "Grace")
    by_password(client, user_id)
    stolen = client.get_cookie("shop")
    assert stolen
    way_in(client, user_id)
    thief = app.test_client()
    thief.set_cookie("shop", stolen.value)
    assert thief.get("/account").status_code == 303
    forget()
    assert len(db.session.scalars(select(UserSession.id)).all()) == 1


@pytest.mark.usefixtures("context")
def test_a_key_is_long_random_and_kept_as_a_digest(app: Flask) -> None:
    user_id = accounts.create_user(EMAIL, PASSWORD, "Grace")
    keys = set()
    for _ in range(5):
        client = app.test_client()
        by_password(client, user_id)
        keys.add(key_of(client))
    assert len(keys) == 5
    assert all(len(key) >= 43 for key in keys)
    forget()
    assert not keys & set(db.session.scalars(select(UserSession.digest)))


@pytest.mark.usefixtures("context")
def test_who_is_blocked_or_gone_is_signed_out_everywhere(app: Flask) -> None:
    user_id = accounts.create_user(EMAIL, PASSWORD, "Grace")
    client = app.test_client()
    by_password(client, user_id)
    with transaction() as session:
        session.get_one(User, user_id).is_active = False
    assert client.get("/account").status_code == 303


@pytest.fixture
def work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """How often a password was hashed or verified, and how many statements were sent."""
    counted: Counter[str] = Counter()
    verify, hash_ = PasswordHasher.verify, PasswordHasher.hash

    def count(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **kwargs: Any) -> Any:
            counted[name] += 1
            return real(*args, **kwargs)

        return counting

    monkeypatch.setattr(PasswordHasher, "verify", count("verified", verify))
    monkeypatch.setattr(PasswordHasher, "hash", count("hashed", hash_))

    def note(*_args: Any) -> None:
        counted["statements"] += 1

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        yield counted
        event.remove(db.engine, "before_cursor_execute", note)


def make_people() -> None:
    accounts.create_user("known@example.com", PASSWORD, "Known")
    accounts.create_user("staff@example.com", PASSWORD, "Staff", roles=["owner"])
    for name in ("blocked", "without"):
        user_id = accounts.create_user(f"{name}@example.com", PASSWORD, name)
        with transaction() as session:
            user = session.get_one(User, user_id)
            user.is_active = name != "blocked"
            user.password_hash = None if name == "without" else user.password_hash
    forget()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/account/sign-in", {"password": "wrong password"}),
        ("/account/register", {"password": ANOTHER, "name": "G"}),
        ("/account/forgotten", {}),
        ("/account/sign-in/mails", {}),
    ],
)
def test_the_same_work_whoever_is_behind_an_address(
    app: Flask, work: Counter[str], path: str, form: dict[str, str]
) -> None:
    """Whoever measures time, counts mails or compares pages learns nothing: each answer costs the same steps."""
    make_people()
    client = app.test_client()
    post(client, path, {"email": "first@example.com", **form})  # What is made once in each process is made now.
    found = {}
    for name in ("known", "staff", "blocked", "without", "nobody"):
        jobs = count_jobs()
        work.clear()
        answer = post(client, path, {"email": f"{name}@example.com", **form})
        page = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text).replace(f"{name}@example.com", "…")
        found[name] = (answer.status_code, page, dict(work), count_jobs() - jobs)
    assert found["nobody"][2].get("verified" if path == "/account/sign-in" else "statements")
    for name, answer in found.items():
        assert answer == found["nobody"], name


def count_jobs() -> int:
    forget()
    return len(db.session.scalars(select(OutboxJob.id)).all())
