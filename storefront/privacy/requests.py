"""Asking for a copy of one's data, or for the end of it: confirmed by password first and by a mailed link then."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from storefront.accounts.profile import check_password
from storefront.core import audit, clock, outbox
from storefront.core.db import joined, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict, NotFound
from storefront.privacy.models import PrivacyRequest, RequestKind

LIVES = {RequestKind.EXPORT: timedelta(days=2), RequestKind.ERASURE: timedelta(hours=1)}
MOST_PER_DAY = 5


class TooMany(Conflict):
    """Somebody has asked for more than anybody needs."""

    message = N_("You have asked for this several times today. Look into your mails, or try again tomorrow.")


class LinkGone(NotFound):
    """The link was used, is too old, belongs to somebody else, or was never ours."""

    message = N_("This link has been used already or is too old. Ask for a new one.")


def ask(kind: RequestKind, user_id: int, password: str, secret_key: str) -> None:
    """Note the request and stage its job; opens a transaction. Raises WrongPassword, TooMany.

    Earlier links of the same kind end.
    """
    check_password(user_id, password)
    _note(kind, user_id, secret_key)


@retry_deadlocks
def _note(kind: RequestKind, user_id: int, secret_key: str) -> None:
    moment, salt = clock.now(), secrets.token_urlsafe(32)
    with transaction() as session:
        own = (PrivacyRequest.user_id == user_id) & (PrivacyRequest.kind == kind)
        is_recent = own & (PrivacyRequest.created_at > moment - timedelta(days=1))
        if (session.scalar(select(func.count()).select_from(PrivacyRequest).where(is_recent)) or 0) >= MOST_PER_DAY:
            raise TooMany()
        open_ones = own & PrivacyRequest.used_at.is_(None)
        session.execute(update(PrivacyRequest).where(open_ones).values(used_at=moment, content=None))
        digest = _digest(token_of(salt, secret_key))
        row = PrivacyRequest(user_id=user_id, kind=kind, salt=salt, digest=digest, expires_at=moment + LIVES[kind])
        session.add(row)
        session.flush()
        audit.note(f"{kind}_asked_for", f"user {user_id}")
        # Under no key of its id: SQLite gives the id of a request that was deleted to the next one.
        outbox.stage("privacy.answer", request_id=row.id)


def find(session: Session, kind: RequestKind, token: str, user_id: int | None = None) -> PrivacyRequest:
    """The request behind a token while it is good, of that person where one is named; raises LinkGone."""
    is_good = PrivacyRequest.used_at.is_(None) & (PrivacyRequest.expires_at > clock.now())
    query = select(PrivacyRequest).where(PrivacyRequest.digest == _digest(token), PrivacyRequest.kind == kind, is_good)
    found = session.scalar(query)
    if found is None or (user_id is not None and found.user_id != user_id):
        raise LinkGone()
    return found


def use(request: PrivacyRequest) -> None:
    """Use a link up; joins. Of two who follow it at once one gets it. Raises LinkGone."""
    changed: Any = joined().execute(
        update(PrivacyRequest)
        .where(PrivacyRequest.id == request.id, PrivacyRequest.used_at.is_(None))
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        raise LinkGone()


def fetch(token: str, user_id: int) -> bytes:
    """The copy behind a link, once, for whom it is; opens a transaction. Raises LinkGone."""
    with transaction() as session:
        request = find(session, RequestKind.EXPORT, token, user_id)
        content = request.content
        if content is None:
            raise LinkGone()
        use(request)
        audit.note("copy_fetched", f"user {user_id}")
        session.execute(update(PrivacyRequest).where(PrivacyRequest.id == request.id).values(content=None))
        return content


@retry_deadlocks
def forget_old() -> int:
    """Delete requests, and the copies that nobody fetched, once their links have ended; opens a transaction."""
    with transaction() as session:
        is_over = PrivacyRequest.expires_at < clock.now() - timedelta(days=1)
        session.execute(update(PrivacyRequest).where(PrivacyRequest.expires_at < clock.now()).values(content=None))
        changed: Any = session.execute(delete(PrivacyRequest).where(is_over))
        return int(changed.rowcount)


def token_of(salt: str, secret_key: str) -> str:
    """The token that goes with a salt: a copy of the database alone opens nothing."""
    return hmac.new(secret_key.encode(), b"privacy request " + salt.encode(), hashlib.sha256).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
