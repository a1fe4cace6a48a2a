"""A form changes what its page offers, and nothing else, whatever else is sent with it."""

from typing import Any

import pytest
from sqlalchemy import select

from storefront.accounts.models import MailProof, User
from storefront.accounts.queries import find_user
from storefront.core.db import db
from storefront.orders.models import Order
from storefront.tables import import_models
from tests.fixtures.shop import PASSWORD
from tests.privacy.life import dump_sql
from tests.security.test_races import shoppers
from tests.security.visitors import Town

import_models()
# Every column there is, with a value that would do harm; names are sent alone and as parts of what libraries unfold.
HARM = {column.name: "1" for table in db.metadata.tables.values() for column in table.columns}
HARM |= {
    "id": "1",
    "user_id": "1",
    "roles": "owner",
    "role": "owner",
    "is_staff": "1",
    "is_admin": "1",
    "is_active": "",
    "status": "paid",
    "total_minor": "1",
    "price_minor": "1",
    "permissions": "orders.refund",
}


def harmful(form: dict[str, Any]) -> dict[str, Any]:
    """The form with everything else added."""
    nested = {f"user.{name}": value for name, value in HARM.items()} | {f"order[{n}]": v for n, v in HARM.items()}
    return {**HARM, **nested, **form}


def changed(town: Town, who: str, path: str, form: dict[str, Any]) -> tuple[int, set[str]]:
    """The status, and which columns are not what they were."""
    with town.app.app_context():
        client = town.visitor(who)
        before = dump_sql()
        status = town.send(client, "POST", path, harmful(form)).status_code
        after = dump_sql()
        db.session.remove()
    # The audit log tells of what staff do; that is no change of theirs.
    return status, {name for name in after if after[name] != before.get(name, "") and not name.startswith("audit_")}


@pytest.mark.parametrize(
    ("who", "path", "form", "columns"),
    [
        ("buyer", "/account/profile", {"name": "Grace", "locale": "en"}, {"user_account.name"}),
        ("stranger", "/account/sessions/999/end", {}, set()),
        ("owner", "/admin/categories/{category_id}", {"name": "Shelf"}, {"category.name", "product.search_text"}),
        (
            "owner",
            "/admin/orders/{number}/notes",
            {"text": "Hello"},
            {
                f"order_event.{name}"
                for name in ["id", "order_id", "kind", "from_status", "to_status", "actor", "facts", "created_at"]
            },
        ),
        (
            "owner",
            "/admin/coupons/{coupon_id}",
            {"code": "WELCOME", "kind": "percent", "percent": "15", "is_active": "y", "usage_limit": "", "minimum": ""},
            {"coupon.percent", "coupon.is_once_per_customer"},
        ),
        ("anonymous", "/language", {"language": "en", "next": "/"}, set()),
    ],
)
def test_a_form_changes_what_it_is_for(
    town: Town, who: str, path: str, form: dict[str, Any], columns: set[str]
) -> None:
    status, found = changed(town, who, path.format(**town.facts), form)
    assert status == 303
    tables = {name.partition(".")[0] for name in found}
    assert found == columns or tables == columns, "a whole table where the form adds a row"


def test_opening_an_account_gives_no_role(town: Town) -> None:
    form = {"name": "Mallory", "email": "mallory@example.com", "password": PASSWORD}
    status, found = changed(town, "anonymous", "/account/register", form)
    assert status == 200
    assert {name.partition(".")[0] for name in found} == {"mail_proof", "outbox_job"}
    with town.app.app_context():
        proof = db.session.scalars(select(MailProof).where(MailProof.email == form["email"])).one()
        assert set(proof.facts) == {"name", "password_hash"}
        from storefront.accounts import entry
        from storefront.accounts.proofs import token_of

        entry.register(token_of(proof.salt, town.app.config["SETTINGS"].secret_key))
        user = find_user(db.session(), form["email"])
        assert user
        assert (user.roles, user.session_epoch, user.is_active) == ([], 0, True)
        db.session.remove()


def test_an_order_costs_what_the_shop_says_and_belongs_to_who_placed_it(town: Town) -> None:
    with town.app.app_context():
        (client,), (form,) = shoppers(town, town.facts["variant_id"], 1)
        # Names of the form's own buttons ask for something else than an order.
        asked = {name: value for name, value in HARM.items() if name not in {"code", "status", "update", "address"}}
        answer = town.send(client, "POST", "/checkout", {**asked, **form})
        assert answer.status_code == 303, answer.text
        db.session.rollback()
        order = db.session.scalars(select(Order).where(Order.checkout_key == form["key"])).one()
        assert (order.items_minor, order.shipping_minor, order.discount_minor) == (250, 395, 0)
        assert (order.total_minor, order.status.value, order.user_id) == (645, "pending", None)
        assert (order.credit_minor, order.coupon_code, order.paid_at, order.source) == (0, "", None, "shop")
        db.session.remove()


def test_a_wrong_total_is_not_believed(town: Town) -> None:
    with town.app.app_context():
        (client,), (form,) = shoppers(town, town.facts["variant_id"], 1)
        answer = town.send(client, "POST", "/checkout", {**form, "quoted_minor": "1"})
        assert answer.status_code == 409
        db.session.remove()


def test_staff_do_not_make_themselves_owners_by_their_profile(town: Town) -> None:
    with town.app.app_context():
        town.send(town.visitor("packer"), "POST", "/account/profile", harmful({"name": "P", "locale": "en"}))
        user = db.session.get_one(User, town.people["packer"])
        assert (user.name, {role.name for role in user.roles}) == ("P", {"packer"})
        db.session.remove()
