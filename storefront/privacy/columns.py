"""What every column of every table says about people. A new column has to be put here: a test names those that are not.

* `none` says nothing about anybody that could be told without the rest of the row.
* `personal` is about a person, and gone after an erasure.
* `kept` is about a person too, and stays: books and what proves them (docs/decisions, privacy).
* `secret` opens something. It is in no export, and what it opens for a person ends with the erasure.

`by` says how a person's rows are found: by a column of that name, or `column=key` where the key has another one. `fate`
is what an erasure does to those rows.
"""

from enum import StrEnum
from typing import NamedTuple


class Fate(StrEnum):
    """What becomes of a person's rows."""

    DELETE = "delete"
    BLANK = "blank"
    KEEP = "keep"


class Columns(NamedTuple):
    """One table; names of columns are separated by spaces."""

    none: str = ""
    personal: str = ""
    kept: str = ""
    secret: str = ""
    by: str = ""
    fate: Fate = Fate.KEEP

    def ways(self) -> list[tuple[str, str]]:
        """(column, key of the person) for each way to find a row."""
        pairs = [part.partition("=") for part in self.by.split()]
        return [(column, key or column) for column, _, key in pairs]

    def exported(self) -> list[str]:
        """What a person is given of their rows."""
        return f"{self.none} {self.personal} {self.kept}".split()


