"""What an order costs: one pure function from its lines, discount, shipping and tax to every sum it keeps.

The rules, each stated once:

* A percentage is taken of all goods together and rounded once, halves up. Any discount is spread over the lines by
  their worth, largest remainder first, so that the parts add up to it to the minor unit.
* Tax is computed per line on what is left after the discount, and rounded once per line, halves up. It is either
  contained in the price or comes on top, as the rule of the line says. Shipping is one more line.
* goods - discount + shipping + tax on top = total, and what was paid for the lines and for shipping adds up to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from storefront.core.money import share_minor, split_minor, tax_minor
from storefront.tax.rules import TaxRule


@dataclass(frozen=True, kw_only=True)
class Discount:
    """What a coupon takes off: a percentage of the goods, an amount (minor units), or the shipping."""

    percent: int = 0
    amount_minor: int = 0
    is_shipping_free: bool = False

    def of(self, items_minor: int) -> int:
        """What it takes off goods of that value, never more than they cost."""
        return min(items_minor, share_minor(items_minor, self.percent, 100) + self.amount_minor)


NO_DISCOUNT = Discount()


class PricedLine(NamedTuple):
    """A line before anything is taken off or added: pieces, minor units a piece, and how it is taxed."""

    quantity: int
    unit_price_minor: int
    tax: TaxRule

    @property
    def total_minor(self) -> int:
        """What the pieces cost together."""
        return self.quantity * self.unit_price_minor


class LineTotals(NamedTuple):
    """What becomes of a line: its price, what is taken off, and its tax (contained or on top)."""

    total_minor: int
    discount_minor: int
    tax_minor: int
    is_tax_included: bool

    @property
    def paid_minor(self) -> int:
        """What is paid for it in the end."""
        return self.total_minor - self.discount_minor + (0 if self.is_tax_included else self.tax_minor)


class TaxLine(NamedTuple):
    """One rate of an order and all the tax at it, as receipts show it."""

    name: str
    rate_ppm: int
    is_included: bool
    tax_minor: int


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Every sum of an order, in minor units. `tax_minor` comes on top, `included_tax_minor` is contained in prices."""

    items_minor: int
    discount_minor: int
    shipping_minor: int
    shipping_tax_minor: int
    tax_minor: int
    included_tax_minor: int
    lines: tuple[LineTotals, ...]
    taxes: tuple[TaxLine, ...]

    @property
    def total_minor(self) -> int:
        """What is to be paid."""
        return self.items_minor - self.discount_minor + self.shipping_minor + self.tax_minor


def compute(
    lines: Sequence[PricedLine], shipping_minor: int, shipping_tax: TaxRule, discount: Discount = NO_DISCOUNT
) -> Totals:
    """The totals of these lines, sent for `shipping_minor`."""
    shipping = 0 if discount.is_shipping_free else shipping_minor
    items = sum(line.total_minor for line in lines)
    off = discount.of(items)
    parts = split_minor(off, [line.total_minor for line in lines])
    done = tuple(_line(line, part) for line, part in zip(lines, parts, strict=True))
    sent = _line(PricedLine(1, shipping, shipping_tax), 0)
    rules = [line.tax for line in lines] + [shipping_tax]
    taxed = list(zip(rules, [*done, sent], strict=True))
    return Totals(
        items_minor=items,
        discount_minor=off,
        shipping_minor=shipping,
        shipping_tax_minor=sent.paid_minor - shipping,
        tax_minor=sum(each.tax_minor for rule, each in taxed if not rule.is_included),
        included_tax_minor=sum(each.tax_minor for rule, each in taxed if rule.is_included),
        lines=done,
        taxes=_summary(taxed),
    )


def _line(line: PricedLine, off: int) -> LineTotals:
    tax = tax_minor(line.total_minor - off, line.tax.rate_ppm, is_included=line.tax.is_included)
    return LineTotals(line.total_minor, off, tax, line.tax.is_included)


def _summary(taxed: Sequence[tuple[TaxRule, LineTotals]]) -> tuple[TaxLine, ...]:
    sums: dict[TaxRule, int] = {}
    for rule, line in taxed:
        if line.tax_minor:
            sums[rule] = sums.get(rule, 0) + line.tax_minor
    by_rate = sorted(sums.items(), key=lambda item: (-item[0].rate_ppm, item[0].name))
    return tuple(TaxLine(rule.name, rule.rate_ppm, rule.is_included, minor) for rule, minor in by_rate)
