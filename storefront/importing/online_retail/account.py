"""The account of an import: what became of every single line, and the sums of what came in."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from storefront.core.csv import write_csv


class Outcome(StrEnum):
    """What an imported line became."""

    SALE = "sale"
    SHIPPING = "shipping"
    RETURN = "return"
    ALREADY = "already imported"


class Reason(StrEnum):
    """Why a line was not imported; the value stands in the account and in the report."""

    BAD_NUMBER = "a number cannot be read or is out of range"
    BAD_TIME = "the invoice date cannot be read"
    BAD_CODE = "invoice number or stock code is missing or has unusable characters"
    BAD_TEXT = "a text has unusable characters or is too long"
    DUPLICATE = "exact duplicate of an earlier line of the same invoice"
    BAD_DEBT = "bad-debt adjustment (A invoice)"
    VOUCHER = "gift voucher, not goods"
    FEE = "bank or marketplace fee or commission, not goods"
    MANUAL = "manual entry, not goods"
    DISCOUNT = "discount, not goods"
    SAMPLE = "sample, not goods"
    NOT_GOODS = "code of no goods"
    NEGATIVE_PRICE = "negative price"
    BELOW_PENNY = "price is no whole number of pence"
    WRITE_OFF = "stock written off (negative quantity without a C invoice)"
    STOCK_MOVEMENT = "stock found or moved (price 0, no customer)"
    NO_QUANTITY = "quantity 0"
    POSITIVE_CANCELLATION = "positive quantity on a C invoice"
    NO_NAME = "no line of this code has a usable name"
    SHIPPING_ALONE = "postage on an invoice without imported goods"
    SHIPPING_BACK = "postage given back or negative"
    GUEST_RETURN = "return without a customer number"
    UNMATCHED_RETURN = "return without a matching earlier sale"
    DEARER_RETURN = "return at a higher price than any matching sale"


@dataclass(frozen=True)
class Unlisted:
    """A line that was not imported."""

    number: int
    invoice: str
    code: str
    reason: Reason


@dataclass
class Sums:
    """Units and money (minor units) of what an import wrote."""

    orders: int = 0
    units: int = 0
    items_minor: int = 0
    shipping_minor: int = 0
    cancelled_orders: int = 0
    returned_units: int = 0
    returned_minor: int = 0


@dataclass
class Account:
    """Every line once: in `outcomes` or in `unlisted`. `sums` are of this run, and equal to a query over its rows."""

    lines: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    unlisted: list[Unlisted] = field(default_factory=list)
    sums: Sums = field(default_factory=Sums)
    products: int = 0
    variants: int = 0
    customers: int = 0

    def refuse(self, number: int, invoice: str, code: str, reason: Reason) -> None:
        """List a line with its reason."""
        self.unlisted.append(Unlisted(number, invoice, code, reason))

    @property
    def reasons(self) -> Counter[Reason]:
        """How many lines were not imported, by reason."""
        return Counter(line.reason for line in self.unlisted)

    @property
    def is_complete(self) -> bool:
        """Whether every line is accounted for, exactly once."""
        return self.lines == self.outcomes.total() + len(self.unlisted)

    def write_report(self, path: Path) -> None:
        """Write the lines that were not imported as CSV: line number, invoice, code, reason."""
        listed = sorted(self.unlisted, key=lambda unlisted: unlisted.number)
        rows = [(line.number, line.invoice, line.code, line.reason.value) for line in listed]
        with path.open("w", newline="", encoding="utf-8") as file:
            file.writelines(write_csv(("line", "invoice", "code", "reason"), rows))
