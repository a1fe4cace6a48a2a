"""Who works at the desk: invited by mail, given roles, deactivated. The last active owner stays, whatever is tried.

Every step locks the owner's role before anything else, so that two at once cannot each take away one of two owners.
Nobody gives or takes what they do not hold themselves, as it stands inside the transaction.
"""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.accounts import factors, passwords, proofs, sessions
from storefront.accounts.models import Permission, ProofKind, Role, User, UserRole
from storefront.accounts.proofs import ProofGone
from storefront.accounts.queries import find_user
from storefront.accounts.service import normalise_email
from storefront.core import audit, clock, outbox
from storefront.core.db import db, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict, Forbidden, InvalidInput, NotFound

OWNER = "owner"


class LastOwner(Conflict):
    """Without them nobody could do everything any more."""

    message = N_("This is the last owner. Make somebody else an owner first.")


class TooMuch(Forbidden):
    """Whoever acts holds less than what they want to give or take."""

    message = N_("You can only give or take away what you may do yourself.")


class UnknownPerson(NotFound):
    """Nobody of the staff."""

    message = N_("Nobody of the staff is meant by this.")


class NoRole(InvalidInput):
    """Somebody without a role does not work at the desk."""

    message = N_("Choose at least one role.")


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """What roles allow together."""
    return frozenset(granted.permission for role in roles for granted in role.permissions)


def invite(actor_id: int, email: str, role_ids: Iterable[int], secret_key: str, locale: str) -> None:
    """Mail a link with which somebody joins the staff; opens transactions. Raises NoRole, TooMuch."""
    session = db.session()
    roles = _roles(session, role_ids)
    _check_grant(session, actor_id, roles)
    facts = {"role_ids": [role.id for role in roles], "by": actor_id}
    session.rollback()
    proofs.ask(ProofKind.INVITE, normalise_email(email), secret_key, facts=facts, locale=locale)


@retry_deadlocks
def accept(token: str, name: str, password: str) -> int:
    """Join the staff by a link; opens a transaction, returns the user's id. Who has an account keeps name and password.

    Raises ProofGone (also when whoever invited may not any more), WeakPassword, CommonPassword, KnownWords.
    """
    email = proofs.find(db.session(), token).email
    is_known = find_user(db.session(), email) is not None
    password_hash = None if is_known else passwords.make_hash(password, name, email)
    with transaction() as session:
        lock_owners(session)
        proof = proofs.use(token)
        roles = _invited(session, proof.facts)
        user = find_user(session, proof.email)
        if user is None:
            user = User(email=proof.email, name=name.strip()[:120], locale=proof.locale, password_hash=password_hash)
            session.add(user)
        elif not user.is_active:
            raise ProofGone()
        user.verified_at = user.verified_at or clock.now()
        user.roles = list({role.id: role for role in [*user.roles, *roles]}.values())
        session.flush()
        names = ", ".join(role.name for role in roles)
        audit.note("staff_joined", f"user {user.id}", actor=f"user:{user.id}", roles=names, by=proof.facts["by"])
        return user.id


@retry_deadlocks
def set_roles(actor_id: int, user_id: int, role_ids: Iterable[int]) -> None:
    """Give somebody these roles and no others; opens a transaction.

    Raises NoRole, TooMuch, LastOwner, UnknownPerson.
    """
    with transaction() as session:
        owner, user = lock_owners(session), _get(session, actor_id, user_id)
        roles = _roles(session, role_ids)
        _check_grant(session, actor_id, roles)
        user.roles = roles
        keep_owner(session, owner)


@retry_deadlocks
def dismiss(actor_id: int, user_id: int) -> None:
    """Take all roles away: they are a customer from now on; opens a transaction. Raises as `set_roles`."""
    with transaction() as session:
        owner, user = lock_owners(session), _get(session, actor_id, user_id)
        user.roles = []
        sessions.end_with(user)
        keep_owner(session, owner)


@retry_deadlocks
def set_active(actor_id: int, user_id: int, *, is_active: bool) -> None:
    """Let somebody in or keep them out, and end their sessions at once; opens a transaction.

    Raises TooMuch, LastOwner, UnknownPerson.
    """
    with transaction() as session:
        owner, user = lock_owners(session), _get(session, actor_id, user_id)
        user.is_active = is_active
        sessions.end_with(user)
        keep_owner(session, owner)


@retry_deadlocks
def reset_factor(actor_id: int, user_id: int) -> None:
    """Take a lost second factor away, and end all sessions; opens transactions. Raises TooMuch, UnknownPerson."""
    with transaction() as session:
        lock_owners(session)
        factors.remove_with(_get(session, actor_id, user_id))


@retry_deadlocks
def sign_out(actor_id: int, user_id: int) -> None:
    """End all sessions of somebody; opens a transaction. Raises TooMuch, UnknownPerson."""
    with transaction() as session:
        lock_owners(session)
        user = _get(session, actor_id, user_id)
        sessions.end_with(user)
        outbox.stage("accounts.tell_changed", user_id=user.id, what="signed_out", to=user.email)


def lock_owners(session: Session) -> Role | None:
    """The owner's role, locked until the caller's transaction ends: the first lock of what concerns staff. Joins."""
    return session.scalar(select(Role).where(Role.name == OWNER).with_for_update())


def keep_owner(session: Session, owner: Role | None) -> None:
    """Raises LastOwner when the caller's transaction leaves no active owner; joins, with `lock_owners` before."""
    session.flush()
    if owner is None or count_owners(session) == 0:
        raise LastOwner()


def count_owners(session: Session) -> int:
    """How many active owners there are."""
    query = select(func.count()).select_from(UserRole).join(Role, Role.id == UserRole.role_id)
    query = query.join(User, User.id == UserRole.user_id).where(Role.name == OWNER, User.is_active)
    return session.scalar(query) or 0


def _get(session: Session, actor_id: int, user_id: int) -> User:
    """Somebody of the staff who holds no more than whoever acts."""
    user = session.get(User, user_id)
    if user is None or not user.roles:
        raise UnknownPerson()
    _check_grant(session, actor_id, user.roles)
    return user


def _check_grant(session: Session, actor_id: int, roles: Iterable[Role]) -> None:
    acting = session.get(User, actor_id)
    held = permissions_of(acting.roles) if acting is not None and acting.is_active else frozenset()
    if Permission.PEOPLE_EDIT not in held or not permissions_of(roles) <= held:
        raise TooMuch()


def _roles(session: Session, role_ids: Iterable[int]) -> list[Role]:
    roles = list(session.scalars(select(Role).where(Role.id.in_(list(role_ids))).order_by(Role.id)))
    if not roles:
        raise NoRole(field="roles")
    return roles


def _invited(session: Session, facts: dict[str, object]) -> list[Role]:
    """The roles of an invitation, as far as whoever invited may still give them."""
    try:
        roles = _roles(session, facts["role_ids"])  # type: ignore[arg-type]
        _check_grant(session, int(str(facts["by"])), roles)
    except (NoRole, TooMuch):
        raise ProofGone() from None
    return roles
