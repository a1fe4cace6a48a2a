"""Roles: named bundles of permissions. The owner's holds everything, always."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.accounts.models import Permission, Role, RolePermission, User, UserRole
from storefront.accounts.staff import OWNER, TooMuch, lock_owners, permissions_of
from storefront.core.db import retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict, NotFound


class RoleGone(NotFound):
    """The role was taken away."""

    message = N_("This role is not there any more.")


class TakenRole(Conflict):
    """Another role has that name."""

    message = N_("Another role has this name.")


class FixedRole(Conflict):
    """The owner's role is what it is."""

    message = N_("The owner's role always holds every permission.")


class RoleInUse(Conflict):
    """Somebody would lose it without anybody having said so."""

    message = N_("Somebody still has this role. Give them another one first.")


def list_roles(session: Session) -> list[Role]:
    """All roles, the owner's first."""
    roles = session.scalars(select(Role).order_by(Role.id)).all()
    return sorted(roles, key=lambda role: role.name != OWNER)


def get_role(session: Session, role_id: int) -> Role:
    """One role. Raises RoleGone."""
    role = session.get(Role, role_id)
    if role is None:
        raise RoleGone()
    return role


def list_staff(session: Session) -> list[User]:
    """Everybody with a role, by name; whoever was deactivated comes last."""
    query = select(User).where(User.id.in_(select(UserRole.user_id)))
    return list(session.scalars(query.order_by(User.is_active.desc(), User.name, User.id)))


def create_role(actor_id: int, name: str, permissions: Iterable[Permission]) -> int:
    """Add a role; opens a transaction, returns its id. Raises TakenRole, TooMuch."""
    wanted = frozenset(permissions)
    try:
        with transaction() as session:
            _check(session, actor_id, wanted)
            role = Role(name=name.strip(), permissions=_rows(wanted))
            session.add(role)
            session.flush()
            return role.id
    except IntegrityError:
        raise TakenRole(field="name") from None


def change_role(actor_id: int, role_id: int, name: str, permissions: Iterable[Permission]) -> None:
    """Set what a role is called and allows; it counts from the next request on. Opens a transaction.

    Raises RoleGone, FixedRole, TakenRole, TooMuch.
    """
    wanted = frozenset(permissions)
    try:
        with transaction() as session:
            role = _changeable(session, actor_id, role_id, wanted)
            role.name = name.strip()
            kept = [row for row in role.permissions if row.permission in wanted]
            role.permissions = kept + _rows(wanted - {row.permission for row in kept})
    except IntegrityError:
        raise TakenRole(field="name") from None


@retry_deadlocks
def delete_role(actor_id: int, role_id: int) -> None:
    """Take a role away that nobody has; opens a transaction. Raises RoleGone, FixedRole, RoleInUse, TooMuch."""
    with transaction() as session:
        role = _changeable(session, actor_id, role_id, frozenset())
        used = select(func.count()).select_from(UserRole).where(UserRole.role_id == role_id)
        if session.scalar(used):
            raise RoleInUse()
        session.delete(role)


def _changeable(session: Session, actor_id: int, role_id: int, wanted: frozenset[Permission]) -> Role:
    lock_owners(session)
    role = get_role(session, role_id)
    if role.name == OWNER:
        raise FixedRole()
    _check(session, actor_id, wanted | permissions_of([role]))
    return role


def _check(session: Session, actor_id: int, permissions: frozenset[Permission]) -> None:
    acting = session.get(User, actor_id)
    if acting is None or not permissions <= permissions_of(acting.roles):
        raise TooMuch()


def _rows(permissions: Iterable[Permission]) -> list[RolePermission]:
    return [RolePermission(permission=permission) for permission in sorted(permissions)]
