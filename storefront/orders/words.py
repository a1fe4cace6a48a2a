"""An order's sums in words, the same on every page and in every mail."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask_babel import get_locale
from flask_babel import gettext as _

from storefront.core.money import format_minor
from storefront.core.web.filters import rate
from storefront.orders.models import Order
from storefront.orders.totals import TaxLine, Totals
from storefront.shipping.words import method_words


class ShownTotals(NamedTuple):
    """(term, amount) pairs of which the last is what counts, and a line per tax that prices contain."""

    rows: list[tuple[str, str]]
    included: list[str]


def order_totals(order: Order, *, back_minor: int = 0) -> ShownTotals:
    """The sums of an order; `back_minor` went back to the customer."""
    taxes = [TaxLine(**tax) for tax in order.taxes]
    shipping = method_words(order.shipping_name)
    return _shown(order, taxes, order.currency, order.coupon_code, shipping, order.credit_minor, back_minor)


def quote_totals(totals: Totals, currency: str, coupon_code: str, shipping: str, credit_minor: int) -> ShownTotals:
    """The sums of a cart that is about to be ordered."""
    return _shown(totals, totals.taxes, currency, coupon_code, shipping, credit_minor)


def tax_words(tax: TaxLine) -> str:
    """Such as VAT 20%."""
    return f"{tax.name} {rate(tax.rate_ppm)}"


def _shown(
    of: Any,
    taxes: Sequence[TaxLine],
    currency: str,
    coupon_code: str,
    shipping: str,
    credit_minor: int,
    back_minor: int = 0,
) -> ShownTotals:
    locale = str(get_locale() or "en")

    def money(minor: int) -> str:
        return format_minor(minor, currency, locale)

    rows = [(_("Goods"), money(of.items_minor))]
    if of.discount_minor:
        rows.append((_("Discount %(code)s", code=coupon_code).strip(), money(-of.discount_minor)))
    rows.append((shipping or _("Shipping"), money(of.shipping_minor) if of.shipping_minor else _("free")))
    on_top: Mapping[str, int] = {tax_words(tax): tax.tax_minor for tax in taxes if not tax.is_included}
    rows += [(words, money(minor)) for words, minor in on_top.items()]
    if of.tax_minor and not on_top:
        rows.append((_("Tax"), money(of.tax_minor)))
    rows.append((_("Total"), money(of.total_minor)))
    if credit_minor:
        rows.append((_("Gift card or credit"), money(-credit_minor)))
        rows.append((_("Left to pay"), money(of.total_minor - credit_minor)))
    if back_minor:
        rows.append((_("Paid back"), money(-back_minor)))
    included = [
        _("Includes %(tax)s: %(amount)s", tax=tax_words(tax), amount=money(tax.tax_minor))
        for tax in taxes
        if tax.is_included
    ]
    return ShownTotals(rows, included)
