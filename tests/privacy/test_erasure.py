"""After an erasure a search through everything finds the person only in what is kept on purpose."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from jobs import privacy as privacy_jobs
from jobs.payments import forget_customer
from storefront.accounts.models import User
from storefront.accounts.queries import find_user
from storefront.config import Settings
from storefront.core import clock
from storefront.core.audit.models import AuditRow
from storefront.core.db import db, transaction
from storefront.core.mail import Mail, send
from storefront.orders.models import Order, OrderEvent
from storefront.orders.queries import get_order_by_id
from storefront.payments.gateways import get_gateway
from storefront.payments.models import ProviderCustomer, WebhookEvent
from storefront.privacy import erasure, exports
from storefront.privacy.models import PrivacyRequest, RequestKind
from storefront.privacy.person import UnknownPerson, find_person
from storefront.privacy.requests import LinkGone, TooMany, ask, token_of
from tests.fixtures.factories import make_order
from tests.fixtures.provider import Provider
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget, staged
from tests.fixtures.shop import PASSWORD, accounts, on_every_database, post
from tests.privacy.life import ADDRESS, EMAIL, NAME, NEEDLES, dump_redis, dump_sql, live, where

# What the law wants kept of an order that was paid: whom it went to. Nothing else, and nowhere else.
KEPT = {f"shop_order.{name}" for name in ("name", "line1", "line2", "city", "postcode")}
SECRET = "a key for tests only"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Mail]:
    found: list[Mail] = []
    monkeypatch.setattr(exports, "send", lambda mail, _settings: found.append(mail))
    return found


def link(kind: RequestKind) -> str:
    """The path behind the newest mail of that kind."""
    forget()
    query = select(PrivacyRequest.salt).where(PrivacyRequest.kind == kind).order_by(PrivacyRequest.id.desc())
    salt = db.session.scalars(query).first()
    forget()
    assert salt
    return f"/account/privacy/{kind}s/{token_of(salt, SECRET)}"


def data_of(answer: Any) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(answer if isinstance(answer, bytes) else answer.data)) as archive:
        found: dict[str, Any] = json.loads(archive.read("data.json"))
        return found["tables"]  # type: ignore[no-any-return]


@on_every_database
def test_a_full_search_finds_nobody_but_in_what_is_kept(context: Flask, redis_url: str) -> None:
    facts = live(context)
    before = where(dump_sql() | dump_redis(redis_url))
    assert all(before.values()), "the person has left traces to begin with"
    assert len(before[EMAIL]) >= 8, before[EMAIL]
    erasure.erase(EMAIL)
    after = where(dump_sql() | dump_redis(redis_url))
    assert set().union(*after.values()) == KEPT
    assert {needle for needle, places in after.items() if not places} >= {NEEDLES[0], NEEDLES[-1]}
    paid, gone = (get_order_by_id(db.session(), facts[name]) for name in ("paid_id", "gone_id"))
    assert (paid.name, paid.email, paid.phone, paid.user_id) == (NAME, "", "", None)
    said = db.session.scalars(select(AuditRow).where(AuditRow.action == "person_erased")).one()
    assert said.subject == f"user {facts['user_id']}"
    assert (gone.name, gone.line1, gone.postcode) == ("", "", "")
    forget()
    assert facts["client"].get("/account").status_code == 303


@pytest.mark.usefixtures("context")
def test_mails_that_lie_in_a_folder_go_too(app: Flask, settings: Settings) -> None:
    live(app)
    letters = {
        "to-them": Mail("to-them", EMAIL.upper(), "For you", "Thank you, 艾达.", "<p>Thank you, 艾达.</p>"),
        "of-them": Mail("of-them", "desk@example.com", "A dispute", f"It is about {EMAIL}.", f"<b>{EMAIL}</b> 艾达"),
        "another": Mail("another", f"x{EMAIL}", "For somebody else", "Thank you.", "<p>Thank you.</p>"),
    }
    for letter in letters.values():
        send(letter, settings)
    folder = settings.data_dir / "mail"
    assert {file.stem for file in folder.glob("*.eml")} >= set(letters)
    erasure.erase(EMAIL)
    assert {file.stem for file in folder.glob("*.eml")} == {"another"}


@pytest.mark.usefixtures("context")
def test_old_links_to_an_order_open_nothing_any_more(app: Flask, client: FlaskClient) -> None:
    facts = live(app)
    token = db.session.get_one(Order, facts["paid_id"]).token
    assert client.get(f"/orders/{token}").status_code == 200
    erasure.erase(EMAIL)
    assert client.get(f"/orders/{token}").status_code == 404


@pytest.mark.usefixtures("context")
def test_the_books_of_a_forgotten_persons_orders_stay(app: Flask) -> None:
    facts = live(app)
    order = db.session.get_one(Order, facts["paid_id"])
    before = (order.number, order.total_minor, order.included_tax_minor, order.status, order.placed_at)
    kinds = list(db.session.scalars(select(OrderEvent.kind).where(OrderEvent.order_id == order.id)))
    erasure.erase(EMAIL)
    order = db.session.get_one(Order, facts["paid_id"])
    assert (order.number, order.total_minor, order.included_tax_minor, order.status, order.placed_at) == before
    assert list(db.session.scalars(select(OrderEvent.kind).where(OrderEvent.order_id == order.id))) == kinds


@pytest.mark.usefixtures("context")
def test_addresses_go_when_no_law_wants_them_kept_any_more(app: Flask) -> None:
    facts = live(app)
    other = make_order(address=ADDRESS.__class__(**{**vars(ADDRESS), "email": "else@example.com"})).id
    with transaction() as session:
        long_ago = clock.now() - erasure.KEEP_BOOKS - timedelta(days=1)
        for order_id in (facts["paid_id"], other):
            session.get_one(Order, order_id).placed_at = long_ago
        session.get_one(Order, other).status = "fulfilled"
    erasure.erase(EMAIL)
    privacy_jobs.forget_old()
    forget()
    assert db.session.get_one(Order, facts["paid_id"]).name == ""
    assert db.session.get_one(Order, other).name == NAME, "who was not forgotten is known still"


@pytest.mark.usefixtures("context")
def test_the_provider_forgets_too_and_a_second_time_is_no_error(app: Flask) -> None:
    facts = live(app)
    with transaction() as session:
        session.execute(db.delete(ProviderCustomer))
    post(facts["client"], "/account/profile", {"name": NAME, "locale": "en"})
    from storefront.payments.customers import ensure_customer

    ensure_customer(facts["user_id"], get_gateway())
    assert Provider(app).count("customers") == 1
    erasure.erase(EMAIL)
    (job,) = staged("payments.forget_customer")
    for _ in range(2):
        forget_customer(**job)
    assert Provider(app).count("customers") == 0


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("settle", ["pending", "paid"])
def test_nobody_is_forgotten_while_an_order_is_open_and_is_told_which(
    app: Flask, sign_in: Callable[..., FlaskClient], settle: str
) -> None:
    client = sign_in(email=EMAIL)
    order = make_order(address=ADDRESS)
    number = order.number
    with transaction() as session:
        session.get_one(Order, order.id).status = settle
    with pytest.raises(erasure.OrderOpen) as refused:
        erasure.erase(EMAIL)
    assert refused.value.facts["numbers"] == number
    answer = post(client, "/account/privacy/erasures", {"erasure-password": PASSWORD})
    assert (answer.status_code, number in answer.text) == (409, True)
    assert staged("privacy.answer") == []


@pytest.mark.usefixtures("context")
def test_nobody_is_forgotten_while_a_message_about_them_waits(app: Flask) -> None:
    live(app)
    with transaction() as session:
        session.add(WebhookEvent(provider="demo", event_id="evt_w", kind="x", payload=f'"{EMAIL}"'))
    with pytest.raises(erasure.BeingWorkedOn):
        erasure.erase(EMAIL)


@pytest.mark.usefixtures("context")
def test_staff_are_not_forgotten_before_their_roles_are_gone(sign_in: Callable[..., FlaskClient]) -> None:
    client = sign_in("owner")
    answer = post(client, "/account/privacy/erasures", {"erasure-password": PASSWORD})
    assert (answer.status_code, "belongs to the staff" in answer.text) == (409, True)
    with pytest.raises(erasure.StaffMember):
        erasure.erase("owner@example.com")


@pytest.mark.usefixtures("context")
def test_an_account_ends_by_password_link_and_button(
    sign_in: Callable[..., FlaskClient], client: FlaskClient, sent: list[Mail]
) -> None:
    own = sign_in(email=EMAIL)
    wrong = post(own, "/account/privacy/erasures", {"erasure-password": "wrong password"})
    assert (wrong.status_code, "This is not your password." in wrong.text) == (422, True)
    assert post(own, "/account/privacy/erasures", {"erasure-password": PASSWORD}).status_code == 303
    privacy_jobs.answer(**staged("privacy.answer")[0])
    path = link(RequestKind.ERASURE)
    assert (sent[0].to, path in sent[0].text) == (EMAIL, True)
    assert "cannot be undone" in client.get(path).text
    forget()
    assert find_user(db.session(), EMAIL), "looking at the link deletes nothing"
    answer = post(own, path)
    assert "Your account is deleted" in answer.text
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    forget()
    assert find_user(db.session(), EMAIL) is None
    assert own.get("/account").status_code == 303
    assert post(client, path).location.endswith("/account/sign-in")


@on_every_database
def test_a_request_is_answered_though_an_earlier_one_of_its_id_was_deleted(context: Flask, sent: list[Mail]) -> None:
    """SQLite gives the highest id out again once its row is gone."""
    for number in (1, 2):
        user_id = accounts.create_user(f"{number}@example.com", PASSWORD, NAME)
        ask(RequestKind.EXPORT, user_id, PASSWORD, SECRET)
        privacy_jobs.answer(**staged("privacy.answer")[-1])
        assert len(staged("privacy.answer")) == number
        with transaction() as session:
            session.execute(db.delete(PrivacyRequest))
    assert sent[0].key != sent[1].key


@on_every_database
def test_of_many_who_follow_the_link_at_once_one_erases(context: Flask, sent: list[Mail]) -> None:
    user_id = accounts.create_user(EMAIL, PASSWORD, NAME)
    ask(RequestKind.ERASURE, user_id, PASSWORD, SECRET)
    token = link(RequestKind.ERASURE).rpartition("/")[2]
    forget()
    race = at_once(context, [lambda: erasure.erase_by_link(token)] * 6)
    assert (len(race.results), {type(error) for error in race.errors}) == (1, {LinkGone})
    assert db.session.get(User, user_id) is None


@pytest.mark.usefixtures("context")
def test_a_copy_has_everything_and_opens_nothing(app: Flask) -> None:
    facts = live(app)
    secrets = [db.session.get_one(User, facts["user_id"]).password_hash, db.session.get_one(Order, 1).token]
    content = exports.make_copy(db.session(), find_person(db.session(), EMAIL))
    tables = data_of(content)
    wanted = {"user_account", "shop_order", "order_line", "cart", "cart_line", "stock_request", "payment", "mail_proof"}
    assert set(tables) >= wanted | {"credit_account", "credit_entry", "webhook_event", "outbox_job", "order_event"}
    assert tables["user_account"][0]["email"] == EMAIL
    assert {row["line1"] for row in tables["shop_order"]} == {ADDRESS.line1}
    text = json.dumps(tables)
    assert not any(str(secret) in text for secret in secrets)


@pytest.mark.usefixtures("context")
def test_a_copy_is_of_one_person(app: Flask) -> None:
    live(app)
    make_order(address=ADDRESS.__class__(**{**vars(ADDRESS), "email": "ada@example.com", "name": "Ada Lovelace"}))
    accounts.create_user("ada@example.com", PASSWORD, "Ada Lovelace")
    tables = data_of(exports.make_copy(db.session(), find_person(db.session(), "ada@example.com")))
    assert NAME not in json.dumps(tables)
    assert len(tables["shop_order"]) == 1
    with pytest.raises(UnknownPerson):
        find_person(db.session(), "nobody@example.com")


@pytest.mark.usefixtures("context")
def test_a_copy_is_fetched_once_by_whom_it_is_for(
    app: Flask, sign_in: Callable[..., FlaskClient], client: FlaskClient, sent: list[Mail]
) -> None:
    own, eve = sign_in(email=EMAIL), sign_in(email="eve@example.com")
    assert post(own, "/account/privacy/exports", {"export-password": "wrong"}).status_code == 422
    assert post(own, "/account/privacy/exports", {"export-password": PASSWORD}).status_code == 303
    privacy_jobs.answer(**staged("privacy.answer")[0])
    path = link(RequestKind.EXPORT)
    assert (sent[0].to, path in sent[0].text) == (EMAIL, True)
    assert client.get(path).location.startswith("/account/sign-in"), "only for whoever is signed in"
    assert post(eve, path).location.endswith("/account/privacy"), "and is this person"
    assert "Fetch my data" in own.get(path).text
    answer = post(own, path)
    assert answer.headers["Content-Disposition"] == "attachment; filename=my-data.zip"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert data_of(answer)["user_account"][0]["email"] == EMAIL
    assert post(own, path).location.endswith("/account/privacy")
    forget()
    assert db.session.scalars(select(PrivacyRequest.content)).all() == [None], "nothing of it stays"


@pytest.mark.usefixtures("context")
def test_a_link_ends_by_its_time_by_a_newer_one_and_nobodys_mailbox_is_filled(
    monkeypatch: pytest.MonkeyPatch, sent: list[Mail]
) -> None:
    user_id = accounts.create_user(EMAIL, PASSWORD, NAME)
    ask(RequestKind.ERASURE, user_id, PASSWORD, SECRET)
    first = link(RequestKind.ERASURE).rpartition("/")[2]
    ask(RequestKind.ERASURE, user_id, PASSWORD, SECRET)
    second = link(RequestKind.ERASURE).rpartition("/")[2]
    with pytest.raises(LinkGone):
        erasure.erase_by_link(first)
    began_at = clock.now()
    monkeypatch.setattr(clock, "now", lambda: began_at + timedelta(hours=1))
    with pytest.raises(LinkGone):
        erasure.erase_by_link(second)
    for _ in range(3):
        ask(RequestKind.ERASURE, user_id, PASSWORD, SECRET)
    with pytest.raises(TooMany):
        ask(RequestKind.ERASURE, user_id, PASSWORD, SECRET)
    monkeypatch.setattr(clock, "now", lambda: began_at + timedelta(days=3))
    privacy_jobs.forget_old()
    forget()
    assert db.session.scalars(select(PrivacyRequest.id)).all() == []


def test_what_is_asked_for_by_letter(app: Flask, tmp_path: Any) -> None:
    from storefront.cli import main

    with app.app_context():
        live(app)
        db.session.remove()
    runner, target = app.test_cli_runner(), tmp_path / "copy.zip"
    with app.app_context():
        result = runner.invoke(main, ["privacy", "export", EMAIL, "--to", str(target)], obj=_info(app))
        assert result.exit_code == 0, result.output
        assert data_of(target.read_bytes())["user_account"][0]["name"] == NAME
        assert target.stat().st_mode & 0o077 == 0
        result = runner.invoke(main, ["privacy", "erase", EMAIL, "--yes"], obj=_info(app))
        assert result.exit_code == 0, result.output
        assert "1  user_account" in result.output
        result = runner.invoke(main, ["privacy", "erase", EMAIL, "--yes"], obj=_info(app))
        assert (result.exit_code, "knows nobody" in result.output) == (1, True)


def _info(app: Flask) -> Any:
    from flask.cli import ScriptInfo

    return ScriptInfo(create_app=lambda: app)
