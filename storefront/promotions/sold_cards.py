"""The only writers of gift cards that somebody buys: made once the order is paid, and taken back with its money."""

from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storefront.core import outbox
from storefront.core.db import joined, table_of
from storefront.core.errors import N_, Conflict
from storefront.core.money import format_minor
from storefront.promotions import credit
from storefront.promotions.credit import CreditGone
from storefront.promotions.models import CardSale, CreditAccount, CreditEntry, CreditEntryKind

JOB = "checkout.issue_card"


class CardUsed(Conflict):
    """Something was bought with the card, so its price stays where it is."""

    message = N_("The gift card of this order has been used, so it cannot be paid back. %(left)s is left on it.")


class CardGoesBackWhole(Conflict):
    """A card that is blocked has no price that could be kept in part."""

    message = N_("A gift card goes back whole: pay back all that is left, and the card is blocked.")


class Gift(NamedTuple):
    """Whom a card goes to, who gives it, and what they say, in the language of whoever bought it."""

    email: str
    giver: str
    words: str
    locale: str


def note(order_id: int, gift: Gift) -> None:
    """Keep whom the card of a new order is for; joins."""
    session = joined()
    session.add(CardSale(order_id=order_id, **gift._asdict()))
    session.flush()


def stage(order_id: int) -> None:
    """Ask for the card of an order that was paid just now; joins. An order of anything else has none."""
    if is_sale(joined(), order_id):
        outbox.stage(JOB, dedupe_key=f"card-sale-{order_id}", order_id=order_id)


def make(order_id: int, amount_minor: int, currency: str, secret_key: str) -> str | None:
    """Make the card of an order and stage its mail; joins. Its last four characters, None when it is made already.

    The caller holds the order's lock, and knows that the money is there.
    """
    session = joined()
    sale = session.get_one(CardSale, order_id)
    if sale.account_id is not None:
        return None
    card = credit.make_card(
        amount_minor, currency, secret_key=secret_key, actor="shop", email=sale.email, order_id=order_id
    )
    sale.account_id = card.id
    session.flush()
    return card.code[-credit.GROUP :]


def withdraw(order_id: int, refund_id: int, amount_minor: int, whole_minor: int, actor: str) -> None:
    """Block the card of an order whose money goes back; joins. An order of anything else passes.

    Raises CardGoesBackWhole, CardUsed: the refund must be undone then. A card that is not made yet never will be,
    because its maker looks for money that goes back.
    """
    session = joined()
    sale = session.get(CardSale, order_id)
    if sale is None:
        return
    if amount_minor != whole_minor:
        raise CardGoesBackWhole(id=order_id)
    if sale.account_id is None:
        return
    account = session.get_one(CreditAccount, sale.account_id)
    try:
        _book(session, account.id, -amount_minor, f"withdrawn-{refund_id}", order_id, actor)
    except CreditGone:
        session.refresh(account)
        raise CardUsed(left=format_minor(account.balance_minor, account.currency)) from None
    _set_active(session, account.id, is_active=False)


def take_back(order_id: int, refund_id: int, amount_minor: int, actor: str) -> int | None:
    """Block the card of an order whose money went back on the provider's site; joins.

    Returns how much of it had been spent by then, None for an order of anything else.
    """
    session = joined()
    sale = session.get(CardSale, order_id)
    if sale is None or sale.account_id is None:
        return None if sale is None else 0
    query = select(CreditAccount.balance_minor).where(CreditAccount.id == sale.account_id)
    left = int(session.scalar(query.with_for_update()) or 0)
    part = min(left, amount_minor)
    if part:
        _book(session, sale.account_id, -part, f"withdrawn-{refund_id}", order_id, actor)
    _set_active(session, sale.account_id, is_active=False)
    return amount_minor - part


def give_again(order_id: int, refund_id: int, actor: str) -> None:
    """The refund has failed, so the card holds what it held before; joins, idempotent.

    One that was never made because of that refund is made now.
    """
    session = joined()
    sale = session.get(CardSale, order_id)
    if sale is None:
        return
    if sale.account_id is None:
        outbox.stage(JOB, dedupe_key=f"card-sale-{order_id}-{refund_id}", order_id=order_id)
        return
    is_same = (CreditEntry.account_id == sale.account_id) & (CreditEntry.reference == f"withdrawn-{refund_id}")
    taken = session.scalar(select(CreditEntry.amount_minor).where(is_same))
    if taken is not None:
        _book(session, sale.account_id, -taken, f"restored-{refund_id}", order_id, actor)
        _set_active(session, sale.account_id, is_active=True)


def block(order_id: int) -> bool:
    """Stop a card whose payment is disputed; joins. False when the order has none."""
    session = joined()
    sale = session.get(CardSale, order_id)
    if sale is None or sale.account_id is None:
        return False
    _set_active(session, sale.account_id, is_active=False)
    return True


def is_sale(session: Session, order_id: int) -> bool:
    """Whether an order is for a gift card."""
    return session.scalar(select(CardSale.order_id).where(CardSale.order_id == order_id)) is not None


def _book(session: Session, account_id: int, amount_minor: int, reference: str, order_id: int, actor: str) -> None:
    credit.book(session, account_id, CreditEntryKind.WITHDRAWAL, amount_minor, reference, actor, "", order_id)


def _set_active(session: Session, account_id: int, *, is_active: bool) -> None:
    accounts = table_of(CreditAccount)
    session.execute(update(accounts).where(accounts.c.id == account_id).values(is_active=is_active))
