"""The browsers somebody is signed in with: each has a key in its cookie, and can be signed out from any other."""

import secrets
from typing import Any

from sqlalchemy import delete

from storefront.accounts.models import User, UserSession
from storefront.accounts.queries import SESSION_LIVES, digest_of
from storefront.core import audit, clock
from storefront.core.db import joined, retry_deadlocks, transaction


@retry_deadlocks
def begin(user_id: int, device: str, former_key: str = "") -> str:
    """Note that somebody is signed in with a browser, and return the key for its cookie; opens a transaction.

    The session that `former_key` opens is over then: a cookie of it that was copied is worth nothing.
    """
    key = secrets.token_urlsafe(32)
    with transaction() as session:
        if former_key:
            session.execute(delete(UserSession).where(UserSession.digest == digest_of(former_key)))
        session.add(UserSession(user_id=user_id, digest=digest_of(key), device=device[:80]))
        audit.note("signed_in", f"user {user_id}", actor=f"user:{user_id}")
    return key


@retry_deadlocks
def end(user_id: int, session_id: int) -> None:
    """Sign somebody out of one browser; opens a transaction. Another one's session is left alone."""
    with transaction() as session:
        own = (UserSession.id == session_id) & (UserSession.user_id == user_id)
        session.execute(delete(UserSession).where(own))


@retry_deadlocks
def end_all(user_id: int) -> None:
    """Sign somebody out everywhere; opens a transaction."""
    with transaction() as session:
        end_with(session.get_one(User, user_id))


@retry_deadlocks
def forget_old() -> int:
    """Delete sessions that have ended by their age and return how many; opens a transaction."""
    with transaction() as session:
        changed: Any = session.execute(delete(UserSession).where(UserSession.created_at < clock.now() - SESSION_LIVES))
        return int(changed.rowcount)


def end_with(user: User) -> None:
    """End all sessions of somebody within the caller's transaction; joins."""
    user.session_epoch += 1
    joined().execute(delete(UserSession).where(UserSession.user_id == user.id))
