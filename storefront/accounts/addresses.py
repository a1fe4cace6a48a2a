"""The address book: where somebody's parcels go, several of them, one of which is offered first."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from storefront.accounts.models import SavedAddress, User
from storefront.core import clock
from storefront.core.db import retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict, NotFound

PARTS = ("name", "phone", "line1", "line2", "city", "region", "postcode", "country")
MAX_ADDRESSES = 30
# So long a removed one can be put back.
KEEP_REMOVED = timedelta(days=1)


class UnknownAddress(NotFound):
    """Whoever asks has no such address (any more)."""

    message = N_("This address is not in your address book (any more).")


class TooManyAddresses(Conflict):
    """The book is full."""

    message = N_("Your address book is full: it holds 30 addresses.")


@retry_deadlocks
def add(user_id: int, parts: Mapping[str, str], label: str = "", *, is_default: bool = False) -> int:
    """Keep an address and return its id; one that is kept already is left as it is. Opens a transaction.

    The first of all is offered first. Raises TooManyAddresses.
    """
    with transaction() as session:
        _lock(session, user_id)
        known = list_addresses(session, user_id)
        values = {name: parts.get(name, "") for name in PARTS}
        same = next((one for one in known if one.parts == values), None)
        if same is None and len(known) >= MAX_ADDRESSES:
            raise TooManyAddresses()
        address = same or SavedAddress(user_id=user_id, label=label, **values)
        session.add(address)
        session.flush()
        if is_default or not known:
            _make_default(session, address)
        return address.id


@retry_deadlocks
def change(user_id: int, address_id: int, parts: Mapping[str, str], label: str, *, is_default: bool) -> None:
    """Set an address anew; opens a transaction. Raises UnknownAddress."""
    with transaction() as session:
        _lock(session, user_id)
        address = get_address(session, user_id, address_id)
        address.label = label
        for name in PARTS:
            setattr(address, name, parts.get(name, ""))
        if is_default:
            _make_default(session, address)
        else:
            address.default_of = None


@retry_deadlocks
def make_default(user_id: int, address_id: int) -> None:
    """Offer this one first; opens a transaction. Raises UnknownAddress."""
    with transaction() as session:
        _lock(session, user_id)
        _make_default(session, get_address(session, user_id, address_id))


@retry_deadlocks
def remove(user_id: int, address_id: int) -> None:
    """Take an address out of the book; for a day it can be put back. Opens a transaction. Raises UnknownAddress."""
    with transaction() as session:
        _lock(session, user_id)
        address = get_address(session, user_id, address_id)
        address.removed_at, address.default_of = clock.now(), None


@retry_deadlocks
def put_back(user_id: int, address_id: int) -> None:
    """Put a removed one back; one that is there stays. Opens a transaction. Raises UnknownAddress, TooManyAddresses."""
    with transaction() as session:
        _lock(session, user_id)
        own = (SavedAddress.id == address_id) & (SavedAddress.user_id == user_id)
        address = session.scalar(select(SavedAddress).where(own))
        if address is None:
            raise UnknownAddress()
        if address.removed_at is not None and _count(session, user_id) >= MAX_ADDRESSES:
            raise TooManyAddresses()
        address.removed_at = None


@retry_deadlocks
def forget_removed() -> int:
    """Delete those that were removed a day ago and return how many; opens a transaction."""
    with transaction() as session:
        is_over = SavedAddress.removed_at < clock.now() - KEEP_REMOVED
        gone: Any = session.execute(delete(SavedAddress).where(is_over))
        return int(gone.rowcount)


def list_addresses(session: Session, user_id: int) -> list[SavedAddress]:
    """Somebody's addresses, the one that is offered first before the others, then the newest."""
    query = select(SavedAddress).where(SavedAddress.user_id == user_id, SavedAddress.removed_at.is_(None))
    return list(session.scalars(query.order_by(SavedAddress.default_of.is_(None), SavedAddress.id.desc())))


def get_address(session: Session, user_id: int, address_id: int) -> SavedAddress:
    """One of somebody's own; raises UnknownAddress."""
    own = (SavedAddress.id == address_id) & (SavedAddress.user_id == user_id) & SavedAddress.removed_at.is_(None)
    address = session.scalar(select(SavedAddress).where(own))
    if address is None:
        raise UnknownAddress()
    return address


def _count(session: Session, user_id: int) -> int:
    own = (SavedAddress.user_id == user_id) & SavedAddress.removed_at.is_(None)
    return session.scalar(select(func.count()).select_from(SavedAddress).where(own)) or 0


def _make_default(session: Session, address: SavedAddress) -> None:
    rows = table_of(SavedAddress)
    session.execute(update(rows).where(rows.c.default_of == address.user_id).values(default_of=None))
    session.execute(update(rows).where(rows.c.id == address.id).values(default_of=address.user_id))


def _lock(session: Session, user_id: int) -> None:
    """Two tabs of one person wait for each other, so that no two addresses are offered first."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
