"""What a cart would cost: shipping, coupon, tax and credit, the same for the page that shows it and the order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.orm import Session

from storefront.core.errors import N_
from storefront.core.money import format_minor
from storefront.orders.totals import NO_DISCOUNT, Discount, PricedLine, Totals, compute
from storefront.payments.credit import Tender
from storefront.promotions import coupons
from storefront.promotions.coupons import CodeRefused
from storefront.promotions.credit import digest
from storefront.promotions.models import Coupon, CouponKind, CreditAccount
from storefront.promotions.queries import find_card, find_coupon, find_credit_of, normal_code, spendable_minor
from storefront.shipping.queries import Offer, choose, list_offers
from storefront.tax.queries import get_table
from storefront.tax.rules import TaxClass, TaxRule

MAX_CARDS = 5


class UnknownCode(CodeRefused):
    """Neither a coupon nor a gift card has this code."""

    message = N_("We know no discount or gift card %(code)s. Check the letters.")


class EmptyCard(CodeRefused):
    """Nothing is left on the card, it is blocked or over."""

    message = N_("There is nothing left to spend on this gift card.")


class TooManyCards(CodeRefused):
    """An order takes five gift cards."""

    message = N_("An order takes at most five gift cards.")


class QuotedLine(NamedTuple):
    """A line of the cart as far as its price goes: pieces, minor units and grams a piece, class for tax."""

    quantity: int
    unit_price_minor: int
    weight_grams: int
    tax_class: TaxClass


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What the shopper has entered: one coupon, gift cards by their account's id, and whether store credit pays."""

    coupon_code: str = ""
    card_ids: tuple[int, ...] = ()
    uses_credit: bool = False


NOTHING_APPLIED = Applied()


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What it all costs. `offers` are the ways to send it, `offer` the one that was chosen."""

    offers: Sequence[Offer]
    offer: Offer
    rules: tuple[TaxRule, ...]
    totals: Totals
    coupon: Coupon | None
    tenders: tuple[Tender, ...]

    @property
    def credit_minor(self) -> int:
        """What gift cards and store credit pay."""
        return sum(tender.amount_minor for tender in self.tenders)

    @property
    def due_minor(self) -> int:
        """What is left to pay."""
        return self.totals.total_minor - self.credit_minor


def make_quote(
    session: Session,
    lines: Sequence[QuotedLine],
    *,
    country: str,
    shipping_method: str | None,
    currency: str,
    applied: Applied,
    user_id: int | None,
) -> Quote:
    """The quote for lines that go to `country`; without a method it takes the first.

    Raises NoSuchMethod, and CodeRefused when the coupon does not hold (any more).
    """
    items = sum(line.quantity * line.unit_price_minor for line in lines)
    offers = list_offers(session, country, items, sum(line.quantity * line.weight_grams for line in lines))
    offer = choose(offers, offers[0].code if offers and shipping_method is None else shipping_method or "")
    table = get_table(session, country)
    coupon = _coupon(session, applied.coupon_code, items, currency)
    rules = tuple(table.rule(line.tax_class) for line in lines)
    priced = [PricedLine(line.quantity, line.unit_price_minor, rule) for line, rule in zip(lines, rules, strict=True)]
    totals = compute(priced, offer.price_minor, table.rule(TaxClass.STANDARD), discount_of(coupon))
    tenders = _tenders(session, totals.total_minor, currency, applied, user_id)
    return Quote(offers=offers, offer=offer, rules=rules, totals=totals, coupon=coupon, tenders=tenders)


def discount_of(coupon: Coupon | None) -> Discount:
    """What the coupon takes off."""
    if coupon is None:
        return NO_DISCOUNT
    is_free = coupon.kind is CouponKind.FREE_SHIPPING
    percent = coupon.percent if coupon.kind is CouponKind.PERCENT else 0
    amount = coupon.amount_minor if coupon.kind is CouponKind.AMOUNT else 0
    return Discount(percent=percent, amount_minor=amount, is_shipping_free=is_free)


def apply_code(
    session: Session, code: str, applied: Applied, *, items_minor: int, currency: str, secret_key: str
) -> Applied:
    """What is entered, with one code more: a coupon takes the place of another. Raises CodeRefused."""
    shown = normal_code(code)
    if _coupon(session, shown, items_minor, currency) is not None:
        return Applied(coupon_code=shown, card_ids=applied.card_ids, uses_credit=applied.uses_credit)
    card = find_card(session, digest(code, secret_key))
    if card is None:
        raise UnknownCode(code=shown, field="code")
    if not spendable_minor(card, currency):
        raise EmptyCard(code=shown, field="code")
    ids = tuple(dict.fromkeys((*applied.card_ids, card.id)))
    if len(ids) > MAX_CARDS:
        raise TooManyCards(code=shown, field="code")
    return Applied(coupon_code=applied.coupon_code, card_ids=ids, uses_credit=applied.uses_credit)


def _coupon(session: Session, code: str, items_minor: int, currency: str) -> Coupon | None:
    coupon = find_coupon(session, code) if code else None
    if coupon is not None:
        coupons.check(coupon, items_minor, format_minor(coupon.minimum_minor, currency))
    return coupon


def _tenders(
    session: Session, total_minor: int, currency: str, applied: Applied, user_id: int | None
) -> tuple[Tender, ...]:
    accounts = [session.get(CreditAccount, card_id) for card_id in applied.card_ids]
    if applied.uses_credit:
        accounts.append(find_credit_of(session, user_id))
    left, tenders = total_minor, []
    for account in accounts:
        part = min(left, spendable_minor(account, currency))
        if account is not None and part:
            tenders.append(Tender(account.id, part))
            left -= part
    return tuple(tenders)
