"""Buying a gift card: one page, then the payment."""

import secrets

from flask import Blueprint
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from storefront.checkout.card_forms import GiftCardForm
from storefront.checkout.cards import CardWish, OfferedCards, buy, offered_cards
from storefront.core.errors import NotFound
from storefront.core.web import page, public, settings
from storefront.core.web.language import current
from storefront.core.web.visit import remember_order, user_id
from storefront.payments.door import Payer, to_provider, visitor
from storefront.payments.shield import Verdict, get_shield
from storefront.promotions.sold_cards import Gift

blueprint = Blueprint("cards", __name__)


@blueprint.get("/gift-cards")
@public
def show() -> Response:
    """The form."""
    cards = _offered()
    known = {"email": current_user.email, "name": current_user.name} if current_user.is_authenticated else {}
    form = GiftCardForm(formdata=None, data={**known, "key": secrets.token_urlsafe(24)})
    form.offer(cards)
    return _show(form, cards)


@blueprint.post("/gift-cards")
@public
def order() -> Response:
    """Place the order and go to the payment; sending the same form again leads to the same order."""
    cards, form = _offered(), GiftCardForm()
    form.offer(cards)
    if not form.validate():
        return _show(form, cards, 422)
    if get_shield().assess(visitor(form.email.data or "")).verdict is Verdict.REFUSE:
        form.form_errors.append(_("Too many payments were tried from your connection. Try again in ten minutes."))
        return _show(form, cards, 429)
    placed = buy(_wish(form), cards)
    remember_order(placed.token)
    return to_provider(Payer(placed.id, placed.token, form.email.data or ""))


def _offered() -> OfferedCards:
    cards = offered_cards(settings())
    if cards is None:
        raise NotFound()
    return cards


def _wish(form: GiftCardForm) -> CardWish:
    return CardWish(
        key=form.key.data or "",
        amount_minor=form.amount_minor(),
        email=form.email.data or "",
        gift=Gift(form.recipient.data or "", form.name.data or "", form.words.data or "", current()),
        line_name=_("Gift card"),
        country=settings().country,
        user_id=user_id(),
    )


def _show(form: GiftCardForm, cards: OfferedCards, status: int = 200) -> Response:
    return page("checkout/gift_card.html", status=status, form=form, cards=cards)
