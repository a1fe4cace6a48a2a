"""Ways in by mail: opening an account, signing in without a password, setting a new one."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.accounts import passwords, proofs, sessions
from storefront.accounts.models import MailProof, ProofKind, User
from storefront.accounts.proofs import ProofGone
from storefront.accounts.queries import find_user
from storefront.accounts.service import EmailTaken, normalise_email
from storefront.core import audit, clock, outbox
from storefront.core.db import db, retry_deadlocks, transaction


def ask_to_register(email: str, password: str, name: str, secret_key: str, locale: str = "en") -> None:
    """Mail the link that opens an account; whoever has one already is told so by mail, and nobody else is.

    Raises WeakPassword, CommonPassword, KnownWords.
    """
    facts = {"name": name.strip()[:120], "password_hash": passwords.make_hash(password, name, email)}
    proofs.ask(ProofKind.REGISTER, normalise_email(email), secret_key, facts=facts, locale=locale)


def register(token: str) -> int:
    """Open the account behind a link; opens a transaction, returns the user's id. Raises ProofGone, EmailTaken."""
    try:
        with transaction() as session:
            proof = proofs.use(token)
            user = User(email=proof.email, locale=proof.locale, verified_at=clock.now(), **proof.facts)
            session.add(user)
            session.flush()
            return user.id
    except IntegrityError:
        raise EmailTaken(field="email") from None


@retry_deadlocks
def sign_in_by_mail(token: str) -> int:
    """Whom a mailed link signs in; opens a transaction. Raises ProofGone."""
    with transaction() as session:
        return user_behind(session, proofs.use(token)).id


def reset_password(token: str, password: str) -> int:
    """Set the password of whoever followed the link, and end all their sessions; opens a transaction, returns the id.

    Raises ProofGone, WeakPassword, CommonPassword, KnownWords: the link is still good then.
    """
    known = user_behind(db.session(), proofs.find(db.session(), token))
    password_hash = passwords.make_hash(password, known.name, known.email)
    db.session.rollback()
    with transaction() as session:
        user = user_behind(session, proofs.use(token))
        user.password_hash = password_hash
        sessions.end_with(user)
        outbox.stage("accounts.tell_changed", user_id=user.id, what="password", to=user.email)
        audit.note("password_reset", f"user {user.id}")
        return user.id


def user_behind(session: Session, proof: MailProof) -> User:
    """Whoever the mail was for; raises ProofGone when they are gone or blocked."""
    by_id = session.get(User, proof.user_id) if proof.user_id is not None else None
    user = by_id or (None if proof.user_id is not None else find_user(session, proof.email))
    if user is None or not user.is_active:
        raise ProofGone()
    if user.email == proof.email and user.verified_at is None:
        user.verified_at = clock.now()
    return user
