"""Checks that several calls make, beyond what the types of their parameters say."""

import re
from typing import Any
from urllib.parse import urlsplit

from storefront.payments.demo_provider.errors import ParamError

MAX_AMOUNT = 99_999_999
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

# https://docs.stripe.com/currencies: the smallest charge, as far as it is documented, and which amounts must be round.
MINIMUM = {"usd": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30}
MINIMUM |= {"hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50}
MINIMUM |= {"aed": 200, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000}
MULTIPLE = {"bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10, "isk": 100, "ugx": 100}


def refuse_others(params: dict[str, Any], offered: dict[str, Any], at: str = "") -> None:
    """Raise ParamError for a field that is not `offered` (None: with whatever is in it).

    Fields that exist at the real service and mean nothing here are refused, so that nobody relies on them unknowingly.
    """
    for name, value in params.items():
        where = f"{at}[{name}]" if at else name
        if name not in offered:
            raise ParamError(f"This provider does not offer {where}.", where)
        inner = offered[name]
        if inner is not None:
            for index, item in enumerate(value if isinstance(value, list) else [value]):
                refuse_others(item, inner, f"{where}[{index}]" if isinstance(value, list) else where)


def check_currency(currency: str, at: str) -> None:
    """Raise ParamError for what is no currency's code."""
    if not re.fullmatch(r"[A-Za-z]{3}", currency):
        raise ParamError(f"Invalid currency: {currency}", at)


def check_amount(amount: int, currency: str, at: str) -> None:
    """Raise ParamError for a sum that cannot be charged in its currency."""
    if amount < MINIMUM.get(currency, 1):
        raise ParamError("The total amount due is below the minimum for its currency.", at, "amount_too_small")
    if amount > MAX_AMOUNT:
        raise ParamError("The total amount due must be at most eight digits.", at, "amount_too_large")
    if amount % MULTIPLE.get(currency, 1):
        text = f"Invalid amount: {currency} amounts must be evenly divisible by {MULTIPLE[currency]}."
        raise ParamError(text, at, "invalid_charge_amount")


def check_email(params: dict[str, Any], name: str) -> None:
    """Raise ParamError for an address that cannot be one."""
    if params.get(name) and not EMAIL.fullmatch(params[name]):
        raise ParamError(f"Invalid email address: {params[name]}", name, "email_invalid")


def check_url(url: str | None, at: str) -> None:
    """Raise ParamError for what is given and is no address of a page."""
    parts = urlsplit(url or "https://unset.example")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ParamError("Not a valid URL", at, "url_invalid")


def check_metadata(metadata: dict[str, str], at: str) -> None:
    """Raise ParamError beyond the limits of https://docs.stripe.com/api/metadata."""
    if len(metadata) > 50:
        raise ParamError("Metadata holds at most 50 keys.", at)
    for key, value in metadata.items():
        if len(key) > 40 or len(value) > 500:
            raise ParamError("Metadata keys hold 40 characters, values 500.", f"{at}[{key}]")


def merge_metadata(present: dict[str, str], given: dict[str, str] | str | None) -> dict[str, str]:
    """What metadata becomes: keys are added, an empty value takes its key away, an empty whole takes all."""
    if given is None:
        return present
    if isinstance(given, str):
        return {}
    merged = {name: value for name, value in (present | given).items() if value}
    check_metadata(merged, "metadata")
    return merged
