"""Tax, shipping, coupons, gift cards and store credit, and what orders keep of them

Revision: 0006, after: 0005
"""

from decimal import Decimal

import sqlalchemy as sa
from alembic import op
from babel.numbers import get_currency_precision
from flask import current_app
from sqlalchemy.dialects import mysql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
TABLE = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
# Roles that exist already learn what is new; a shop that changed its roles by hand changes these likewise.
GRANTS = {"promotions.edit": ("owner", "manager"), "settings.edit": ("owner",)}
# What every shop had before it could choose: (zone, code, name, days, price in major units, free from).
METHODS = (
    (1, "standard", "Standard delivery", (2, 4), "3.95", "50"),
    (1, "express", "Express delivery", (1, 1), "6.95", None),
    (2, "international", "International delivery", (4, 9), "12.95", None),
)
ORDER = (
    ("shipping_name", sa.String(length=120), "''"),
    ("coupon_code", sa.String(length=40), "''"),
    ("shipping_tax_minor", BIG_ID, "0"),
    ("included_tax_minor", BIG_ID, "0"),
    ("credit_minor", BIG_ID, "0"),
)
LINE = (
    ("discount_minor", BIG_ID, "0"),
    ("tax_minor", BIG_ID, "0"),
    ("tax_rate_ppm", sa.Integer(), "0"),
    ("is_tax_included", sa.Boolean(), "1"),
)


def upgrade() -> None:
    _create_tax_and_shipping()
    _create_coupons()
    _create_credit()
    _add("product", (("tax_class", sa.String(length=20), "'standard'"),))
    _add("variant", (("weight_grams", sa.Integer(), "0"),), ("weight", "weight_grams >= 0"))
    _add("shop_order", ORDER, ("credit", "credit_minor BETWEEN 0 AND total_minor"))
    _add("order_line", LINE, ("discount", "discount_minor BETWEEN 0 AND total_minor"))
    with op.batch_alter_table("shop_order") as batch_op:
        batch_op.add_column(sa.Column("taxes", sa.JSON(), nullable=True))
    op.execute("UPDATE shop_order SET taxes = '[]'")
    with op.batch_alter_table("shop_order") as batch_op:
        batch_op.alter_column("taxes", existing_type=sa.JSON(), nullable=False)
    for _zone, code, name, *_rest in METHODS:
        op.execute(f"UPDATE shop_order SET shipping_name = '{name}' WHERE shipping_method = '{code}'")
    _write_methods()
    for permission, roles in GRANTS.items():
        names = ", ".join(f"'{role}'" for role in roles)
        op.execute(
            "INSERT INTO role_permission (role_id, permission)"
            f" SELECT id, '{permission}' FROM role WHERE name IN ({names})"
            f" AND id NOT IN (SELECT role_id FROM role_permission WHERE permission = '{permission}')"
        )


def downgrade() -> None:
    op.execute("DELETE FROM role_permission WHERE permission IN ('promotions.edit', 'settings.edit')")
    with op.batch_alter_table("order_line") as batch_op:
        batch_op.drop_constraint(op.f("ck_order_line_discount"), type_="check")
        for name, _kind, _default in LINE:
            batch_op.drop_column(name)
    with op.batch_alter_table("shop_order") as batch_op:
        batch_op.drop_constraint(op.f("ck_shop_order_credit"), type_="check")
        batch_op.drop_column("taxes")
        for name, _kind, _default in ORDER:
            batch_op.drop_column(name)
    with op.batch_alter_table("variant") as batch_op:
        batch_op.drop_constraint(op.f("ck_variant_weight"), type_="check")
        batch_op.drop_column("weight_grams")
    with op.batch_alter_table("product") as batch_op:
        batch_op.drop_column("tax_class")
    for table in ("credit_entry", "credit_account", "coupon_use", "coupon", "weight_band", "shipping_method"):
        op.drop_table(table)
    for table in ("zone_country", "shipping_zone", "tax_rate"):
        op.drop_table(table)


def _add(
    table: str, columns: tuple[tuple[str, sa.types.TypeEngine, str], ...], check: tuple[str, str] | None = None
) -> None:
    """Add columns with a value for the rows that exist, and then without a default, as the models have them."""
    with op.batch_alter_table(table) as batch_op:
        for name, kind, default in columns:
            value = sa.true() if isinstance(kind, sa.Boolean) else sa.text(default)
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=value))
    with op.batch_alter_table(table) as batch_op:
        for name, kind, _default in columns:
            batch_op.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
        if check:
            batch_op.create_check_constraint(op.f(f"ck_{table}_{check[0]}"), check[1])


