"""Who may decide about staff, and what holds whatever is tried at the same moment."""

import random

import pytest
from flask import Flask
from sqlalchemy import select

from storefront.accounts import proofs, roles, staff
from storefront.accounts import service as accounts
from storefront.accounts.models import MailProof, Permission, Role, User, UserSession
from storefront.accounts.passwords import KnownWords
from storefront.accounts.proofs import ProofGone
from storefront.core.db import db
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget
from tests.fixtures.shop import PASSWORD, on_every_database

NEW = "lamp and oil and wick"


@pytest.fixture
def owner_id(context: Flask) -> int:
    return make("owner@example.com", "owner")


def make(email: str, *names: str) -> int:
    return accounts.create_user(email, PASSWORD, email.partition("@")[0], roles=names)


def role_id(name: str) -> int:
    found = db.session.scalar(select(Role.id).where(Role.name == name))
    forget()
    assert found
    return found


def roles_of(user_id: int) -> set[str]:
    forget()
    found = {role.name for role in db.session.get_one(User, user_id).roles}
    forget()
    return found


def token(app: Flask) -> str:
    forget()
    proof = db.session.scalars(select(MailProof).order_by(MailProof.id.desc())).first()
    assert proof
    found = proofs.token_of(proof.salt, str(app.secret_key))
    forget()
    return found


def helper_role(*permissions: Permission) -> str:
    """A role of one who may decide about people, and little else."""
    owner = db.session.scalar(select(User.id).order_by(User.id))
    forget()
    assert owner
    roles.create_role(owner, "helper", {Permission.PEOPLE_EDIT, Permission.PEOPLE_VIEW, *permissions})
    return "helper"


def test_the_last_owner_cannot_leave(owner_id: int) -> None:
    for step in (
        lambda: staff.set_roles(owner_id, owner_id, [role_id("packer")]),
        lambda: staff.dismiss(owner_id, owner_id),
        lambda: staff.set_active(owner_id, owner_id, is_active=False),
    ):
        with pytest.raises(staff.LastOwner):
            step()
    assert roles_of(owner_id) == {"owner"}


def test_an_owner_who_is_kept_out_does_not_count(owner_id: int) -> None:
    other = make("other@example.com", "owner")
    staff.set_active(owner_id, other, is_active=False)
    with pytest.raises(staff.LastOwner):
        staff.dismiss(owner_id, owner_id)


@on_every_database
def test_of_two_owners_one_stays_under_a_hundred_tries_at_once(context: Flask) -> None:
    people = [make(f"owner{n}@example.com", "owner") for n in range(2)]
    packer = role_id("packer")

    def attack(acting: int, target: int, way: int) -> None:
        if way == 0:
            staff.set_roles(acting, target, [packer])
        elif way == 1:
            staff.dismiss(acting, target)
        else:
            staff.set_active(acting, target, is_active=False)

    chance = random.Random(5)
    tries = [(chance.choice(people), chance.choice(people), n % 3) for n in range(100)]
    race = at_once(context, [lambda one=one: attack(*one) for one in tries])
    forget()
    assert staff.count_owners(db.session()) == 1
    assert len(race.results) >= 1
    assert {type(error) for error in race.errors} <= {staff.LastOwner, staff.TooMuch, staff.UnknownPerson}


def test_nobody_gives_or_takes_what_they_do_not_hold(owner_id: int) -> None:
    helper = make("helper@example.com", helper_role(Permission.CATALOG_VIEW))
    packer, packer_role, owner_role = make("packer@example.com", "packer"), role_id("packer"), role_id("owner")
    for step in (
        lambda: staff.set_roles(helper, helper, [owner_role]),
        lambda: staff.set_roles(helper, packer, [role_id("helper")]),
        lambda: staff.dismiss(helper, owner_id),
        lambda: staff.set_active(helper, owner_id, is_active=False),
        lambda: staff.reset_factor(helper, owner_id),
        lambda: staff.sign_out(helper, owner_id),
        lambda: staff.invite(helper, "x@example.com", [owner_role], "k", "en"),
        lambda: roles.create_role(helper, "more", {Permission.ORDERS_REFUND}),
        lambda: roles.change_role(helper, role_id("helper"), "helper", set(Permission)),
        lambda: roles.change_role(helper, packer_role, "packer", {Permission.CATALOG_VIEW}),
        lambda: roles.delete_role(helper, packer_role),
    ):
        with pytest.raises(staff.TooMuch):
            step()
    assert roles_of(packer) == {"packer"}


