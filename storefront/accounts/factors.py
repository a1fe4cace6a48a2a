"""The second factor of staff: a code of the moment from an app (RFC 6238), or one of ten codes kept on paper.

An app's secret is not kept: it follows from a salt and the shop's own, so that a copy of the database makes no codes.
"""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from storefront.accounts import sessions
from storefront.accounts.models import RecoveryCode, User
from storefront.core import audit, clock, outbox
from storefront.core.db import db, insert_rows, joined, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Forbidden

STEP_SECONDS = 30
CODES = 10
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


class WrongCode(Forbidden):
    """The code is not right, too old, or was used before."""

    message = N_("This code is not right. Wait for the next one in your app, or use a code from paper.")


@retry_deadlocks
def begin(user_id: int) -> str:
    """The salt of a factor that is set up; the same until it is confirmed. Opens a transaction."""
    with transaction() as session:
        user = session.get_one(User, user_id)
        if user.factor_salt is None:
            user.factor_salt = secrets.token_urlsafe(32)
        return user.factor_salt


def confirm(user_id: int, code: str, secret_key: str) -> list[str]:
    """Take the factor into use once the app's code is right; gives the codes for paper. Raises WrongCode.

    Opens transactions.
    """
    _use_code(user_id, plain(code), secret_key)
    with transaction() as session:
        user = session.get_one(User, user_id)
        user.factor_confirmed_at = clock.now()
        outbox.stage("accounts.tell_changed", user_id=user_id, what="factor", to=user.email)
        audit.note("factor_set_up", f"user {user_id}")
    return renew_codes(user_id, secret_key)


def check(user_id: int, code: str, secret_key: str) -> None:
    """Whether a code shows that this is them; each is good once. Opens a transaction. Raises WrongCode."""
    signs = plain(code)
    if signs.isdecimal() and len(signs) == 6:
        _use_code(user_id, signs, secret_key)
    else:
        _use_recovery(user_id, signs, secret_key)


def plain(code: str) -> str:
    """What counts of a code however it was typed: with spaces, in small letters, with the wide digits of Chinese."""
    narrow = unicodedata.normalize("NFKC", code).upper()
    return "".join(sign for sign in narrow if sign.isascii() and sign.isalnum())


@retry_deadlocks
def renew_codes(user_id: int, secret_key: str) -> list[str]:
    """Ten new codes for paper; the old ones end. Opens a transaction."""
    codes = ["".join(secrets.choice(LETTERS) for _ in range(10)) for _ in range(CODES)]
    rows = [{"user_id": user_id, "digest": _digest(code, secret_key)} for code in codes]
    with transaction() as session:
        session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        insert_rows(session, RecoveryCode, rows)
        audit.note("recovery_codes_made", f"user {user_id}")
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def remove_with(user: User) -> None:
    """Let somebody who has lost their factor set it up anew, and end their sessions; joins the caller's transaction."""
    user.factor_salt = user.factor_confirmed_at = None
    joined().execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    sessions.end_with(user)
    outbox.stage("accounts.tell_changed", user_id=user.id, what="factor_reset", to=user.email)


def count_codes(session: Session, user_id: int) -> int:
    """How many codes on paper are left."""
    unused = (RecoveryCode.user_id == user_id) & RecoveryCode.used_at.is_(None)
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(unused)) or 0


def secret_of(salt: str, secret_key: str) -> str:
    """The app's secret, in base 32 as apps take it."""
    digest = hmac.new(secret_key.encode(), b"second factor " + salt.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:20]).decode()


def address_of(salt: str, secret_key: str, email: str, shop_name: str) -> str:
    """What the picture for the app says: https://github.com/google/google-authenticator/wiki/Key-Uri-Format."""
    from pyotp import TOTP

    return str(TOTP(secret_of(salt, secret_key)).provisioning_uri(name=email, issuer_name=shop_name))


def _use_code(user_id: int, code: str, secret_key: str) -> None:
    """A code of this half minute, the last or the next; a step is used once, also by two at the same moment."""
    from pyotp import TOTP

    session = db.session()
    salt = session.scalar(select(User.factor_salt).where(User.id == user_id))
    session.rollback()
    now = int(clock.now().timestamp() // STEP_SECONDS)
    totp = TOTP(secret_of(salt, secret_key)) if salt else None
    steps = [step for step in (now - 1, now, now + 1) if totp and hmac.compare_digest(totp.generate_otp(step), code)]
    if not steps:
        raise WrongCode(field="code")
    _note_step(user_id, steps[0])


@retry_deadlocks
def _note_step(user_id: int, step: int) -> None:
    users = table_of(User)
    with transaction() as session:
        changed: Any = session.execute(
            update(users).where(users.c.id == user_id, users.c.factor_step < step).values(factor_step=step)
        )
        if changed.rowcount != 1:
            raise WrongCode(field="code")
        audit.note("factor_shown", f"user {user_id}", how="app")


@retry_deadlocks
def _use_recovery(user_id: int, code: str, secret_key: str) -> None:
    codes = table_of(RecoveryCode)
    own = (codes.c.user_id == user_id) & (codes.c.digest == _digest(code, secret_key))
    with transaction() as session:
        changed: Any = session.execute(update(codes).where(own, codes.c.used_at.is_(None)).values(used_at=clock.now()))
        if changed.rowcount != 1:
            raise WrongCode(field="code")
        audit.note("factor_shown", f"user {user_id}", how="paper")


def _digest(code: str, secret_key: str) -> str:
    return hmac.new(secret_key.encode(), b"recovery code " + code.encode(), hashlib.sha256).hexdigest()
