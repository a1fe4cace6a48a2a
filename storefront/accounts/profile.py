"""What people change about themselves: name, language, password, address. Money and people ask for the password."""

from sqlalchemy.exc import IntegrityError

from storefront.accounts import passwords, proofs, sessions
from storefront.accounts.entry import user_behind
from storefront.accounts.models import ProofKind, User
from storefront.accounts.service import EmailTaken, normalise_email
from storefront.core import audit, clock, outbox
from storefront.core.db import db, retry_deadlocks, transaction
from storefront.core.errors import N_, Forbidden


class WrongPassword(Forbidden):
    """Who is signed in typed a password that is not theirs."""

    message = N_("This is not your password.")


def change_password(user_id: int, current: str, password: str) -> None:
    """Set another password and end all sessions; opens transactions.

    Raises WrongPassword, WeakPassword, CommonPassword, KnownWords.
    """
    check_password(user_id, current)
    known = db.session().get_one(User, user_id)
    password_hash = passwords.make_hash(password, known.name, known.email)
    db.session.rollback()
    with transaction() as session:
        user = session.get_one(User, user_id)
        user.password_hash = password_hash
        sessions.end_with(user)
        outbox.stage("accounts.tell_changed", user_id=user.id, what="password", to=user.email)
        audit.note("password_changed", f"user {user.id}")


def ask_to_change_email(user_id: int, current: str, email: str, secret_key: str) -> None:
    """Mail the link that makes another address theirs to that address; raises WrongPassword."""
    check_password(user_id, current)
    locale = db.session().get_one(User, user_id).locale
    db.session.rollback()
    proofs.ask(ProofKind.CHANGE_EMAIL, normalise_email(email), secret_key, user_id=user_id, locale=locale)


def change_email(token: str) -> int:
    """Take the address behind a link, and tell both; opens a transaction, returns the user's id.

    Raises ProofGone, EmailTaken.
    """
    try:
        with transaction() as session:
            proof = proofs.use(token)
            user = user_behind(session, proof)
            before, user.email = user.email, proof.email
            user.verified_at = clock.now()
            session.flush()
            audit.note("email_changed", f"user {user.id}")
            for address in (before, proof.email):
                outbox.stage("accounts.tell_changed", user_id=user.id, what="email", to=address)
            return user.id
    except IntegrityError:
        raise EmailTaken(field="email") from None


@retry_deadlocks
def change_profile(user_id: int, name: str, locale: str) -> None:
    """Set how somebody is called and written to; opens a transaction."""
    with transaction() as session:
        user = session.get_one(User, user_id)
        user.name, user.locale = name.strip(), locale


def check_password(user_id: int, password: str) -> None:
    """Whether this is their password; raises WrongPassword."""
    password_hash = db.session().get_one(User, user_id).password_hash
    db.session.rollback()
    if not passwords.fits(password_hash, password):
        raise WrongPassword(field="current")
