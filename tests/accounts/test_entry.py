"""Ways in by mail: an account is opened, signed in to, and its password set by whoever reads the address's mail."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.accounts import entry, mails, profile, proofs
from storefront.accounts import service as accounts
from storefront.accounts.models import MailProof, ProofKind, User, UserSession
from storefront.accounts.passwords import CommonPassword, KnownWords, WeakPassword
from storefront.accounts.proofs import ProofGone
from storefront.accounts.queries import find_user
from storefront.config import Settings
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.mail import Mail
from storefront.orders.queries import list_orders_of
from tests.fixtures.factories import ADDRESS, make_order, make_variant
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget, staged
from tests.fixtures.shop import PASSWORD, on_every_database, post, token_of

EMAIL = "grace@example.com"
ANOTHER = "a sieve for coffee"


@pytest.fixture
def secret(app: Flask) -> str:
    return str(app.config["SETTINGS"].secret_key)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Mail]:
    """What would have been handed to the mail server."""
    found: list[Mail] = []
    monkeypatch.setattr(mails, "send", lambda mail, _settings: found.append(mail))
    return found


def token(secret: str) -> str:
    """The token of the newest link."""
    forget()
    proof = db.session.scalars(db.select(MailProof).order_by(MailProof.id.desc())).first()
    assert proof
    found = proofs.token_of(proof.salt, secret)
    forget()
    return found


def make_user(email: str = EMAIL) -> int:
    return accounts.create_user(email, PASSWORD, "Grace")


def send_all(settings: Settings) -> None:
    for job in staged("accounts.send_proof"):
        mails.send_proof(int(job["proof_id"]), settings)


def register(secret: str, password: str = PASSWORD, name: str = "Grace") -> None:
    entry.ask_to_register(EMAIL, password, name, secret)


@on_every_database
def test_an_account_is_there_once_its_link_is_followed(context: Flask) -> None:
    secret = str(context.config["SETTINGS"].secret_key)
    register(secret)
    assert find_user(db.session(), EMAIL) is None
    link = token(secret)
    race = at_once(context, [lambda: entry.register(link)] * 3)
    assert len(race.results) == 1
    assert {type(error) for error in race.errors} == {ProofGone}
    user = accounts.authenticate(db.session(), EMAIL, PASSWORD)
    assert (user.name, user.is_staff, user.verified_at is not None) == ("Grace", False, True)


@pytest.mark.usefixtures("context")
def test_of_two_who_register_one_address_the_newer_link_counts(secret: str) -> None:
    """Somebody else's password must not wait behind the link that the owner of the address follows."""
    register(secret, "the thief's password", "Thief")
    first = token(secret)
    register(secret)
    with pytest.raises(ProofGone):
        entry.register(first)
    entry.register(token(secret))
    assert accounts.authenticate(db.session(), EMAIL, PASSWORD).name == "Grace"


@pytest.mark.usefixtures("context")
def test_who_has_an_account_is_told_by_mail_and_nobody_else_is(
    app: Flask, client: FlaskClient, sent: list[Mail], settings: Settings
) -> None:
    make_user()
    answers = []
    for email in (EMAIL, "new@example.com"):
        answer = post(client, "/account/register", {"name": "G", "email": email, "password": ANOTHER})
        answers.append((answer.status_code, answer.text.replace(email, "…")))
    assert answers[0] == answers[1]
    send_all(settings)
    assert [(mail.to, mail.subject) for mail in sent] == [
        (EMAIL, "You have an account already"),
        ("new@example.com", "Open your account"),
    ]
    assert "/account/links/" not in sent[0].text


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("path", ["/account/forgotten", "/account/sign-in/mails"])
def test_a_link_is_mailed_to_who_has_an_account_and_the_page_does_not_say(
    client: FlaskClient, sent: list[Mail], settings: Settings, path: str
) -> None:
    make_user()
    pages = []
    for email in (EMAIL, "nobody@example.com"):
        answer = post(client, path, {"email": email})
        pages.append((answer.status_code, answer.text.replace(email, "…")))
    assert pages[0] == pages[1]
    send_all(settings)
    assert [mail.to for mail in sent] == [EMAIL]


