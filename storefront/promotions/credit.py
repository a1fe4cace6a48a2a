"""The only writers of gift cards and store credit: a balance changes by a conditional UPDATE and an entry, or not."""

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.accounts.models import User
from storefront.core import clock, outbox
from storefront.core.db import insert_rows, joined, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict, NotFound
from storefront.promotions.models import CreditAccount, CreditEntry, CreditEntryKind, CreditKind
from storefront.promotions.queries import get_account

# Without I, L, O, U, 0 and 1: a card is typed from paper. 16 of 30 characters are 78 bits.
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
GROUPS, GROUP = 4, 4


class CreditGone(Conflict):
    """The balance is smaller by now, or the card is blocked or over."""

    message = N_("The credit that was to pay for this has been used meanwhile. Look at the new total.")


class NoSuchAccount(NotFound):
    """Nobody has an account with this e-mail address."""

    message = N_("Nobody has an account with this e-mail address. Send a gift card instead.")


class NewCard(NamedTuple):
    """A card that was just made: its id and its code."""

    id: int
    code: str


def code_of(salt: str, secret_key: str) -> str:
    """The code that goes with a salt, such as ABCD-EFGH-JKMN-PQRS: a copy of the database alone buys nothing."""
    number = int.from_bytes(hmac.new(secret_key.encode(), b"card code " + salt.encode(), hashlib.sha256).digest())
    letters = []
    for _place in range(GROUPS * GROUP):
        number, rest = divmod(number, len(LETTERS))
        letters.append(LETTERS[rest])
    return "-".join("".join(letters[at : at + GROUP]) for at in range(0, len(letters), GROUP))


def digest(code: str, secret_key: str) -> str:
    """What a card is found by: keyed, so that nobody can try codes on a copy of the database."""
    plain = "".join(letter for letter in code.upper() if letter in LETTERS)
    return hmac.new(secret_key.encode(), b"gift card " + plain.encode(), hashlib.sha256).hexdigest()


def issue_card(
    amount_minor: int,
    currency: str,
    *,
    secret_key: str,
    actor: str,
    email: str = "",
    reason: str = "",
    expires_at: datetime | None = None,
) -> NewCard:
    """Make a gift card, and stage the mail with its code when there is an address; opens a transaction."""
    with transaction():
        return make_card(
            amount_minor,
            currency,
            secret_key=secret_key,
            actor=actor,
            email=email,
            reason=reason,
            expires_at=expires_at,
        )


def make_card(
    amount_minor: int,
    currency: str,
    *,
    secret_key: str,
    actor: str,
    email: str = "",
    reason: str = "",
    expires_at: datetime | None = None,
    order_id: int | None = None,
) -> NewCard:
    """The same in the caller's transaction; a card of nothing is filled by whoever asks for it, and mailed then."""
    session, salt = joined(), secrets.token_urlsafe(32)
    code = code_of(salt, secret_key)
    row = {
        "kind": CreditKind.GIFT_CARD,
        "salt": salt,
        "code_digest": digest(code, secret_key),
        "last_four": code[-GROUP:],
        "email": email,
        "currency": currency,
        "expires_at": expires_at,
    }
    (account_id,) = insert_rows(session, CreditAccount, [row])
    if amount_minor:
        book(session, account_id, CreditEntryKind.ISSUE, amount_minor, "issue", actor, reason, order_id)
        if email:
            stage_mail(account_id)
    return NewCard(account_id, code)


def stage_mail(account_id: int) -> None:
    """Mail a card's code to whom it is for, once; joins."""
    outbox.stage("promotions.send_card", dedupe_key=f"gift-card-{account_id}", account_id=account_id)


@retry_deadlocks
def grant(email: str, amount_minor: int, currency: str, *, key: str, actor: str, reason: str) -> int:
    """Give store credit to whoever has an account with that address; returns the credit's id.

    Opens a transaction; idempotent on `key`. Raises NoSuchAccount.
    """
    with transaction() as session:
        user_id = session.scalar(select(User.id).where(User.email == email).with_for_update(key_share=True))
        if user_id is None:
            raise NoSuchAccount(field="email")
        account_id = _credit_of(session, user_id, email, currency)
        book(session, account_id, CreditEntryKind.ISSUE, amount_minor, f"grant-{key}", actor, reason)
        return account_id


