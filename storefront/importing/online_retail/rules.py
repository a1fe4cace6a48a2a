"""Which lines are goods, which are postage, and which the shop has no place for: the rules of docs/importing.md."""

import re
from enum import StrEnum

from storefront.importing.online_retail.account import Reason
from storefront.importing.online_retail.reading import Line

GOODS = re.compile(r"\d{5}[A-Z]{0,3}|DCGS[A-Z0-9]{1,12}")
POSTAGE = frozenset({"POST", "DOT", "C2"})
OTHER_CODES = {
    "M": Reason.MANUAL,
    "D": Reason.DISCOUNT,
    "S": Reason.SAMPLE,
    "B": Reason.BAD_DEBT,
    "BANK CHARGES": Reason.FEE,
    "AMAZONFEE": Reason.FEE,
    "CRUK": Reason.FEE,
}


class Kind(StrEnum):
    """What a usable line is about."""

    SALE = "sale"
    SHIPPING = "shipping"
    RETURN = "return"


def sort_line(line: Line) -> Kind | Reason:
    """What a line is, judged by itself, or why it cannot be imported; the first rule that fits decides."""
    if line.invoice.startswith("A"):
        return Reason.BAD_DEBT
    if line.code not in POSTAGE and not GOODS.fullmatch(line.code):
        return Reason.VOUCHER if line.code.startswith("GIFT_") else OTHER_CODES.get(line.code, Reason.NOT_GOODS)
    if line.price_minor is None:
        return Reason.BELOW_PENNY
    if line.price_minor < 0:
        return Reason.NEGATIVE_PRICE
    if line.quantity == 0:
        return Reason.NO_QUANTITY
    return _sort_postage(line) if line.code in POSTAGE else _sort_goods(line)


def _sort_postage(line: Line) -> Kind | Reason:
    return Reason.SHIPPING_BACK if line.quantity < 0 or line.invoice.startswith("C") else Kind.SHIPPING


def _sort_goods(line: Line) -> Kind | Reason:
    if line.invoice.startswith("C"):
        if line.quantity > 0:
            return Reason.POSITIVE_CANCELLATION
        return Kind.RETURN if line.customer else Reason.GUEST_RETURN
    if line.quantity < 0:
        return Reason.WRITE_OFF
    # A customer who pays nothing was given something; nobody who pays nothing is the stock-keeper counting.
    return Kind.SALE if line.price_minor or line.customer else Reason.STOCK_MOVEMENT


def product_code(sku: str) -> str:
    """The code that variants share: the five digits of `84029G`; other codes stand for themselves."""
    return sku[:5] if sku[:5].isdigit() else sku