def test_whoever_may_not_decide_about_people_gives_nothing(owner_id: int) -> None:
    manager = make("manager@example.com", "manager")
    packer = make("packer@example.com", "packer")
    with pytest.raises(staff.TooMuch):
        staff.set_roles(manager, packer, [role_id("packer")])


def test_a_customer_is_nobody_of_the_staff(owner_id: int) -> None:
    customer = make("ada@example.com")
    with pytest.raises(staff.UnknownPerson):
        staff.set_roles(owner_id, customer, [role_id("packer")])


def test_whoever_is_kept_out_is_out_at_once(owner_id: int, context: Flask) -> None:
    from storefront.accounts import sessions
    from storefront.accounts.queries import find_user_by_session

    packer = make("packer@example.com", "packer")
    key = sessions.begin(packer, "")
    session_id = db.session.get_one(User, packer).get_id()
    assert find_user_by_session(db.session(), session_id, key)
    staff.set_active(owner_id, packer, is_active=False)
    forget()
    assert find_user_by_session(db.session(), session_id, key) is None
    assert not db.session.scalars(select(UserSession)).all()


def test_an_invitation_is_good_once_and_makes_a_member_of_staff(owner_id: int, context: Flask) -> None:
    staff.invite(owner_id, "New@example.com", [role_id("packer")], str(context.secret_key), "en")
    link = token(context)
    with pytest.raises(KnownWords):
        staff.accept(link, "Nora Nightingale", "nora.nightingale")
    race = at_once(context, [lambda: staff.accept(link, "Nora", NEW)] * 4)
    assert len(race.results) == 1
    assert {type(error) for error in race.errors} == {ProofGone}
    assert roles_of(race.results[0]) == {"packer"}
    assert accounts.authenticate(db.session(), "new@example.com", NEW).name == "Nora"


def test_whoever_has_an_account_joins_with_it(owner_id: int, context: Flask) -> None:
    customer = make("ada@example.com")
    staff.invite(owner_id, "ada@example.com", [role_id("packer")], str(context.secret_key), "en")
    assert staff.accept(token(context), "", "") == customer
    assert accounts.authenticate(db.session(), "ada@example.com", PASSWORD).name == "ada"


def test_an_invitation_ends_with_the_rights_of_whoever_invited(owner_id: int, context: Flask) -> None:
    other = make("other@example.com", "owner")
    staff.invite(other, "new@example.com", [role_id("owner")], str(context.secret_key), "en")
    link = token(context)
    staff.set_roles(owner_id, other, [role_id("packer")])
    with pytest.raises(ProofGone):
        staff.accept(link, "Nora", NEW)


def test_the_owners_role_is_fixed_and_a_used_role_stays(owner_id: int) -> None:
    with pytest.raises(roles.FixedRole):
        roles.change_role(owner_id, role_id("owner"), "boss", {Permission.CATALOG_VIEW})
    with pytest.raises(roles.FixedRole):
        roles.delete_role(owner_id, role_id("owner"))
    make("packer@example.com", "packer")
    with pytest.raises(roles.RoleInUse):
        roles.delete_role(owner_id, role_id("packer"))
    with pytest.raises(roles.TakenRole):
        roles.create_role(owner_id, "packer", {Permission.CATALOG_VIEW})
    roles.change_role(owner_id, role_id("packer"), "sender", {Permission.ORDERS_VIEW})
    assert {row.permission for row in roles.get_role(db.session(), role_id("sender")).permissions} == {
        Permission.ORDERS_VIEW
    }
    roles.delete_role(owner_id, role_id("analyst"))
    with pytest.raises(roles.RoleGone):
        roles.delete_role(owner_id, 999)
