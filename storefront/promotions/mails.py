"""The mail with a gift card."""

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from storefront.config import Settings
from storefront.core.db import db
from storefront.core.mail import Mail, send
from storefront.core.money import format_minor
from storefront.promotions.credit import code_of
from storefront.promotions.models import CreditAccount
from storefront.promotions.queries import get_account


def send_card(account_id: int, settings: Settings) -> None:
    """Mail a card's code to whom it is for; a card that was blocked meanwhile is not sent. Raises MailNotSent."""
    account = get_account(db.session(), account_id)
    mail = card(account, settings) if account.email and account.is_active else None
    db.session.rollback()
    if mail is not None:
        send(mail, settings)


def card(account: CreditAccount, settings: Settings) -> Mail:
    """The mail with amount, code, and how to use it, in the first language of the shop."""
    locale = settings.languages[0]
    with force_locale(locale):
        amount = format_minor(account.balance_minor, account.currency, locale)
        context = {
            "account": account,
            "amount": amount,
            "code": code_of(account.salt, settings.secret_key),
            "url": settings.base_url,
        }
        return Mail(
            key=f"gift-card-{account.id}",
            to=account.email,
            subject=_("A gift card of %(amount)s for you", amount=amount),
            text=render_template("email/gift_card.txt", **context),
            html=render_template("email/gift_card.html", **context),
            locale=locale,
        )
