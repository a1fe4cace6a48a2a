"""Reads of coupons and credit."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from storefront.core import clock
from storefront.core.errors import N_, NotFound
from storefront.core.paging import Page, fetch_page
from storefront.promotions.models import CardSale, Coupon, CreditAccount, CreditEntry

PAGE_SIZE = 25
LAST = 4


class UnknownPromotion(NotFound):
    """There is no such coupon or credit."""

    message = N_("This is not known here (any more).")


def find_coupon(session: Session, code: str) -> Coupon | None:
    """The coupon of that code, in whatever case it was typed."""
    return session.scalar(select(Coupon).where(Coupon.code == normal_code(code)))


def normal_code(code: str) -> str:
    """A code as it is kept: upper case, without space."""
    return "".join(code.split()).upper()[:40]


def get_coupon(session: Session, coupon_id: int) -> Coupon:
    """The coupon; raises UnknownPromotion."""
    coupon = session.get(Coupon, coupon_id)
    if coupon is None:
        raise UnknownPromotion(id=coupon_id)
    return coupon


def list_coupons(session: Session, words: str = "", number: int = 1) -> Page[Coupon]:
    """One page of the coupons that have `words` in their code, the newest first."""
    query = select(Coupon).order_by(Coupon.id.desc())
    if words.strip():
        query = query.where(Coupon.code.contains(normal_code(words), autoescape=True))
    return fetch_page(session, query, number, PAGE_SIZE)


def find_card(session: Session, code_digest: str) -> CreditAccount | None:
    """The gift card with that digest of its code (`credit.digest`)."""
    return session.scalar(select(CreditAccount).where(CreditAccount.code_digest == code_digest))


def find_credit_of(session: Session, user_id: int | None) -> CreditAccount | None:
    """The store credit of somebody who is signed in."""
    return session.scalar(select(CreditAccount).where(CreditAccount.user_id == user_id)) if user_id else None


def spendable_minor(account: CreditAccount | None, currency: str) -> int:
    """What can be paid with it now."""
    if account is None or not account.is_active or account.currency != currency:
        return 0
    is_over = account.expires_at is not None and account.expires_at <= clock.now()
    return 0 if is_over else account.balance_minor


def get_account(session: Session, account_id: int) -> CreditAccount:
    """The gift card or store credit with its entries; raises UnknownPromotion."""
    query = select(CreditAccount).where(CreditAccount.id == account_id).options(selectinload(CreditAccount.entries))
    account = session.scalar(query)
    if account is None:
        raise UnknownPromotion(id=account_id)
    return account


def find_sale(session: Session, order_id: int) -> CardSale | None:
    """The gift card that was bought with an order."""
    return session.get(CardSale, order_id)


def find_sale_of(session: Session, account_id: int) -> CardSale | None:
    """With which order a gift card was bought, None when staff made it."""
    return session.scalar(select(CardSale).where(CardSale.account_id == account_id))


def list_accounts(session: Session, words: str = "", number: int = 1) -> Page[CreditAccount]:
    """One page of gift cards and store credit, the newest first; by an address's beginning or a code's last four."""
    query = select(CreditAccount).order_by(CreditAccount.id.desc())
    if wanted := words.strip():
        is_theirs = CreditAccount.email.startswith(wanted.lower(), autoescape=True)
        query = query.where(or_(is_theirs, CreditAccount.last_four == wanted[-LAST:].upper()))
    return fetch_page(session, query, number, PAGE_SIZE)


def owed_minor(session: Session, currency: str) -> int:
    """All that the shop still owes in goods."""
    owed = select(func.sum(CreditAccount.balance_minor)).where(CreditAccount.currency == currency)
    return int(session.scalar(owed) or 0)


def list_unbalanced(session: Session) -> list[tuple[int, int, int]]:
    """Accounts whose balance is not the sum of their entries, as (id, balance, sum)."""
    total = func.coalesce(func.sum(CreditEntry.amount_minor), 0)
    query = (
        select(CreditAccount.id, CreditAccount.balance_minor, total)
        .outerjoin(CreditEntry, CreditEntry.account_id == CreditAccount.id)
        .group_by(CreditAccount.id, CreditAccount.balance_minor)
        .having(total != CreditAccount.balance_minor)
    )
    return [(row[0], int(row[1]), int(row[2])) for row in session.execute(query)]
