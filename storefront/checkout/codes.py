"""The codes that a shopper enters at checkout: kept in the session, read into the quote, dropped when they fail."""

from typing import NamedTuple

from flask import flash, request
from flask_babel import gettext as _

from storefront.checkout.forms import CheckoutForm
from storefront.checkout.quote import Applied, Quote, QuotedLine, UnknownCode, apply_code, make_quote
from storefront.core.db import db
from storefront.core.web import settings, tell
from storefront.core.web.visit import applied_codes, remember_codes, user_id
from storefront.payments.door import visitor
from storefront.payments.shield import get_shield
from storefront.promotions.coupons import CodeRefused
from storefront.promotions.models import CreditAccount
from storefront.promotions.queries import find_credit_of, spendable_minor
from storefront.shipping.queries import NoSuchMethod


class ShownCode(NamedTuple):
    """What was entered, as the page shows it with a button that drops it."""

    value: str
    label: str


def applied() -> Applied:
    """What this shopper has entered."""
    coupon, cards, uses_credit = applied_codes()
    return Applied(coupon_code=coupon, card_ids=cards, uses_credit=uses_credit)


def keep(wanted: Applied) -> None:
    """Go on with these."""
    remember_codes(wanted.coupon_code, wanted.card_ids, uses_credit=wanted.uses_credit)


def drop_coupon() -> None:
    """Go on without the coupon."""
    now = applied()
    keep(Applied(card_ids=now.card_ids, uses_credit=now.uses_credit))


def change(form: CheckoutForm, items_minor: int) -> bool:
    """Do what the buttons beside the codes ask for; False when a code was refused, which its field says then."""
    now = applied()
    dropped = request.form.get("drop", "")
    if dropped:
        cards = tuple(card for card in now.card_ids if str(card) != dropped)
        coupon = "" if dropped == "coupon" else now.coupon_code
        keep(Applied(coupon_code=coupon, card_ids=cards, uses_credit=now.uses_credit and dropped != "credit"))
        return True
    if "credit" in request.form:
        keep(Applied(coupon_code=now.coupon_code, card_ids=now.card_ids, uses_credit=True))
        return True
    who = visitor(form.email.data or "")
    if not get_shield().may_try_code(who):
        form.code.errors = [_("Too many codes that nobody knows. Wait ten minutes, then try again.")]
        return False
    given = {"items_minor": items_minor, "currency": settings().currency, "secret_key": settings().secret_key}
    try:
        keep(apply_code(db.session(), form.code.data or "", now, **given))
    except CodeRefused as error:
        form.code.errors = [tell(error)]
        db.session.rollback()
        if isinstance(error, UnknownCode):
            get_shield().note_wrong_code(who)
        return False
    form.code.data = ""
    form.code.raw_data = None
    return True


def quote_for(lines: list[QuotedLine], country: str, shipping_method: str | None) -> Quote | None:
    """The quote with what was entered; None when nothing goes there. A coupon that fails is dropped, and said so."""
    for _try in range(2):
        try:
            return make_quote(
                db.session(),
                lines,
                country=country,
                shipping_method=shipping_method,
                currency=settings().currency,
                applied=applied(),
                user_id=user_id(),
            )
        except CodeRefused as error:
            flash(tell(error), "warn")
            drop_coupon()
        except NoSuchMethod:
            if shipping_method is None:
                return None
            shipping_method = None
    return None


def shown_codes(now: Applied) -> list[ShownCode]:
    """Everything that was entered, for the page."""
    shown = [ShownCode("coupon", now.coupon_code)] if now.coupon_code else []
    for card_id in now.card_ids:
        card = db.session.get(CreditAccount, card_id)
        if card is not None:
            shown.append(ShownCode(str(card_id), _("Gift card ending in %(last)s", last=card.last_four)))
    return [*shown, ShownCode("credit", _("My credit"))] if now.uses_credit else shown


def credit_minor() -> int:
    """What whoever is signed in could pay with store credit."""
    return spendable_minor(find_credit_of(db.session(), user_id()), settings().currency)
