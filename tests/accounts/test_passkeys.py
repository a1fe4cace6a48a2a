"""Passkeys: made for this shop, found without a name, good for one question once, and silent about who has one."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from storefront.accounts import mails, passkeys
from storefront.accounts import service as accounts
from storefront.accounts.challenges import SECONDS, ChallengeGone, Challenges, Party, find_party
from storefront.accounts.models import Passkey, User
from storefront.accounts.passkeys import Ceremony, NoAnswer, PasskeyRefused, TooManyPasskeys, UnknownPasskey
from storefront.config import Settings
from storefront.core.audit.models import AuditRow
from storefront.core.counters import Counters
from storefront.core.db import db, transaction
from storefront.core.mail import Mail
from tests.fixtures.authenticator import PRESENT, Authenticator
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget, staged
from tests.fixtures.shop import PASSWORD, on_every_database

EMAIL = "grace@example.com"
PARTY = Party("localhost", "http://localhost:8000")


@pytest.fixture
def ceremony(app: Flask) -> Ceremony:
    return Ceremony(PARTY, Challenges(Counters(app.config["SETTINGS"].redis_cache_url)), "a browser")


def make_user(email: str = EMAIL) -> int:
    return accounts.create_user(email, PASSWORD, "Grace")


def add(ceremony: Ceremony, user_id: int, device: Authenticator | None = None, name: str = "Phone") -> Authenticator:
    device = device or Authenticator()
    passkeys.add(ceremony, user_id, device.create(passkeys.ask_to_add(ceremony, user_id, "Shop")), name)
    return device


def sign_in(ceremony: Ceremony, device: Authenticator) -> passkeys.SignedIn:
    return passkeys.sign_in(ceremony, device.get(passkeys.ask_to_sign_in(ceremony)))


def kept() -> Passkey:
    forget()
    return db.session.scalars(db.select(Passkey)).one()


@on_every_database
def test_several_are_kept_with_names_and_each_signs_in(context: Flask) -> None:
    asked = Ceremony(PARTY, Challenges(Counters(context.config["SETTINGS"].redis_cache_url)), "a browser")
    user_id, eve = make_user(), make_user("eve@example.com")
    devices = [add(asked, user_id, name=name) for name in ("Phone", "Laptop")]
    others = add(asked, eve)
    assert [sign_in(asked, device) for device in (*devices, others)] == [(user_id, True), (user_id, True), (eve, True)]
    forget()
    rows = passkeys.list_passkeys(db.session(), user_id)
    assert [(row.name, row.sign_count, row.used_at is not None) for row in rows] == [
        ("Phone", 1, True),
        ("Laptop", 1, True),
    ]
    assert rows[0].handle == rows[1].handle != passkeys.list_passkeys(db.session(), eve)[0].handle
    noted = db.session.execute(db.select(AuditRow.action, AuditRow.subject).order_by(AuditRow.id)).all()
    assert [row for row in noted if row.action == "passkey_added"] == [
        ("passkey_added", f"user {one}") for one in (user_id, user_id, eve)
    ]


@pytest.mark.usefixtures("context")
def test_a_device_that_keeps_one_already_is_told_so(ceremony: Ceremony) -> None:
    user_id = make_user()
    add(ceremony, user_id)
    options = json.loads(passkeys.ask_to_add(ceremony, user_id, "Shop"))
    assert [one["id"] for one in options["excludeCredentials"]] == [kept().credential_id]
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["rp"] == {"id": "localhost", "name": "Shop"}


@pytest.mark.usefixtures("context")
def test_the_question_to_sign_in_is_the_same_for_everybody(ceremony: Ceremony) -> None:
    before = json.loads(passkeys.ask_to_sign_in(ceremony))
    add(ceremony, make_user())
    after = json.loads(passkeys.ask_to_sign_in(ceremony))
    assert before.pop("challenge") != after.pop("challenge")
    assert before == after
    assert before["allowCredentials"] == []


@pytest.mark.usefixtures("context")
def test_whoever_looked_at_no_finger_is_not_verified(ceremony: Ceremony) -> None:
    user_id = make_user()
    device = add(ceremony, user_id)
    device.flags = PRESENT
    assert sign_in(ceremony, device) == (user_id, False)


def foreign_origin(device: Authenticator) -> None:
    device.origin = "http://evil.example"


def foreign_party(device: Authenticator) -> None:
    device.party = "evil.example"


def nobody_there(device: Authenticator) -> None:
    device.flags = 0


def other_key(device: Authenticator) -> None:
    device.key = Authenticator().key


def other_handle(device: Authenticator) -> None:
    device.handle = "AAAA"


def unknown_id(device: Authenticator) -> None:
    device.id = b"x" * 32


WRONG = [foreign_origin, foreign_party, nobody_there, other_key, other_handle, unknown_id]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("falsify", WRONG, ids=lambda wrong: wrong.__name__)
def test_every_wrong_answer_is_refused_alike(ceremony: Ceremony, falsify: Callable[[Authenticator], None]) -> None:
    device = add(ceremony, make_user())
    falsify(device)
    with pytest.raises(PasskeyRefused) as refused:
        sign_in(ceremony, device)
    assert refused.value.facts == {}
    assert kept().used_at is None


@pytest.mark.usefixtures("context")
def test_an_unknown_passkey_costs_the_same_work(ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch) -> None:
    import webauthn

    device, work = add(ceremony, make_user()), []
    verify = webauthn.verify_authentication_response

    def count(**facts: Any) -> Any:
        work.append(facts["credential_public_key"])
        return verify(**facts)

    monkeypatch.setattr(webauthn, "verify_authentication_response", count)
    other_key(device)
    for falsify in (other_key, unknown_id):
        falsify(device)
        with pytest.raises(PasskeyRefused):
            sign_in(ceremony, device)
    assert len(work) == 2
    assert work[0] != work[1]


@pytest.mark.usefixtures("context")
def test_who_is_blocked_or_gone_does_not_sign_in(ceremony: Ceremony) -> None:
    user_id = make_user()
    device = add(ceremony, user_id)
    with transaction() as session:
        session.get_one(User, user_id).is_active = False
    with pytest.raises(PasskeyRefused):
        sign_in(ceremony, device)
    with transaction() as session:
        session.delete(session.get_one(User, user_id))
    with pytest.raises(PasskeyRefused):
        sign_in(ceremony, device)
    assert passkeys.list_passkeys(db.session(), user_id) == []


@pytest.mark.usefixtures("context")
def test_a_question_is_answered_once_and_by_whom_it_was_asked(ceremony: Ceremony) -> None:
    user_id = make_user()
    device = add(ceremony, user_id)
    options = passkeys.ask_to_sign_in(ceremony)
    with pytest.raises(ChallengeGone):
        passkeys.sign_in(ceremony._replace(browser="another"), device.get(options))
    with pytest.raises(ChallengeGone):
        passkeys.sign_in(ceremony, device.get(options))
    options = passkeys.ask_to_sign_in(ceremony)
    answer = device.get(options)
    assert passkeys.sign_in(ceremony, answer).user_id == user_id
    with pytest.raises(ChallengeGone):
        passkeys.sign_in(ceremony, answer)
    with pytest.raises(ChallengeGone):
        passkeys.sign_in(ceremony, device.get(passkeys.ask_to_add(ceremony, user_id, "Shop")))


@pytest.mark.usefixtures("context")
def test_a_question_is_good_for_five_minutes(app: Flask) -> None:
    now = [1000.0]
    counters = Counters("redis://127.0.0.1:1/0", lambda: now[0])
    asked = Ceremony(PARTY, Challenges(counters), "a browser")
    device = add(asked, make_user())
    for waited, is_good in ((SECONDS - 1, True), (SECONDS, False)):
        options = passkeys.ask_to_sign_in(asked)
        now[0] += waited
        if is_good:
            passkeys.sign_in(asked, device.get(options))
            continue
        with pytest.raises(ChallengeGone):
            passkeys.sign_in(asked, device.get(options))


@pytest.mark.usefixtures("context")
def test_redis_itself_forgets_the_question(ceremony: Ceremony, app: Flask) -> None:
    from redis import Redis

    passkeys.ask_to_sign_in(ceremony)
    with Redis.from_url(app.config["SETTINGS"].redis_cache_url) as server:
        (name,) = server.keys("counter:challenge:*")
        assert 0 < server.ttl(name) <= SECONDS


@pytest.mark.usefixtures("context")
def test_a_key_that_was_copied_is_noticed_by_its_count(ceremony: Ceremony) -> None:
    device = add(ceremony, make_user())
    device.count = 7
    sign_in(ceremony, device)
    device.count = 6
    with pytest.raises(PasskeyRefused):
        sign_in(ceremony, device)
    assert kept().sign_count == 8


@pytest.mark.usefixtures("context")
def test_a_device_that_does_not_count_signs_in_again_and_again(ceremony: Ceremony) -> None:
    user_id = make_user()
    device = add(ceremony, user_id, Authenticator(counts=False))
    assert [sign_in(ceremony, device).user_id for _ in range(3)] == [user_id] * 3


@on_every_database
def test_of_two_copies_that_answer_at_once_one_signs_in(context: Flask) -> None:
    asked = Ceremony(PARTY, Challenges(Counters(context.config["SETTINGS"].redis_cache_url)), "a browser")
    user_id = make_user()
    device = add(asked, user_id)
    answers = []
    for _ in range(4):
        device.count = 0
        answers.append(device.get(passkeys.ask_to_sign_in(asked)))
    race = at_once(context, [lambda answer=answer: passkeys.sign_in(asked, answer) for answer in answers])
    assert [type(error) for error in race.errors] == [PasskeyRefused] * 3
    assert race.results == [(user_id, True)]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    "answer",
    ["", "x", "[]", "{}", '{"response": {"clientDataJSON": "AAAA"}}', '{"response": 7}', "{" * 30_000, '"\ud800"'],
)
def test_rubbish_is_refused(ceremony: Ceremony, answer: str) -> None:
    with pytest.raises((PasskeyRefused, NoAnswer)):
        passkeys.sign_in(ceremony, answer)
    with pytest.raises((PasskeyRefused, NoAnswer)):
        passkeys.add(ceremony, make_user(), answer, "Phone")


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("falsify", [foreign_origin, foreign_party, nobody_there], ids=lambda wrong: wrong.__name__)
def test_a_key_made_for_another_site_is_not_kept(ceremony: Ceremony, falsify: Callable[[Authenticator], None]) -> None:
    device = Authenticator()
    falsify(device)
    with pytest.raises(PasskeyRefused):
        add(ceremony, make_user(), device)
    assert db.session.scalars(db.select(Passkey)).all() == []


@pytest.mark.usefixtures("context")
def test_a_key_that_somebody_has_is_not_kept_for_another(ceremony: Ceremony) -> None:
    device = add(ceremony, make_user())
    with pytest.raises(PasskeyRefused):
        add(ceremony, make_user("eve@example.com"), device)
    assert kept().user_id == 1


@pytest.mark.usefixtures("context")
def test_a_question_to_one_person_adds_no_key_to_another(ceremony: Ceremony) -> None:
    user_id, eve = make_user(), make_user("eve@example.com")
    answer = Authenticator().create(passkeys.ask_to_add(ceremony, user_id, "Shop"))
    with pytest.raises(PasskeyRefused):
        passkeys.add(ceremony, eve, answer, "Phone")


@on_every_database
def test_nobody_has_more_than_twenty(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passkeys, "MAX_PASSKEYS", 2)
    asked = Ceremony(PARTY, Challenges(Counters(context.config["SETTINGS"].redis_cache_url)), "a browser")
    user_id = make_user()
    answers = [Authenticator().create(passkeys.ask_to_add(asked, user_id, "Shop")) for _ in range(4)]
    race = at_once(context, [lambda answer=answer: passkeys.add(asked, user_id, answer, "Phone") for answer in answers])
    assert [type(error) for error in race.errors] == [TooManyPasskeys] * 2
    forget()
    with pytest.raises(TooManyPasskeys):
        passkeys.ask_to_add(asked, user_id, "Shop")


@pytest.mark.usefixtures("context")
def test_a_removed_key_opens_nothing_and_both_changes_are_told(
    ceremony: Ceremony, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    sent: list[Mail] = []
    monkeypatch.setattr(mails, "send", lambda mail, _settings: sent.append(mail))
    user_id, eve = make_user(), make_user("eve@example.com")
    device = add(ceremony, user_id)
    with pytest.raises(UnknownPasskey):
        passkeys.remove(eve, 1)
    with pytest.raises(UnknownPasskey):
        passkeys.rename(eve, 1, "Mine")
    passkeys.rename(user_id, 1, " Telephone ")
    assert kept().name == "Telephone"
    passkeys.remove(user_id, 1)
    with pytest.raises(PasskeyRefused):
        sign_in(ceremony, device)
    for job in staged("accounts.tell_changed"):
        mails.tell_changed(job["user_id"], job["what"], job["to"], settings, job["mark"])
    assert [(mail.to, mail.subject) for mail in sent] == [
        (EMAIL, "A passkey was added"),
        (EMAIL, "A passkey was removed"),
    ]
    assert "you need do nothing" not in sent[0].text


@pytest.mark.parametrize(
    ("base_url", "party"),
    [
        ("https://shop.example", Party("shop.example", "https://shop.example")),
        ("https://shop.example:8443", Party("shop.example", "https://shop.example:8443")),
        ("http://127.0.0.1:8000", Party("localhost", "http://localhost:8000")),
        ("http://[::1]:8000", Party("localhost", "http://localhost:8000")),
        ("http://localhost", Party("localhost", "http://localhost")),
        ("http://shop.example", None),
        ("http://192.168.0.7:8000", None),
        ("https://192.168.0.7", None),
    ],
)
def test_passkeys_are_made_for_the_shops_name(base_url: str, party: Party | None) -> None:
    assert find_party(base_url) == party