@pytest.mark.usefixtures("context")
def test_a_mailed_link_signs_in_once(client: FlaskClient, secret: str, app: Flask) -> None:
    make_user()
    proofs.ask(ProofKind.SIGN_IN, EMAIL, secret)
    path = f"/account/links/{token(secret)}"
    assert "As grace@example.com" in client.get(path).text
    assert client.get("/account").status_code == 303, "looking at the link does not sign in"
    assert post(client, path).location.endswith("/account")
    assert "Hello, Grace" in client.get("/account").text
    other = app.test_client()
    assert post(other, path).location.endswith("/account/sign-in")
    assert "This link has been used already" in other.get("/account/sign-in").text


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(("kind", "lives"), list(proofs.LIVES.items()))
def test_a_link_is_good_for_its_time(
    kind: ProofKind, lives: timedelta, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = make_user()
    proofs.ask(kind, EMAIL, secret, user_id=user_id if kind is ProofKind.CHANGE_EMAIL else None)
    link, began_at = token(secret), clock.now()
    monkeypatch.setattr(clock, "now", lambda: began_at + lives - timedelta(minutes=1))
    assert proofs.find(db.session(), link).kind is kind
    monkeypatch.setattr(clock, "now", lambda: began_at + lives)
    with pytest.raises(ProofGone):
        proofs.find(db.session(), link)


@pytest.mark.usefixtures("context")
def test_a_copy_of_the_database_follows_no_link(secret: str) -> None:
    register(secret)
    link = token(secret)
    kept = db.session.execute(db.text("SELECT * FROM mail_proof")).mappings().all()
    assert not any(link in str(value) for row in kept for value in row.values())
    assert link not in str(staged("accounts.send_proof"))
    assert PASSWORD not in str(kept)


@pytest.mark.usefixtures("context")
def test_nobodys_mailbox_is_filled(secret: str) -> None:
    make_user()
    for _ in range(proofs.MOST_PER_HOUR + 3):
        proofs.ask(ProofKind.SIGN_IN, EMAIL, secret)
    assert len(staged("accounts.send_proof")) == proofs.MOST_PER_HOUR


@on_every_database
def test_a_link_is_mailed_though_an_earlier_one_of_its_id_was_deleted(
    context: Flask, sent: list[Mail], settings: Settings, secret: str
) -> None:
    """SQLite gives the highest id out again once its row is gone: after an erasure, or after a quiet week."""
    for number, address in enumerate(("first@example.com", "second@example.com"), 1):
        entry.ask_to_register(address, ANOTHER, "Grace", secret)
        assert len(staged("accounts.send_proof")) == number
        mails.send_proof(int(staged("accounts.send_proof")[-1]["proof_id"]), settings)
        with transaction() as session:
            session.execute(db.delete(MailProof))
    assert [mail.to for mail in sent] == ["first@example.com", "second@example.com"]
    assert sent[0].key != sent[1].key


@pytest.mark.usefixtures("context")
def test_a_new_password_ends_every_session_and_is_told(
    sign_in: Callable[..., FlaskClient], client: FlaskClient, secret: str, sent: list[Mail], settings: Settings
) -> None:
    elsewhere = sign_in(email=EMAIL)
    assert elsewhere.get("/account").status_code == 200
    proofs.ask(ProofKind.RESET, EMAIL, secret)
    path = f"/account/links/{token(secret)}"
    for password, words in (("short", "Use 8 to 256 characters."), ("iloveyou1", "thieves try first")):
        answer = post(client, path, {"password": password})
        assert (answer.status_code, words in answer.text) == (422, True)
    assert post(client, path, {"password": ANOTHER}).status_code == 303
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 303
    forget()
    assert accounts.authenticate(db.session(), EMAIL, ANOTHER)
    (told,) = staged("accounts.tell_changed")
    mails.tell_changed(told["user_id"], told["what"], told["to"], settings)
    assert (sent[-1].to, sent[-1].subject) == (EMAIL, "Your password was changed")


@pytest.mark.usefixtures("context")
def test_who_is_blocked_gets_no_link_and_follows_none(secret: str, sent: list[Mail], settings: Settings) -> None:
    user_id = make_user()
    proofs.ask(ProofKind.SIGN_IN, EMAIL, secret)
    link = token(secret)
    with transaction() as session:
        session.get_one(User, user_id).is_active = False
    send_all(settings)
    assert sent == []
    with pytest.raises(ProofGone):
        entry.sign_in_by_mail(link)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("password", ["password1", "PASSWORD1", "iloveyou1", "sunshine1", "12345678"])
def test_passwords_that_are_tried_first_are_refused(password: str) -> None:
    with pytest.raises(CommonPassword):
        accounts.create_user(EMAIL, password, "Grace")


@pytest.mark.parametrize("password", ["Hopper-Grace1", "grace@example", "LindenRye2026", "linden & rye"])
def test_what_others_know_of_somebody_is_no_password(client: FlaskClient, app: Flask, password: str) -> None:
    form = {"name": "Grace Hopper", "email": EMAIL, "password": password}
    answer = post(client, "/account/register", form)
    assert answer.status_code == 422
    assert "that others know" in answer.text
    assert post(client, "/account/register", {**form, "password": f"{password} and six owls"}).status_code == 200
    with app.app_context():
        user_id = accounts.create_user(EMAIL, PASSWORD, "Grace Hopper")
        for wrong in ("grace hopper", "grace.com1"):
            with pytest.raises(KnownWords):
                profile.change_password(user_id, PASSWORD, wrong)
        assert accounts.authenticate(db.session(), EMAIL, PASSWORD)


@pytest.mark.usefixtures("context")
def test_a_reset_takes_no_name_for_a_password_and_the_link_stays_good(secret: str) -> None:
    user_id = accounts.create_user(EMAIL, PASSWORD, "Hopper")
    proofs.ask(ProofKind.RESET, EMAIL, secret)
    link = token(secret)
    for wrong in ("hopper2026", "Grace@example.com"):
        with pytest.raises(KnownWords):
            entry.reset_password(link, wrong)
    assert entry.reset_password(link, ANOTHER) == user_id


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("password", ["pound cake tin", "        ", "密码很长也没关系哦", "x" * 256])
def test_no_rule_but_length_says_what_a_password_is_made_of(password: str) -> None:
    accounts.create_user(EMAIL, password, "Grace")
    assert accounts.authenticate(db.session(), EMAIL, password)


def test_registering_keeps_what_was_typed_and_says_what_is_wrong(client: FlaskClient) -> None:
    form = {"name": "Grace", "email": EMAIL, "password": "password1"}
    answer = post(client, "/account/register", form)
    assert answer.status_code == 422
    assert "thieves try first" in answer.text
    assert f'value="{EMAIL}"' in answer.text
    assert "password1" not in answer.text


@pytest.mark.usefixtures("context")
def test_another_address_is_ones_own_when_its_mail_is_read(sign_in: Callable[..., FlaskClient], secret: str) -> None:
    client = sign_in(email=EMAIL)
    new = "hopper@example.com"
    wrong = post(client, "/account/email", {"email": new, "password_now": "wrong password"})
    assert (wrong.status_code, "This is not your password." in wrong.text) == (422, True)
    assert staged("accounts.send_proof") == []
    assert post(client, "/account/email", {"email": new, "password_now": PASSWORD}).status_code == 303
    assert find_user(db.session(), new) is None
    link = token(secret)
    assert post(client, f"/account/links/{link}").status_code == 303
    forget()
    assert accounts.authenticate(db.session(), new, PASSWORD)
    assert sorted(str(job["to"]) for job in staged("accounts.tell_changed")) == [EMAIL, new]


@pytest.mark.usefixtures("context")
def test_an_address_that_somebody_has_is_not_taken(secret: str) -> None:
    user_id = make_user()
    profile.ask_to_change_email(user_id, PASSWORD, "ada@example.com", secret)
    link = token(secret)
    make_user("ada@example.com")
    with pytest.raises(accounts.EmailTaken):
        profile.change_email(link)
    forget()
    assert db.session.get_one(User, user_id).email == EMAIL


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"current": "wrong password", "password": ANOTHER}, "This is not your password."),
        ({"current": PASSWORD, "password": "password1"}, "thieves try first"),
        ({"current": PASSWORD, "password": "short"}, "Use 8 to 256 characters."),
    ],
)
def test_a_password_is_changed_by_who_knows_it(
    sign_in: Callable[..., FlaskClient], form: dict[str, Any], error: str
) -> None:
    client = sign_in(email=EMAIL)
    answer = post(client, "/account/password", form)
    assert (answer.status_code, error in answer.text) == (422, True)
    forget()
    assert accounts.authenticate(db.session(), EMAIL, PASSWORD)


