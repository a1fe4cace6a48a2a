"""Reads of people."""

import hashlib
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from storefront.accounts.models import Role, User, UserSession
from storefront.core import clock

# However much it is used, a session ends then.
SESSION_LIVES = timedelta(days=31)


def find_user(session: Session, email: str) -> User | None:
    """The user with that (lower-case) address."""
    return session.scalar(select(User).where(User.email == email))


def find_user_id(session: Session, email: str) -> int | None:
    """The same by its id alone: one statement, whether or not there is one."""
    return session.scalar(select(User.id).where(User.email == email))


def find_user_by_session(session: Session, session_id: str, key: str) -> User | None:
    """The active user a session belongs to; None when it was ended here, with all others (its epoch), or by its age."""
    user_id, _, epoch = session_id.partition(".")
    if not (user_id.isdecimal() and epoch.isdecimal()):
        return None
    is_open = (UserSession.digest == digest_of(key)) & (UserSession.created_at > clock.now() - SESSION_LIVES)
    # Each request asks for it: roles and permissions come in the same statement.
    rights = joinedload(User.roles).joinedload(Role.permissions)
    query = select(User).options(rights).join(UserSession, UserSession.user_id == User.id).where(is_open)
    user = session.scalars(query).unique().one_or_none()
    is_theirs = user is not None and (user.id, user.session_epoch) == (int(user_id), int(epoch))
    return user if user is not None and is_theirs and user.is_active else None


def digest_of(key: str) -> str:
    """What a session is found by."""
    return hashlib.sha256(key.encode()).hexdigest()


def find_session_id(session: Session, key: str) -> int | None:
    """Which of them a key opens."""
    return session.scalar(select(UserSession.id).where(UserSession.digest == digest_of(key)))


def list_sessions(session: Session, user_id: int) -> list[UserSession]:
    """Where somebody is signed in, the newest first."""
    is_open = (UserSession.user_id == user_id) & (UserSession.created_at > clock.now() - SESSION_LIVES)
    return list(session.scalars(select(UserSession).where(is_open).order_by(UserSession.id.desc())))


def list_users_with(session: Session, permission: str) -> list[User]:
    """Active users one of whose roles carries `permission`, by id."""
    active = session.scalars(select(User).join(User.roles).where(User.is_active).distinct().order_by(User.id))
    return [user for user in active if user.can(permission)]
