"""The only writers of people. Passwords are argon2id hashes; addresses are compared in lower case."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.accounts import passwords
from storefront.accounts.models import ROLES, Customer, Role, RolePermission, User
from storefront.core import audit, clock
from storefront.core.db import insert_once, joined, table_of, transaction
from storefront.core.errors import N_, Conflict, Forbidden, NotFound

CUSTOMERS = table_of(Customer)
FIND_CUSTOMER = select(CUSTOMERS.c.id).where(CUSTOMERS.c.email == bindparam("address"))


class EmailTaken(Conflict):
    """Somebody has an account under that address."""

    message = N_("There is an account with this e-mail address. Sign in instead.")


class WrongCredentials(Forbidden):
    """Address and password do not belong together; which of the two is wrong is not said."""

    message = N_("E-mail address or password is not right. Check both and try again.")


class UnknownRole(NotFound):
    """No role has that name."""

    message = N_("There is no role “%(name)s”.")


def normalise_email(email: str) -> str:
    """The address as it is stored and compared."""
    return email.strip().lower()


def create_user(email: str, password: str, name: str, *, roles: Iterable[str] = (), locale: str = "en") -> int:
    """Add someone who can sign in and whose address is known to be theirs; opens a transaction, returns the id.

    Raises EmailTaken, WeakPassword, CommonPassword, UnknownRole.
    """
    password_hash = passwords.make_hash(password)
    try:
        with transaction() as session:
            user = User(email=normalise_email(email), name=name.strip(), password_hash=password_hash, locale=locale)
            user.verified_at = clock.now()
            user.roles = [_get_role(session, role) for role in roles]
            session.add(user)
            session.flush()
            if user.roles:
                audit.note("staff_created", f"user {user.id}", roles=", ".join(role.name for role in user.roles))
            return user.id
    except IntegrityError:
        raise EmailTaken(field="email") from None


def authenticate(session: Session, email: str, password: str) -> User:
    """The user behind address and password; raises WrongCredentials, after the same work for unknown addresses."""
    # Only what is needed: with a whole user their roles would be read too, and that can be measured.
    query = select(User.id, User.password_hash, User.is_active).where(User.email == normalise_email(email))
    found = session.execute(query).one_or_none()
    is_right = passwords.fits(found.password_hash if found else None, password)
    if found is None or not is_right or not found.is_active:
        raise WrongCredentials(field="password")
    return session.get_one(User, found.id)


def ensure_roles() -> None:
    """Write the roles the shop comes with where they are missing; opens a transaction, idempotent."""
    with transaction() as session:
        known = set(session.scalars(select(Role.name)))
        for name in ROLES.keys() - known:
            permissions = [RolePermission(permission=permission) for permission in sorted(ROLES[name])]
            session.add(Role(name=name, permissions=permissions))


def ensure_customer(email: str, country: str) -> int:
    """The id of the buyer with that address, made when it is new; joins the caller's transaction."""
    connection, address = joined().connection(), normalise_email(email)
    known = connection.scalar(FIND_CUSTOMER, {"address": address})
    if known is None:
        # Two first orders of one buyer may meet here: the loser of the race takes the winner's row.
        row = {"email": address, "country": country, "created_at": clock.now()}
        connection.execute(insert_once(joined(), Customer), row)
        known = connection.execute(FIND_CUSTOMER, {"address": address}).scalar_one()
    return int(known)


def _get_role(session: Session, name: str) -> Role:
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        raise UnknownRole(name=name)
    return role
