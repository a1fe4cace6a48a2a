"""The mail that says what of a wishlist became cheaper."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from flask import render_template
from flask_babel import force_locale, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.accounts.models import User
from storefront.config import Settings
from storefront.core.db import db
from storefront.core.mail import Mail, send
from storefront.stock.queries import map_available
from storefront.stock.service import display_name
from storefront.wishlist.models import Wish
from storefront.wishlist.service import stop_token


class Drop(NamedTuple):
    """A variant as the mail shows it; prices in minor units."""

    name: str
    url: str
    before_minor: int
    now_minor: int


def send_cheaper(user_id: int, drops: Sequence[Sequence[int]], settings: Settings) -> None:
    """Write of drops (wish, before, after) that still hold: still wished, in stock, and no dearer again.

    Raises MailNotSent.
    """
    session = db.session()
    user = session.get(User, user_id)
    shown = _holding(session, user_id, drops, settings) if user is not None and user.is_active else []
    mail = cheaper(user, shown, settings) if user is not None and shown else None
    session.rollback()
    if mail is not None:
        send(mail, settings)


def cheaper(user: User, drops: Sequence[Drop], settings: Settings) -> Mail:
    """The mail with what it cost and costs, and the way to hear no more."""
    with force_locale(user.locale):
        context = {
            "drops": drops,
            "currency": settings.currency,
            "url": f"{settings.base_url}/account/wishlist",
            "stop_url": f"{settings.base_url}/wishlist/mails/{stop_token(user.id, settings.secret_key)}",
        }
        number = len(drops)
        subject = ngettext(
            "%(num)s thing on your wishlist is cheaper now", "%(num)s things on your wishlist are cheaper now", number
        )
        mark = hashlib.sha256(repr(drops).encode()).hexdigest()[:16]
        return Mail(
            key=f"cheaper-{user.id}-{mark}",
            to=user.email,
            subject=subject,
            text=render_template("email/cheaper.txt", **context),
            html=render_template("email/cheaper.html", **context),
            locale=user.locale,
        )


def _holding(session: Session, user_id: int, drops: Sequence[Sequence[int]], settings: Settings) -> list[Drop]:
    found = []
    for wish_id, before_minor, after_minor in drops:
        wish = session.scalar(select(Wish).where(Wish.id == wish_id, Wish.user_id == user_id, Wish.is_told))
        if wish is None or not wish.variant.can_be_bought or wish.variant.price_minor > after_minor:
            continue
        if map_available(session, [wish.variant_id])[wish.variant_id] <= 0:
            continue
        url = f"{settings.base_url}/p/{quote(wish.variant.product.slug)}?v={quote(wish.variant.sku, safe='')}"
        found.append(Drop(display_name(wish.variant), url, before_minor, wish.variant.price_minor))
    return found