def browsers(app: Flask) -> list[FlaskClient]:
    """Three browsers of one person."""
    clients = [app.test_client() for _ in range(3)]
    for client in clients:
        assert post(client, "/account/sign-in", {"email": EMAIL, "password": PASSWORD}).status_code == 303
    return clients


@pytest.mark.usefixtures("context")
def test_a_changed_password_leaves_one_browser_signed_in(app: Flask) -> None:
    make_user()
    own, *others = browsers(app)
    assert post(own, "/account/password", {"current": PASSWORD, "password": ANOTHER}).status_code == 303
    assert own.get("/account").status_code == 200
    assert [other.get("/account").status_code for other in others] == [303, 303]


@pytest.mark.usefixtures("context")
def test_browsers_are_listed_and_signed_out_one_by_one_or_all(app: Flask) -> None:
    make_user()
    own, second, third = browsers(app)
    assert own.get("/account/settings").text.count('/end"') == 3, "two others, and all of them"
    forget()
    ids = db.session.scalars(db.select(UserSession.id).order_by(UserSession.id)).all()
    post(own, f"/account/sessions/{ids[1]}/end")
    assert [client.get("/account").status_code for client in (own, second, third)] == [200, 303, 200]
    post(own, "/account/sessions/end")
    assert [client.get("/account").status_code for client in (own, third)] == [200, 303]


