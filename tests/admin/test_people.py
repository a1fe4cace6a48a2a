"""The pages of staff and roles: inviting by mail up to the second factor, what each button does, and for whom."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from storefront.accounts import mails, proofs
from storefront.accounts.models import MailProof, Role, User
from storefront.core.db import db
from tests.fixtures.shop import PASSWORD, post, post_bare


@pytest.fixture
def owner(sign_in) -> FlaskClient:  # type: ignore[no-untyped-def]
    return sign_in("owner")


def role_id(app: Flask, name: str) -> int:
    with app.app_context():
        return int(db.session.scalar(select(Role.id).where(Role.name == name)))  # type: ignore[arg-type]


def link(app: Flask) -> str:
    with app.app_context():
        proof = db.session.scalars(select(MailProof).order_by(MailProof.id.desc())).first()
        assert proof
        mail = mails.link(proof, app.config["SETTINGS"])
        path = f"/account/links/{proofs.token_of(proof.salt, app.config['SETTINGS'].secret_key)}"
        assert path in mail.text
        return path


def test_somebody_is_invited_joins_and_must_set_up_a_factor(app: Flask, owner: FlaskClient) -> None:
    form = {"email": "new@example.com", "roles": [role_id(app, "packer")]}
    assert post(owner, "/admin/staff", form).location == "/admin/staff"
    path, newcomer = link(app), app.test_client()
    assert "new@example.com" in newcomer.get(path).text
    for wrong in ({}, {"name": "Nora", "password": "password1"}, {"name": "", "password": "lamp and oil and wick"}):
        assert post_bare(newcomer, path, wrong, path).status_code == 422
    good = {"name": "Nora", "password": "lamp and oil and wick"}
    assert post_bare(newcomer, path, good, path).location == "/admin/"
    assert newcomer.get("/admin/").location.startswith("/account/second-factor")
    assert post_bare(app.test_client(), path, good, "/account/sign-in").location == "/account/sign-in"
    assert "Nora" in owner.get("/admin/staff").text


def test_what_the_buttons_do(app: Flask, owner: FlaskClient, sign_in) -> None:  # type: ignore[no-untyped-def]
    packer = sign_in("packer")
    with app.app_context():
        user_id = db.session.scalar(select(User.id).where(User.email == "packer@example.com"))
    page = f"/admin/staff/{user_id}"
    assert "packer@example.com" in owner.get(page).text
    assert post(owner, f"{page}/roles", {"roles": [role_id(app, "analyst")]}).location == page
    assert packer.get("/admin/money").status_code == 200
    assert post(owner, f"{page}/sessions/end").location == page
    assert packer.get("/admin/").location.startswith("/account/sign-in")
    assert post(owner, f"{page}/state", {"state": "inactive"}).location == page
    assert (
        post(app.test_client(), "/account/sign-in", {"email": "packer@example.com", "password": PASSWORD}).status_code
        == 403
    )
    assert post(owner, f"{page}/state", {"state": "active"}).location == page
    assert (
        post(app.test_client(), "/account/sign-in", {"email": "packer@example.com", "password": PASSWORD}).status_code
        == 303
    )
    assert post(owner, f"{page}/factor-removal").location == page
    assert post(owner, f"{page}/roles", {}).status_code == 422
    assert post(owner, f"{page}/removal").location == "/admin/staff"
    assert owner.get(page).status_code == 404


def test_the_last_owner_is_told_why_not(owner: FlaskClient) -> None:
    answer = post(owner, "/admin/staff/1/state", {"state": "inactive"}, follow_redirects=True)
    assert "This is the last owner." in answer.text


def test_roles_are_made_changed_and_taken_away(app: Flask, owner: FlaskClient) -> None:
    form = {"name": "Stock room", "permissions": ["catalog.view", "stock.edit"]}
    assert post(owner, "/admin/roles", form).location == "/admin/roles"
    assert post(owner, "/admin/roles", form).status_code == 409
    assert post(owner, "/admin/roles", {"name": "x", "permissions": ["everything"]}).status_code == 422
    page = f"/admin/roles/{role_id(app, 'Stock room')}"
    assert re.search(r'checked[^>]*value="stock.edit"|value="stock.edit"[^>]*checked', owner.get(page).text)
    assert post(owner, page, {**form, "name": "Stores"}).location == "/admin/roles"
    assert post(owner, f"{page}/removal").location == "/admin/roles"
    assert owner.get(page).status_code == 404


def test_the_owners_role_is_no_form(app: Flask, owner: FlaskClient) -> None:
    page = f"/admin/roles/{role_id(app, 'owner')}"
    for answer in (owner.get(page), post(owner, f"{page}/removal")):
        assert answer.status_code == 409
        assert "always holds every permission" in unescape(answer.text)


@pytest.mark.parametrize("path", ["/admin/staff", "/admin/roles", "/admin/staff/1"])
def test_whoever_may_only_look_is_shown_no_button(sign_in, owner: FlaskClient, path: str) -> None:  # type: ignore[no-untyped-def]
    text = sign_in("manager").get(path).text
    assert "Keep them out" not in text
    assert "Invite somebody" not in text
    assert sign_in("packer").get(path).status_code == 403