def _create_tax_and_shipping() -> None:
    op.create_table(
        "tax_rate",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("tax_class", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("rate_ppm", sa.Integer(), nullable=False),
        sa.Column("is_included", sa.Boolean(), nullable=False),
        sa.CheckConstraint("rate_ppm BETWEEN 0 AND 1000000", name=op.f("ck_tax_rate_rate")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint("country", "tax_class", name=op.f("uq_tax_rate_country_tax_class")),
        **TABLE,
    )
    op.create_table(
        "shipping_zone",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("is_rest", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_zone")),
        sa.UniqueConstraint("name", name=op.f("uq_shipping_zone_name")),
        **TABLE,
    )
    op.create_table(
        "zone_country",
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("zone_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["zone_id"], ["shipping_zone.id"], name=op.f("fk_zone_country_zone_id")),
        sa.PrimaryKeyConstraint("country", name=op.f("pk_zone_country")),
        **TABLE,
    )
    op.create_index(op.f("ix_zone_country_zone_id"), "zone_country", ["zone_id"])
    op.create_table(
        "shipping_method",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("zone_id", BIG_ID, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("price_minor", BIG_ID, nullable=False),
        sa.Column("free_from_minor", BIG_ID, nullable=True),
        sa.Column("first_day", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "free_from_minor IS NULL OR free_from_minor >= 0", name=op.f("ck_shipping_method_free_from")
        ),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_shipping_method_price")),
        sa.ForeignKeyConstraint(["zone_id"], ["shipping_zone.id"], name=op.f("fk_shipping_method_zone_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_method")),
        sa.UniqueConstraint("code", name=op.f("uq_shipping_method_code")),
        **TABLE,
    )
    op.create_index(op.f("ix_shipping_method_zone_id"), "shipping_method", ["zone_id"])
    op.create_table(
        "weight_band",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("method_id", BIG_ID, nullable=False),
        sa.Column("up_to_grams", sa.Integer(), nullable=False),
        sa.Column("price_minor", BIG_ID, nullable=False),
        sa.CheckConstraint("up_to_grams > 0 AND price_minor >= 0", name=op.f("ck_weight_band_sizes")),
        sa.ForeignKeyConstraint(["method_id"], ["shipping_method.id"], name=op.f("fk_weight_band_method_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weight_band")),
        sa.UniqueConstraint("method_id", "up_to_grams", name=op.f("uq_weight_band_method_id_up_to_grams")),
        **TABLE,
    )


def _create_coupons() -> None:
    op.create_table(
        "coupon",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("amount_minor", BIG_ID, nullable=False),
        sa.Column("minimum_minor", BIG_ID, nullable=False),
        sa.Column("starts_at", UTC_TIME, nullable=True),
        sa.Column("ends_at", UTC_TIME, nullable=True),
        sa.Column("usage_limit", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("is_once_per_customer", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.CheckConstraint("used >= 0 AND (usage_limit IS NULL OR used <= usage_limit)", name=op.f("ck_coupon_used")),
        sa.CheckConstraint(
            "percent BETWEEN 0 AND 100 AND amount_minor >= 0 AND minimum_minor >= 0", name=op.f("ck_coupon_values")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("code", name=op.f("uq_coupon_code")),
        **TABLE,
    )
    op.create_table(
        "coupon_use",
        sa.Column("order_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("coupon_id", BIG_ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupon.id"], name=op.f("fk_coupon_use_coupon_id")),
        sa.ForeignKeyConstraint(["order_id"], ["shop_order.id"], name=op.f("fk_coupon_use_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_coupon_use")),
        sa.UniqueConstraint("coupon_id", "email", name=op.f("uq_coupon_use_coupon_id_email")),
        **TABLE,
    )


def _create_credit() -> None:
    op.create_table(
        "credit_account",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("salt", sa.String(length=43), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=True),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance_minor", BIG_ID, nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.CheckConstraint("balance_minor >= 0", name=op.f("ck_credit_account_balance")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_credit_account_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_account")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_credit_account_code_digest")),
        sa.UniqueConstraint("user_id", name=op.f("uq_credit_account_user_id")),
        **TABLE,
    )
    op.create_table(
        "credit_entry",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", BIG_ID, nullable=False),
        sa.Column("order_id", BIG_ID, nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["credit_account.id"], name=op.f("fk_credit_entry_account_id")),
        sa.ForeignKeyConstraint(["order_id"], ["shop_order.id"], name=op.f("fk_credit_entry_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entry")),
        sa.UniqueConstraint("account_id", "reference", name=op.f("uq_credit_entry_account_id_reference")),
        **TABLE,
    )
    op.create_index(op.f("ix_credit_entry_order_id"), "credit_entry", ["order_id"])


def _write_methods() -> None:
    """The zones and methods that were part of the program before, in the shop's own currency."""
    settings = current_app.config.get("SETTINGS")
    currency, country = (settings.currency, settings.country) if settings else ("GBP", "GB")
    digits = get_currency_precision(currency)
    zones = sa.table("shipping_zone", sa.column("id"), sa.column("name"), sa.column("is_rest"))
    op.bulk_insert(
        zones,
        [
            {"id": 1, "name": "Own country", "is_rest": False},
            {"id": 2, "name": "Rest of the world", "is_rest": True},
        ],
    )
    countries = sa.table("zone_country", sa.column("country"), sa.column("zone_id"))
    op.bulk_insert(countries, [{"country": country, "zone_id": 1}])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval(pg_get_serial_sequence('shipping_zone', 'id'), 2)")
    rows = [{**_method(method, digits), "position": place, "is_active": True} for place, method in enumerate(METHODS)]
    op.bulk_insert(sa.table("shipping_method", *map(sa.column, rows[0])), rows)


def _method(method: tuple, digits: int) -> dict[str, object]:
    zone, code, name, days, price, free_from = method
    return {
        "zone_id": zone,
        "code": code,
        "name": name,
        "note": "",
        "kind": "flat",
        "price_minor": int(Decimal(price).scaleb(digits).to_integral_value("ROUND_HALF_UP")),
        "free_from_minor": int(Decimal(free_from).scaleb(digits)) if free_from else None,
        "first_day": days[0],
        "last_day": days[1],
    }
