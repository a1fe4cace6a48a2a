"""Coupons, credit and ways to send in words, for lists at the desk."""

from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from storefront.core import clock
from storefront.core.web.filters import money
from storefront.promotions.models import Coupon, CouponKind, CreditAccount, CreditKind
from storefront.shipping.models import MethodKind, ShippingMethod

CREDIT_ENTRIES = {
    "issue": _l("Issued"),
    "spend": _l("Paid with"),
    "release": _l("Given back by an order"),
    "refund": _l("Paid back"),
    "withdrawal": _l("Its price was paid back"),
    "adjustment": _l("Corrected"),
}


def method_facts(method: ShippingMethod, currency: str) -> list[str]:
    """What a way to send costs and how long it takes."""
    price = money(method.price_minor, currency) if method.price_minor else _("free")
    facts = [price]
    if method.kind is MethodKind.WEIGHT:
        facts = [
            _("up to %(grams)s g: %(price)s", grams=band.up_to_grams, price=money(band.price_minor, currency))
            for band in method.bands
        ]
    if method.kind is MethodKind.PICKUP:
        facts.append(_("fetched by the customer"))
    if method.free_from_minor is not None:
        facts.append(_("free from %(amount)s", amount=money(method.free_from_minor, currency)))
    return [*facts, *_days(method)]


def coupon_words(coupon: Coupon, currency: str) -> str:
    """What a coupon takes off."""
    if coupon.kind is CouponKind.PERCENT:
        return f"{coupon.percent} %"
    return money(coupon.amount_minor, currency) if coupon.kind is CouponKind.AMOUNT else str(_("the delivery"))


def coupon_state(coupon: Coupon) -> tuple[str, str]:
    """Whether a coupon can be used now, and the tone of that."""
    moment = clock.now()
    if not coupon.is_active:
        return str(_("switched off")), "quiet"
    if coupon.starts_at and moment < coupon.starts_at:
        return str(_("begins later")), "quiet"
    if coupon.ends_at and moment >= coupon.ends_at:
        return str(_("over")), "quiet"
    if coupon.usage_limit is not None and coupon.used >= coupon.usage_limit:
        return str(_("used up")), "quiet"
    return str(_("in force")), "good"


def account_words(account: CreditAccount) -> str:
    """What a card or credit is called."""
    if account.kind is CreditKind.GIFT_CARD:
        return str(_("Gift card ending in %(last)s", last=account.last_four))
    return str(_("Store credit of %(email)s", email=account.email))


def account_state(account: CreditAccount) -> tuple[str, str]:
    """Whether a card or credit can be spent, and the tone of that."""
    if not account.is_active:
        return str(_("blocked")), "danger"
    if account.expires_at and clock.now() >= account.expires_at:
        return str(_("over")), "quiet"
    return (str(_("can be spent")), "good") if account.balance_minor else (str(_("spent")), "quiet")


def last_day(end: datetime) -> datetime:
    """A moment of the last day before an end that is a midnight."""
    return end - timedelta(seconds=1)


def _days(method: ShippingMethod) -> list[str]:
    if not method.last_day:
        return []
    if method.first_day == method.last_day:
        return [ngettext("%(num)s working day", "%(num)s working days", method.last_day)]
    return [_("%(first)s to %(last)s working days", first=method.first_day, last=method.last_day)]