SUMS = (
    "orders units cancelled_units returned_units gross_minor discount_minor refund_minor net_minor tax_minor "
    "refund_tax_minor"
)
TABLES: dict[str, Columns] = {
    # People.
    "user_account": Columns(
        none="id session_epoch is_active factor_step",
        personal="email name locale verified_at created_at factor_confirmed_at",
        secret="password_hash factor_salt",  # noqa: S106 - columns' names.
        by="id=user_id",
        fate=Fate.DELETE,
    ),
    "user_session": Columns("id user_id", "device created_at", secret="digest", by="user_id", fate=Fate.DELETE),  # noqa: S106
    "passkey": Columns(
        "id user_id sign_count",
        "name created_at used_at",
        secret="digest credential_id public_key handle",  # noqa: S106
        by="user_id",
        fate=Fate.DELETE,
    ),
    "recovery_code": Columns("id user_id used_at", secret="digest", by="user_id", fate=Fate.DELETE),  # noqa: S106
    "user_role": Columns("user_id role_id", by="user_id", fate=Fate.DELETE),
    "role": Columns("id name"),
    # Names, addresses and secrets are hidden in what was changed (core/audit/hiding.py), so nobody is erased there;
    # the address of the machine is blanked after 90 days (core/audit/forgetting.py).
    "audit_row": Columns(
        "id at action subject changes digest address_digest",
        kept="actor address origin",
        secret="address_salt",  # noqa: S106
    ),
    "audit_head": Columns("id count digest"),
    "role_permission": Columns("role_id permission"),
    "mail_proof": Columns(
        "id kind user_id created_at expires_at used_at",
        "email locale",
        secret="salt digest facts",  # noqa: S106 - the facts of an account to be contain its password's hash.
        by="user_id email",
        fate=Fate.DELETE,
    ),
    "customer": Columns("id created_at", "email external_ref country", by="id=customer_id", fate=Fate.BLANK),
    "privacy_request": Columns(
        "id user_id kind created_at expires_at used_at",
        secret="salt digest content",  # noqa: S106 - a copy needs no copy of earlier ones.
        by="user_id",
        fate=Fate.DELETE,
    ),
    "saved_address": Columns(
        "id user_id default_of",
        "label name phone line1 line2 city region postcode country created_at removed_at",
        by="user_id",
        fate=Fate.DELETE,
    ),
    # What they do.
    "wish": Columns(
        "id variant_id price_minor told_minor is_told", "user_id created_at", by="user_id", fate=Fate.DELETE
    ),
    "cart": Columns("id created_at updated_at", "user_id", secret="token", by="user_id", fate=Fate.DELETE),  # noqa: S106
    "cart_line": Columns("id cart_id variant_id quantity", by="cart_id", fate=Fate.DELETE),
    "stock_request": Columns(
        "id variant_id open_variant_id",
        "email locale user_id created_at told_at sent_at",
        secret="token",  # noqa: S106
        by="email user_id",
        fate=Fate.DELETE,
    ),
    "shop_order": Columns(
        none="id source status shipping_method shipping_name coupon_code currency items_minor shipping_minor "
        "shipping_tax_minor tax_minor included_tax_minor taxes discount_minor total_minor credit_minor turn "
        "expires_at ship_by customer_id",
        personal="email phone user_id locale",
        kept="number external_ref name line1 line2 city region postcode country placed_at paid_at",
        secret="token checkout_key",  # noqa: S106
        by="id=order_id",
        fate=Fate.BLANK,
    ),
    "order_line": Columns(
        "id order_id variant_id sku name variant_name quantity unit_price_minor total_minor discount_minor tax_minor "
        "tax_rate_ppm is_tax_included",
        by="order_id",
    ),
    # Remarks and former addresses among the facts go, see erasure.py; what moved money or goods stays.
    "order_event": Columns("id order_id kind from_status to_status created_at", kept="actor facts", by="order_id"),
    "order_return": Columns(
        "id order_id external_ref is_restocked created_at", "reason", by="order_id", fate=Fate.BLANK
    ),
    "return_line": Columns("id return_id order_line_id quantity amount_minor"),
    "return_request": Columns(
        "id order_id status reason return_id created_at decided_at", "note answer", by="order_id", fate=Fate.BLANK
    ),
    "return_request_line": Columns("id request_id order_line_id quantity"),
    # Found by whoever gives and whoever is given to.
    "card_sale": Columns(
        "order_id account_id created_at", "email giver words locale", by="order_id email", fate=Fate.BLANK
    ),
    "coupon_use": Columns("order_id coupon_id created_at", "email", by="order_id", fate=Fate.BLANK),
    # Money.
    "payment": Columns(
        none="id order_id live_order_id gateway status amount_minor captured_minor refunded_minor currency is_held "
        "is_embedded expires_at decline_code created_at updated_at",
        kept="customer_ref session_id payment_ref idempotency_key",
        secret="url client_secret",  # noqa: S106
        by="order_id",
    ),
    "refund": Columns(
        none="id order_id payment_id credit_account_id gateway status amount_minor shipping_minor currency "
        "idempotency_key failure_reason created_at tried_at updated_at",
        kept="refund_ref reason actor",
        by="order_id",
    ),
    "refund_line": Columns("id refund_id order_line_id quantity amount_minor"),
    "dispute": Columns(
        none="id order_id payment_id gateway status amount_minor currency evidence_due_at created_at updated_at",
        kept="dispute_ref reason",
        by="order_id",
    ),
    "provider_customer": Columns("gateway created_at", "user_id customer_ref", by="user_id", fate=Fate.DELETE),
    # Found by the payments it is about, or by an address in it.
    "webhook_event": Columns(
        "id provider event_id kind received_at processed_at",
        "payload",
        kept="session_id payment_ref",
        by="session_id payment_ref",
        fate=Fate.BLANK,
    ),
    "provider_cursor": Columns("gateway seen_until"),
    "money_comparison": Columns("id gateway since is_green facts created_at"),
    "credit_account": Columns(
        none="id kind currency balance_minor expires_at is_active created_at",
        personal="user_id email",
        kept="last_four",
        secret="salt code_digest",  # noqa: S106
        by="id=account_id",
        fate=Fate.BLANK,
    ),
    "credit_entry": Columns(
        "id account_id kind amount_minor order_id created_at", kept="reference actor reason", by="account_id"
    ),
    # Jobs whose arguments name an address are deleted, see erasure.py.
    "outbox_job": Columns(
        "id name status attempts created_at due_at ready_at begun_at done_at",
        personal="arguments error",
        secret="dedupe_key",  # noqa: S106
    ),
    # Sales: numbers. The two with `customer_id` point to a buyer who has no name any more once they are forgotten.
    "daily_sales": Columns(f"day variant_id {SUMS}"),
    "monthly_sales": Columns(f"month variant_id {SUMS}"),
    "daily_category": Columns(f"day category_id {SUMS}"),
    "daily_totals": Columns(
        f"day cancelled_orders guest_orders shipping_minor refund_shipping_minor total_tax_minor {SUMS}"
    ),
    "hourly_orders": Columns("day hour orders gross_minor"),
    "customer_day": Columns(
        "day customer_id orders units gross_minor discount_minor refund_minor net_minor", by="customer_id"
    ),
    "buyer": Columns("customer_id first_day last_day orders net_minor", by="customer_id"),
    "forecast_run": Columns(
        "id as_of first_week horizon history_start history_weeks variants wape coverage seasons seconds made_at"
    ),
    "variant_forecast": Columns("variant_id run_id model point low high mean deviation error sold slope intercept"),
    # Whoever supplies the shop is a firm; who works here wrote it down.
    "supplier": Columns("id name lead_days review_days pack_size minimum"),
    "buying_terms": Columns("variant_id supplier_id lead_days pack_size minimum"),
    "purchase_order": Columns("id key supplier_id status created_at sent_at due_on", kept="actor"),
    "purchase_line": Columns("id purchase_id variant_id sku name quantity received"),
    "purchase_receipt": Columns("id purchase_id key pieces created_at", kept="actor"),
    "job_hour": Columns(
        "hour name jobs service_sum service_squares wait_sum waits gaps gap_sum gap_squares turns turn_sum idles "
        "idle_sum"
    ),
    "packing_day": Columns("weekday packers opens_minute closes_minute cutoff_minute"),
    "packing_holiday": Columns("day"),
    "packing_plan": Columns("id handling_days parcel_minutes parcels parcel_seconds parcel_scv"),
    "cohort_month": Columns("month first_month buyers orders net_minor"),
    "daily_payments": Columns("day gateway status attempts amount_minor captured_minor refunded_minor"),
    "funnel_count": Columns("day step count"),
    "product_pair": Columns("product_id other_id together lift_ppm place"),
    # Letters to who works here.
    "report_recipient": Columns(
        "id kind stopped_at",
        "email locale created_at",
        secret="token",  # noqa: S106
        by="email",
        fate=Fate.DELETE,
    ),
    "report_mail": Columns(
        "id kind first_day last_day tries", "email error created_at sent_at", by="email", fate=Fate.DELETE
    ),
    "insight_cursor": Columns("name position updated_at"),
    # Goods: about nobody but the staff who acted ("user:7"), and that has to be known.
    "stock_entry": Columns(
        "id variant_id quantity kind order_line_id turn return_line_id created_at", kept="actor reason"
    ),
    "stock_item": Columns("variant_id available on_hand version changed_at"),
    "category": Columns("id slug name position"),
    "product": Columns(
        "id code slug name description category_id status price_minor tax_class sold search_text created_at updated_at "
        "version"
    ),
    "variant": Columns("id product_id sku name price_minor weight_grams position is_active"),
    "image": Columns("id product_id variant_id position alt key width height"),
    "coupon": Columns(
        "id code kind percent amount_minor minimum_minor starts_at ends_at usage_limit used is_once_per_customer "
        "is_active created_at"
    ),
    "tax_rate": Columns("id country tax_class name rate_ppm is_included"),
    "shipping_zone": Columns("id name is_rest"),
    "shipping_method": Columns(
        "id zone_id code name note kind price_minor free_from_minor first_day last_day position is_active"
    ),
    "weight_band": Columns("id method_id up_to_grams price_minor"),
    "zone_country": Columns("country zone_id"),
}
