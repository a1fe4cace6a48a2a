"""People: who can sign in, with which permissions, and who is known as a buyer."""

import pytest
from argon2 import Type, extract_parameters
from flask import Flask
from sqlalchemy import func, select

from storefront.accounts import passwords, sessions
from storefront.accounts import service as accounts
from storefront.accounts.models import ROLES, Customer, Permission, Role, User
from storefront.accounts.passwords import WeakPassword
from storefront.accounts.queries import find_user, find_user_by_session
from storefront.accounts.service import EmailTaken, UnknownRole, WrongCredentials
from storefront.core.db import db, transaction
from tests.fixtures.once import REAL_HASHER
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget
from tests.fixtures.shop import PASSWORD, on_every_database

EMAIL = "ada@example.com"


def make_user(email: str = EMAIL, password: str = PASSWORD, **options: object) -> int:
    return accounts.create_user(email, password, " Ada ", **options)  # type: ignore[arg-type]


def authenticate(email: str = EMAIL, password: str = PASSWORD) -> User:
    return accounts.authenticate(db.session(), email, password)


@pytest.mark.usefixtures("context")
def test_a_user_is_kept_with_a_hash_and_never_with_the_password() -> None:
    user = db.session.get_one(User, make_user())
    assert (user.email, user.name, user.is_staff) == (EMAIL, "Ada", False)
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash


def test_guessing_costs_what_owasp_asks_for_at_least() -> None:
    cost = extract_parameters(REAL_HASHER().hash(PASSWORD))
    assert cost.type is Type.ID
    assert cost.memory_cost >= 19 * 1024
    assert cost.time_cost >= 2
    assert (cost.salt_len, cost.hash_len) == (16, 32)


@pytest.mark.usefixtures("context")
def test_one_password_has_another_hash_for_everybody() -> None:
    make_user()
    make_user("eve@example.com")
    assert len(set(db.session.scalars(select(User.password_hash)))) == 2


@pytest.mark.usefixtures("context")
def test_an_address_is_compared_without_its_capitals_and_blanks() -> None:
    user_id = make_user("  Ada@Example.COM ")
    assert authenticate("ADA@example.com ").id == user_id
    with pytest.raises(EmailTaken):
        make_user("ada@EXAMPLE.com")


@on_every_database
def test_an_address_has_one_account_however_many_register_at_once(context: Flask) -> None:
    race = at_once(context, [make_user] * 3)
    assert len(race.results) == 1
    assert [type(error) for error in race.errors] == [EmailTaken] * 2


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(("length", "is_fine"), [(7, False), (8, True), (256, True), (257, False)])
def test_a_password_has_eight_to_256_signs(length: int, is_fine: bool) -> None:
    password = "x!" * 128 + "x" if length > 256 else ("x!" * 128)[:length]
    if is_fine:
        make_user(password=password)
        assert authenticate(password=password)
        return
    with pytest.raises(WeakPassword):
        make_user(password=password)
    assert find_user(db.session(), EMAIL) is None


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("email", "password"), [(EMAIL, "wrong password"), ("eve@example.com", PASSWORD), (EMAIL, ""), ("", "")]
)
def test_wrong_credentials_say_nothing_about_which_is_wrong(email: str, password: str) -> None:
    make_user()
    with pytest.raises(WrongCredentials) as refused:
        authenticate(email, password)
    assert refused.value.facts == {"field": "password"}


@pytest.mark.usefixtures("context")
def test_an_unknown_address_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    class Hasher:
        def verify(self, password_hash: str, password: str) -> None:
            checked.append(password_hash)

        def hash(self, _: str) -> str:
            return "decoy"

    monkeypatch.setattr(passwords, "_hasher", Hasher)
    passwords._decoy_hash.cache_clear()
    with pytest.raises(WrongCredentials):
        authenticate()
    passwords._decoy_hash.cache_clear()
    assert checked == ["decoy"]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("change", [{"is_active": False}, {"password_hash": None}])
def test_who_may_not_sign_in_does_not(change: dict[str, object]) -> None:
    user_id = make_user()
    with transaction() as session:
        for name, value in change.items():
            setattr(session.get_one(User, user_id), name, value)
    with pytest.raises(WrongCredentials):
        authenticate()


@pytest.mark.usefixtures("context")
def test_a_session_ends_with_its_epoch_and_with_its_user() -> None:
    user = db.session.get_one(User, make_user())
    session_id, key = user.get_id(), sessions.begin(user.id, "Firefox")
    found = find_user_by_session(db.session(), session_id, key)
    assert found is user
    assert find_user_by_session(db.session(), session_id, "another key") is None
    with transaction() as session:
        session.get_one(User, user.id).session_epoch += 1
    assert find_user_by_session(db.session(), session_id, key) is None
    session_id = user.get_id()
    assert find_user_by_session(db.session(), session_id, key) is not None
    with transaction() as session:
        session.get_one(User, user.id).is_active = False
    assert find_user_by_session(db.session(), session_id, key) is None


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("session_id", ["", "1", "1.", ".0", "x.0", "1.x", "1.0.0", "-1.0", "99.0"])
def test_what_is_no_session_belongs_to_nobody(session_id: str) -> None:
    key = sessions.begin(make_user(), "Firefox")
    assert find_user_by_session(db.session(), session_id, key) is None


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_gives_its_permissions_and_no_others(role: str) -> None:
    user = db.session.get_one(User, make_user(roles=[role]))
    assert user.is_staff
    assert {permission for permission in Permission if user.can(permission)} == ROLES[role]


@pytest.mark.usefixtures("context")
def test_a_customer_may_do_nothing_at_the_desk() -> None:
    user = db.session.get_one(User, make_user())
    assert not any(user.can(permission) for permission in Permission)


@pytest.mark.usefixtures("context")
def test_an_unknown_role_makes_no_user() -> None:
    with pytest.raises(UnknownRole, match="emperor"):
        make_user(roles=["owner", "emperor"])
    assert find_user(db.session(), EMAIL) is None


@pytest.mark.usefixtures("context")
def test_the_roles_of_the_shop_are_written_once() -> None:
    accounts.ensure_roles()
    assert sorted(db.session.scalars(select(Role.name))) == sorted(ROLES)


@on_every_database
def test_a_buyer_is_one_customer_however_many_orders_come_at_once(context: Flask) -> None:
    def order(email: str) -> int:
        with transaction():
            return accounts.ensure_customer(email, "GB")

    ids = at_once(context, [lambda: order(EMAIL), lambda: order(" ADA@example.com")] * 4).won()
    forget()
    assert len(set(ids)) == 1
    assert db.session.scalar(select(func.count()).select_from(Customer)) == 1


@pytest.mark.usefixtures("context")
def test_a_customer_is_not_written_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="joins a transaction"):
        accounts.ensure_customer(EMAIL, "GB")