@pytest.mark.usefixtures("context")
def test_nobody_signs_out_somebody_else(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    make_user()
    own, *_others = browsers(app)
    eve = sign_in(email="eve@example.com")
    for session_id in range(1, 6):
        post(eve, f"/account/sessions/{session_id}/end")
    assert own.get("/account").status_code == 200


@pytest.mark.usefixtures("context")
def test_a_cookie_that_was_copied_is_worth_nothing_after_signing_out(app: Flask) -> None:
    make_user()
    own, *_others = browsers(app)
    stolen = own.get_cookie("shop")
    assert stolen
    post(own, "/account/sign-out")
    thief = app.test_client()
    thief.set_cookie("shop", stolen.value)
    assert thief.get("/account").status_code == 303


def test_a_form_holds_though_an_answer_from_before_comes_late(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    """A part of the page that somebody has just left was asked for before the form, and its cookie comes after it."""
    client, late, name = sign_in(), app.test_client(), app.config["SESSION_COOKIE_NAME"]
    assert post(client, "/account/sign-out").status_code == 303
    late.set_cookie(name, client.get_cookie(name).value)  # type: ignore[union-attr]
    token = token_of(client)
    assert f"{name}=" in late.get("/cart/badge").headers["Set-Cookie"]
    client.set_cookie(name, late.get_cookie(name).value)  # type: ignore[union-attr]
    form = {"csrf_token": token, "email": "customer@example.com", "password": PASSWORD}
    assert client.post("/account/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


@pytest.mark.usefixtures("context")
def test_a_session_ends_by_its_age(app: Flask) -> None:
    make_user()
    own, *_others = browsers(app)
    with transaction() as session:
        for row in session.scalars(db.select(UserSession)):
            row.created_at = clock.now() - timedelta(days=31)
    assert own.get("/account").status_code == 303


@on_every_database
def test_what_a_guest_ordered_is_theirs_once_the_address_is(context: Flask) -> None:
    secret, client = str(context.config["SETTINGS"].secret_key), context.test_client()
    own = make_order().number
    other = make_order(address=vars_of("eve@example.com")).number
    entry.ask_to_register(ADDRESS.email, PASSWORD, "Ada", secret)
    post(client, f"/account/links/{token(secret)}")
    page = client.get("/account").text
    assert own in page
    assert other not in page


def vars_of(email: str) -> Any:
    from dataclasses import replace

    return replace(ADDRESS, email=email)


@pytest.mark.usefixtures("context")
def test_an_address_that_was_never_shown_to_be_theirs_claims_nothing(app: Flask, client: FlaskClient) -> None:
    make_order()
    user_id = accounts.create_user(ADDRESS.email, PASSWORD, "Ada")
    with transaction() as session:
        session.get_one(User, user_id).verified_at = None
    post(client, "/account/sign-in", {"email": ADDRESS.email, "password": PASSWORD})
    forget()
    assert list_orders_of(db.session(), user_id).items == []


@pytest.mark.usefixtures("context")
def test_the_guests_cart_comes_along_by_every_way_in(app: Flask, client: FlaskClient, secret: str) -> None:
    variant_id = make_variant().id
    forget()
    make_user()
    client.post("/cart/lines", data={"variant_id": variant_id})
    proofs.ask(ProofKind.SIGN_IN, EMAIL, secret)
    post(client, f"/account/links/{token(secret)}")
    assert "1<span" in client.get("/cart/badge").text


@pytest.mark.usefixtures("context")
def test_old_links_and_sessions_are_forgotten(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from storefront.accounts import sessions

    sessions.begin(make_user(), "Firefox")
    register(secret)
    moment = clock.now()
    assert (proofs.forget_old(), sessions.forget_old()) == (0, 0)
    monkeypatch.setattr(clock, "now", lambda: moment + timedelta(days=32))
    assert (proofs.forget_old(), sessions.forget_old()) == (1, 1)


def test_a_password_is_long_enough_before_it_is_hashed() -> None:
    from storefront.accounts.passwords import make_hash

    with pytest.raises(WeakPassword):
        make_hash("x" * 7)