def open_for(user_id: int | None, email: str, currency: str, *, secret_key: str, order_id: int) -> int:
    """Where money goes back to as credit: the account of whoever has one, else a new card for that address; joins.

    The card is empty still, and is mailed with the money (`refund`).
    """
    session = joined()
    known = select(User.id).where(User.id == user_id).with_for_update(key_share=True)
    if user_id is not None and session.scalar(known) is not None:
        return _credit_of(session, user_id, email, currency)
    card = make_card(0, currency, secret_key=secret_key, actor="shop", email=email, order_id=order_id)
    return card.id


@retry_deadlocks
def adjust(account_id: int, amount_minor: int, *, key: str, actor: str, reason: str) -> None:
    """Correct a balance by an amount of either sign; opens a transaction, idempotent on `key`. Raises CreditGone."""
    with transaction() as session:
        get_account(session, account_id)
        book(session, account_id, CreditEntryKind.ADJUSTMENT, amount_minor, f"adjust-{key}", actor, reason)


def set_active(account_id: int, *, is_active: bool) -> None:
    """Block a card or credit, or open it again; opens a transaction."""
    with transaction() as session:
        get_account(session, account_id).is_active = is_active


def spend(account_id: int, amount_minor: int, order_id: int, turn: int, actor: str) -> None:
    """Take an order's part from a balance; joins. Raises CreditGone: the caller's transaction must be undone then."""
    session, reference = joined(), f"order-{order_id}-{turn}"
    book(session, account_id, CreditEntryKind.SPEND, -amount_minor, reference, actor, "", order_id)


def release(account_id: int, amount_minor: int, order_id: int, turn: int, actor: str) -> None:
    """Give back what an order that is over had taken and not paid with; joins, idempotent."""
    session, reference = joined(), f"release-{order_id}-{turn}"
    book(session, account_id, CreditEntryKind.RELEASE, amount_minor, reference, actor, "", order_id)


def refund(account_id: int, amount_minor: int, order_id: int, refund_id: int, actor: str) -> None:
    """Pay back to where it came from, or to what was opened for it; joins, idempotent on the refund."""
    session, reference = joined(), f"refund-{refund_id}"
    book(session, account_id, CreditEntryKind.REFUND, amount_minor, reference, actor, "", order_id)


def _credit_of(session: Session, user_id: int, email: str, currency: str) -> int:
    """The store credit of somebody whose row is locked, made when there is none yet."""
    known = session.scalar(select(CreditAccount.id).where(CreditAccount.user_id == user_id))
    if known is not None:
        return known
    row = {"kind": CreditKind.STORE_CREDIT, "user_id": user_id, "email": email, "currency": currency}
    return insert_rows(session, CreditAccount, [row])[0]


def book(
    session: Session,
    account_id: int,
    kind: CreditEntryKind,
    amount_minor: int,
    reference: str,
    actor: str,
    reason: str,
    order_id: int | None = None,
) -> None:
    """The guard and the ledger, joins: who comes second with the same reference changes nothing. Raises CreditGone."""
    entries, accounts = table_of(CreditEntry), table_of(CreditAccount)
    is_same = (entries.c.account_id == account_id) & (entries.c.reference == reference)
    condition = (accounts.c.id == account_id) & (accounts.c.balance_minor + amount_minor >= 0)
    if kind is CreditEntryKind.SPEND:
        is_open = accounts.c.expires_at.is_(None) | (accounts.c.expires_at > clock.now())
        condition &= accounts.c.is_active & is_open
    # The account's row is locked by this, so that of two with one reference the second sees the first one's entry.
    balance = accounts.c.balance_minor + amount_minor
    changed: Any = session.execute(update(accounts).where(condition).values(balance_minor=balance))
    if session.scalar(select(entries.c.id).where(is_same)) is not None:
        if changed.rowcount:
            session.execute(
                update(accounts)
                .where(accounts.c.id == account_id)
                .values(balance_minor=accounts.c.balance_minor - amount_minor)
            )
        return
    if changed.rowcount != 1:
        raise CreditGone(id=account_id)
    row = {"account_id": account_id, "kind": kind, "amount_minor": amount_minor, "reference": reference}
    values = {**row, "actor": actor, "reason": reason[:200], "order_id": order_id}
    try:
        insert_rows(session, CreditEntry, [values])
    except IntegrityError as error:
        raise CreditGone(id=account_id) from error
