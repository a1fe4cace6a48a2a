"""Links that are mailed: asked for, followed once, forgotten."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from storefront.accounts.models import MailProof, ProofKind
from storefront.core import clock, outbox
from storefront.core.db import joined, retry_deadlocks, transaction
from storefront.core.errors import N_, NotFound

LIVES = {
    ProofKind.REGISTER: timedelta(days=1),
    ProofKind.SIGN_IN: timedelta(minutes=20),
    ProofKind.RESET: timedelta(hours=1),
    ProofKind.CHANGE_EMAIL: timedelta(days=1),
    ProofKind.INVITE: timedelta(days=3),
}
# So many mails an address gets in an hour, whoever asks for them.
MOST_PER_HOUR = 5


class ProofGone(NotFound):
    """The link was used, is too old, or was never ours."""

    message = N_("This link has been used already or is too old. Ask for a new one.")


@retry_deadlocks
def ask(
    kind: ProofKind,
    email: str,
    secret_key: str,
    *,
    user_id: int | None = None,
    facts: dict[str, Any] | None = None,
    locale: str = "en",
) -> None:
    """Stage the mail with a link; opens a transaction. Whether anybody has that address is not told: the mail knows.

    Earlier links of the same kind for this address end: nobody else's name or password waits behind a newer mail.
    """
    moment, salt = clock.now(), secrets.token_urlsafe(32)
    with transaction() as session:
        if _count_recent(session, email) >= MOST_PER_HOUR:
            return
        is_older = (MailProof.kind == kind) & (MailProof.email == email) & MailProof.used_at.is_(None)
        session.execute(update(MailProof).where(is_older).values(used_at=moment))
        proof = MailProof(kind=kind, email=email, user_id=user_id, facts=facts or {}, locale=locale, salt=salt)
        proof.digest, proof.expires_at = _digest(token_of(salt, secret_key)), moment + LIVES[kind]
        session.add(proof)
        session.flush()
        # Under no key of its id: SQLite gives the id of a link that was deleted to the next one.
        outbox.stage("accounts.send_proof", proof_id=proof.id)


def find(session: Session, token: str) -> MailProof:
    """The link behind a token, while it is good; raises ProofGone."""
    is_good = MailProof.used_at.is_(None) & (MailProof.expires_at > clock.now())
    proof = session.scalar(select(MailProof).where(MailProof.digest == _digest(token), is_good))
    if proof is None:
        raise ProofGone()
    return proof


def use(token: str) -> MailProof:
    """Use a link up; joins. Of two who follow it at once one gets it. Raises ProofGone."""
    session = joined()
    proof = find(session, token)
    changed: Any = session.execute(
        update(MailProof)
        .where(MailProof.id == proof.id, MailProof.used_at.is_(None))
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        raise ProofGone()
    return proof


def token_of(salt: str, secret_key: str) -> str:
    """The token that goes with a salt: a copy of the database alone opens no account."""
    return hmac.new(secret_key.encode(), b"mail proof " + salt.encode(), hashlib.sha256).hexdigest()


@retry_deadlocks
def forget_old() -> int:
    """Delete links that ended a day ago and return how many; opens a transaction."""
    with transaction() as session:
        is_over = MailProof.expires_at < clock.now() - timedelta(days=1)
        changed: Any = session.execute(delete(MailProof).where(is_over))
        return int(changed.rowcount)


def _count_recent(session: Session, email: str) -> int:
    is_recent = (MailProof.email == email) & (MailProof.created_at > clock.now() - timedelta(hours=1))
    return session.scalar(select(func.count()).select_from(MailProof).where(is_recent)) or 0


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
