"""Reads of people."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.accounts.models import User


def find_user(session: Session, email: str) -> User | None:
    """The user with that (lower-case) address."""
    return session.scalar(select(User).where(User.email == email))


def find_user_by_session(session: Session, session_id: str) -> User | None:
    """The active user a session belongs to; None when its epoch has passed (signed out everywhere)."""
    user_id, _, epoch = session_id.partition(".")
    if not (user_id.isdecimal() and epoch.isdecimal()):
        return None
    user = session.get(User, int(user_id))
    return user if user and user.is_active and user.session_epoch == int(epoch) else None


def list_users_with(session: Session, permission: str) -> list[User]:
    """Active users one of whose roles carries `permission`, by id."""
    active = session.scalars(select(User).join(User.roles).where(User.is_active).distinct().order_by(User.id))
    return [user for user in active if user.can(permission)]
