"""The only writers of wishlists. Who wants to hear that something is back waits with everybody else (stock.waiting)."""

import hashlib
import hmac
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from storefront.accounts.models import User
from storefront.catalog.queries import get_variant
from storefront.core import clock, outbox
from storefront.core.db import insert_once, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict
from storefront.core.text import read_id
from storefront.stock import waiting
from storefront.wishlist.models import MAX_WISHES, Wish
from storefront.wishlist.queries import (
    count_wishes,
    get_wish,
    list_changes,
    list_sold_out,
    list_users_with_changes,
)

# As many as one address may wait for.
MAX_TOLD = waiting.MAX_OPEN
MAX_PER_RUN = 200
# Mails about prices are spread, so that no confirmation of an order waits behind them.
SPACING_SECONDS = 0.5
WISHES = table_of(Wish)


class WishlistFull(Conflict):
    """It has as many entries as it can hold."""

    message = N_("Your wishlist is full: it holds 200 things. Remove some first.")


class ToldOfTooMany(Conflict):
    """Nobody wants so many mails."""

    message = N_("We write to you about at most 50 things. Switch some off first.")


@retry_deadlocks
def add(user_id: int, variant_id: int) -> None:
    """Put a variant on somebody's wishlist; idempotent, opens a transaction. Raises UnknownProduct, WishlistFull."""
    with transaction() as session:
        price_minor = get_variant(session, variant_id).price_minor
        _lock(session, user_id)
        if count_wishes(session, user_id) >= MAX_WISHES:
            known = select(Wish.id).where(Wish.user_id == user_id, Wish.variant_id == variant_id)
            if session.scalar(known) is None:
                raise WishlistFull()
        row = {"user_id": user_id, "variant_id": variant_id, "price_minor": price_minor, "told_minor": price_minor}
        session.execute(insert_once(session, Wish).values({**row, "is_told": False, "created_at": clock.now()}))


@retry_deadlocks
def remove(user_id: int, variant_id: int) -> None:
    """Take a variant off; opens a transaction. What is not there is off already."""
    with transaction() as session:
        session.execute(delete(WISHES).where(WISHES.c.user_id == user_id, WISHES.c.variant_id == variant_id))


@retry_deadlocks
def tell(user_id: int, wish_id: int, *, is_told: bool) -> None:
    """Write to somebody when it is back or cheaper, or no more; opens a transaction.

    What counts as cheaper is cheaper than now. Raises UnknownWish, ToldOfTooMany.
    """
    with transaction() as session:
        _lock(session, user_id)
        wish = get_wish(session, user_id, wish_id)
        told = select(func.count()).select_from(Wish).where(Wish.user_id == user_id, Wish.is_told)
        if is_told and not wish.is_told and (session.scalar(told) or 0) >= MAX_TOLD:
            raise ToldOfTooMany()
        wish.is_told = is_told
        wish.told_minor = get_variant(session, wish.variant_id).price_minor


@retry_deadlocks
def tell_no_more(user_id: int) -> None:
    """Write to somebody about none of it; opens a transaction."""
    with transaction() as session:
        session.execute(update(WISHES).where(WISHES.c.user_id == user_id).values(is_told=False))


@retry_deadlocks
def stop_for(email: str) -> None:
    """The same for whoever has that (lower-case) address; opens a transaction."""
    with transaction() as session:
        users = select(User.id).where(User.email == email)
        session.execute(update(WISHES).where(WISHES.c.user_id.in_(users)).values(is_told=False))


def wait_for_sold_out(session: Session) -> int:
    """Let everybody wait for what is sold out of their wishes, and return how many; opens a transaction for each."""
    wanted = list_sold_out(session, MAX_PER_RUN)
    session.rollback()
    for variant_id, email, locale, user_id in wanted:
        try:
            waiting.ask(variant_id, email, locale, user_id)
        except Conflict:
            continue  # It came back between the two looks.
    return len(wanted)


def tell_cheaper(session: Session) -> int:
    """Stage one mail for each whose wishes became cheaper, and return how many; opens a transaction for each."""
    users = list_users_with_changes(session, MAX_PER_RUN)
    session.rollback()
    return sum(_tell_cheaper(user_id, place) for place, user_id in enumerate(users))


def stop_token(user_id: int, secret_key: str) -> str:
    """What stops the mails of somebody, from a link in one of them."""
    sign = hmac.new(secret_key.encode(), f"wishlist mails {user_id}".encode(), hashlib.sha256).hexdigest()
    return f"{user_id}-{sign}"


def user_behind(token: str, secret_key: str) -> int | None:
    """Whose mails a token stops; None when it is none of ours."""
    user_id = read_id(token.partition("-")[0])
    is_ours = user_id is not None and hmac.compare_digest(stop_token(user_id, secret_key), token)
    return user_id if is_ours else None


@retry_deadlocks
def _tell_cheaper(user_id: int, place: int) -> bool:
    """A price that rose is noted and not told, so that a later drop is one again."""
    with transaction() as session:
        _lock(session, user_id)
        drops = []
        for change in list_changes(session, user_id):
            known = (WISHES.c.id == change.wish_id) & (WISHES.c.told_minor == change.before_minor)
            noted: Any = session.execute(update(WISHES).where(known).values(told_minor=change.after_minor))
            if noted.rowcount == 1 and change.after_minor < change.before_minor:
                drops.append(list(change))
        if drops:
            delay_seconds = place * SPACING_SECONDS
            outbox.stage("wishlist.send_cheaper", delay_seconds=delay_seconds, user_id=user_id, drops=drops)
        return bool(drops)


def _lock(session: Session, user_id: int) -> None:
    """Two tabs, or two runs of the job, wait for each other."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
