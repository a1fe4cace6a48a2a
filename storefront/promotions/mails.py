"""The mail with a gift card."""

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from storefront.config import Settings
from storefront.core.db import db
from storefront.core.mail import Mail, send
from storefront.core.money import format_minor
from storefront.promotions.credit import code_of
from storefront.promotions.models import CardSale, CreditAccount, CreditKind
from storefront.promotions.queries import find_sale_of, get_account


def send_card(account_id: int, settings: Settings) -> None:
    """Mail a card's code to whom it is for; a card that was blocked meanwhile is not sent. Raises MailNotSent."""
    session = db.session()
    account = get_account(session, account_id)
    is_card = account.kind is CreditKind.GIFT_CARD and account.is_active
    mail = card(account, find_sale_of(session, account_id), settings) if account.email and is_card else None
    session.rollback()
    if mail is not None:
        send(mail, settings)


def card(account: CreditAccount, sale: CardSale | None, settings: Settings) -> Mail:
    """The mail with amount, code, and how to use it, in the language of whoever bought it, else the shop's first."""
    locale = sale.locale if sale else settings.languages[0]
    with force_locale(locale):
        amount = format_minor(account.balance_minor, account.currency, locale)
        subject = _("A gift card of %(amount)s for you", amount=amount)
        if sale is not None:
            subject = _("%(name)s sends you a gift card of %(amount)s", name=sale.giver, amount=amount)
        context = {
            "account": account,
            "sale": sale,
            "subject": subject,
            "code": code_of(account.salt, settings.secret_key),
            "url": settings.base_url,
        }
        return Mail(
            key=f"gift-card-{account.id}",
            to=account.email,
            subject=subject,
            text=render_template("email/gift_card.txt", **context),
            html=render_template("email/gift_card.html", **context),
            locale=locale,
        )
