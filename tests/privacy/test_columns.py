"""Every column is classified, and what is about people can be found and ends."""

import pytest

from storefront.core.db import db
from storefront.privacy.columns import TABLES, Columns, Fate
from storefront.privacy.person import Person
from storefront.tables import import_models

import_models()
GROUPS = ("none", "personal", "kept", "secret")
# Found by an address in their text.
BY_TEXT = {"webhook_event", "outbox_job"}
KEYS = {"user_id", "email", "order_id", "account_id", "customer_id", "cart_id", "session_id", "payment_ref"}


def named(rule: Columns) -> list[str]:
    return [column for group in GROUPS for column in str(getattr(rule, group)).split()]


def test_every_table_is_classified_and_no_other() -> None:
    assert set(db.metadata.tables) == set(TABLES), "put the table into storefront/privacy/columns.py"


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_is_classified_once(name: str) -> None:
    columns = {column.name for column in db.metadata.tables[name].columns}
    assert set(named(TABLES[name])) == columns, f"put the columns of {name} into storefront/privacy/columns.py"
    assert len(named(TABLES[name])) == len(columns)


@pytest.mark.parametrize("name", sorted(name for name, rule in TABLES.items() if rule.personal))
def test_what_is_personal_can_be_found_and_does_not_stay(name: str) -> None:
    rule = TABLES[name]
    assert name in BY_TEXT or rule.by, "by what are a person's rows found?"
    assert name == "outbox_job" or rule.fate is not Fate.KEEP
    assert {key for _, key in rule.ways()} <= KEYS
    assert {column for column, _ in rule.ways()} <= set(named(rule))


@pytest.mark.parametrize("name", sorted(db.metadata.tables))
def test_no_row_points_to_an_account_that_is_deleted(name: str) -> None:
    for column in db.metadata.tables[name].columns:
        if any(key.column.table.name == "user_account" for key in column.foreign_keys):
            rule = TABLES[name]
            assert column.name in {own for own, _ in rule.ways()} or column.name in rule.personal.split()
            assert rule.fate is Fate.DELETE or (rule.fate is Fate.BLANK and column.nullable)


def test_a_person_has_a_value_for_every_key() -> None:
    assert Person({key: set() for key in KEYS}).emails == []
    used = {key for rule in TABLES.values() for _, key in rule.ways()}
    assert used == KEYS
