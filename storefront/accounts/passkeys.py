"""Passkeys: keys that people's devices keep for this shop, used instead of a password (W3C Web Authentication).

Nobody has to say who they are: the device knows for whom it keeps a key, and finds it by the shop's name. Every way in
which an answer may be wrong looks the same from outside, and an unknown key costs the same work as a known one.
"""

import hashlib
import json
import logging
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.accounts.challenges import Challenges, Party
from storefront.accounts.models import Passkey, User
from storefront.core import audit, clock, outbox
from storefront.core.db import db, retry_deadlocks, table_of, transaction
from storefront.core.errors import N_, Conflict, Forbidden, InvalidInput, NotFound

if TYPE_CHECKING:
    from webauthn.authentication.verify_authentication_response import VerifiedAuthentication

ADD, SIGN_IN = "passkey-add", "passkey-sign-in"
MAX_PASSKEYS = 20
MAX_ANSWER = 20_000
MAX_ID, MAX_KEY = 1400, 2000
# Checked when nobody has the key, so that it takes as long; the other half of it was thrown away.
DECOY_KEY = "pQECAyYgASFYIPG0C6H2MePNs-avPkwcsOyXGwhN_zdhlXd_9qP5zknjIlggh6hJtoklIMqNypJjIEQ-m0DyxHRT7telwMe3E5IM_gc"
log = logging.getLogger("storefront.accounts")


class PasskeyRefused(Forbidden):
    """The device's answer is not one that a key of ours gives to our question."""

    message = N_("This passkey did not work here. Try again, or sign in another way.")


class NoAnswer(InvalidInput):
    """The page's script did not run."""

    message = N_("Your browser gave no passkey. Passkeys need JavaScript and a recent browser.")


class TooManyPasskeys(Conflict):
    """Nobody needs more."""

    message = N_("You have 20 passkeys already. Remove one that you do not use.")


class UnknownPasskey(NotFound):
    """Whoever asks has no such passkey (any more)."""

    message = N_("This passkey was removed already.")


class Ceremony(NamedTuple):
    """What every step needs: for whom keys are made, what they are asked, and which browser asks."""

    party: Party
    challenges: Challenges
    browser: str


class SignedIn(NamedTuple):
    """Whose key it was, and whether the device looked at whoever holds it (finger, face, PIN)."""

    user_id: int
    is_verified: bool


def ask_to_add(ceremony: Ceremony, user_id: int, shop_name: str) -> str:
    """What the browser needs to make a key, as JSON. Raises TooManyPasskeys."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
    )

    session = db.session()
    user, known = session.get_one(User, user_id), list_passkeys(session, user_id)
    if len(known) >= MAX_PASSKEYS:
        raise TooManyPasskeys()
    handle = known[0].handle if known else secrets.token_urlsafe(32)
    options = generate_registration_options(
        rp_id=ceremony.party.id,
        rp_name=shop_name,
        user_id=base64url_to_bytes(handle),
        user_name=user.email,
        user_display_name=user.name,
        challenge=ceremony.challenges.make(ADD, ceremony.browser, user=str(user_id), handle=handle),
        authenticator_selection=AuthenticatorSelectionCriteria(resident_key=ResidentKeyRequirement.REQUIRED),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one.credential_id)) for one in known],
    )
    session.rollback()
    return str(options_to_json(options))


def add(ceremony: Ceremony, user_id: int, answer: str, name: str) -> None:
    """Keep the public half of a new key, and tell its owner by mail; opens a transaction.

    Raises ChallengeGone, PasskeyRefused, TooManyPasskeys.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    challenge = _challenge_in(answer)
    facts = ceremony.challenges.take(ADD, ceremony.browser, challenge)
    if facts.get("user") != str(user_id):
        raise PasskeyRefused()
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=ceremony.party.id,
            expected_origin=ceremony.party.origin,
        )
    except Exception as error:  # Whatever a stranger's bytes break in the parsers, they are refused.
        raise PasskeyRefused() from error
    passkey = Passkey(
        user_id=user_id,
        digest=_digest(made.credential_id),
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=bytes_to_base64url(made.credential_public_key),
        handle=facts["handle"],
        sign_count=made.sign_count,
        name=name[:80],
    )
    if len(passkey.credential_id) > MAX_ID or len(passkey.public_key) > MAX_KEY:
        raise PasskeyRefused()
    _keep(passkey)


def ask_to_sign_in(ceremony: Ceremony) -> str:
    """What the browser needs to sign in with whichever key it finds, as JSON; the same for everybody."""
    from webauthn import generate_authentication_options, options_to_json

    challenge = ceremony.challenges.make(SIGN_IN, ceremony.browser)
    return str(options_to_json(generate_authentication_options(rp_id=ceremony.party.id, challenge=challenge)))


def sign_in(ceremony: Ceremony, answer: str) -> SignedIn:
    """Whose key gave that answer; opens a transaction. Raises ChallengeGone, PasskeyRefused."""
    challenge = _challenge_in(answer)
    ceremony.challenges.take(SIGN_IN, ceremony.browser, challenge)
    session = db.session()
    passkey = _find_by_answer(session, answer)
    count = passkey.sign_count if passkey else 0
    verified = _verify(ceremony.party, answer, challenge, passkey.public_key if passkey else DECOY_KEY, count)
    user = session.get(User, passkey.user_id) if passkey else None
    is_theirs = passkey is not None and _handle_in(answer) == passkey.handle
    session.rollback()
    if passkey is None or user is None or verified is None or not (user.is_active and is_theirs):
        raise PasskeyRefused()
    _note_use(passkey.id, count, verified.new_sign_count)
    return SignedIn(user.id, verified.user_verified)


@retry_deadlocks
def rename(user_id: int, passkey_id: int, name: str) -> None:
    """Call a key something else; opens a transaction. Raises UnknownPasskey."""
    own = (Passkey.id == passkey_id) & (Passkey.user_id == user_id)
    with transaction() as session:
        passkey = session.scalar(select(Passkey).where(own))
        if passkey is None:
            raise UnknownPasskey()
        passkey.name = name.strip()[:80]


@retry_deadlocks
def remove(user_id: int, passkey_id: int) -> None:
    """Forget a key: it opens nothing any more, and its owner is told; opens a transaction. Raises UnknownPasskey."""
    keys = table_of(Passkey)
    with transaction() as session:
        gone: Any = session.execute(delete(keys).where(keys.c.id == passkey_id, keys.c.user_id == user_id))
        if gone.rowcount != 1:
            raise UnknownPasskey()
        _tell(session, user_id, "passkey_removed", passkey_id)


def list_passkeys(session: Session, user_id: int) -> list[Passkey]:
    """The keys of somebody, the oldest first."""
    return list(session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)))


@retry_deadlocks
def _keep(passkey: Passkey) -> None:
    try:
        with transaction() as session:
            # Their row is locked, so that two at once do not both come to be the twentieth.
            session.execute(select(User.id).where(User.id == passkey.user_id).with_for_update(key_share=True))
            kept = select(func.count()).select_from(Passkey).where(Passkey.user_id == passkey.user_id)
            if (session.scalar(kept) or 0) >= MAX_PASSKEYS:
                raise TooManyPasskeys()
            session.add(passkey)
            session.flush()
            _tell(session, passkey.user_id, "passkey_added", passkey.id)
    except IntegrityError as error:
        raise PasskeyRefused() from error


@retry_deadlocks
def _note_use(passkey_id: int, count: int, new_count: int) -> None:
    """The device's counter goes on from where we knew it to be; of two copies of one key, one is refused here."""
    keys = table_of(Passkey)
    with transaction() as session:
        is_unused = (keys.c.id == passkey_id) & (keys.c.sign_count == count)
        moved: Any = session.execute(update(keys).where(is_unused).values(sign_count=new_count, used_at=clock.now()))
        if moved.rowcount != 1:
            raise PasskeyRefused()


def _tell(session: Session, user_id: int, what: str, passkey_id: int) -> None:
    email = session.get_one(User, user_id).email
    outbox.stage("accounts.tell_changed", user_id=user_id, what=what, to=email, mark=str(passkey_id))
    audit.note(what, f"user {user_id}", passkey=passkey_id)


def _verify(
    party: Party, answer: str, challenge: bytes, public_key: str, count: int
) -> "VerifiedAuthentication | None":
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes

    try:
        return verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=count,
        )
    except Exception as error:  # Whatever a stranger's bytes break in the parsers, they are refused.
        log.info("a passkey was refused: %s", error)
        return None


def _challenge_in(answer: str) -> bytes:
    """Which question the answer says that it answers. Raises NoAnswer, PasskeyRefused."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    if not answer:
        raise NoAnswer()
    try:
        data = _parts(answer)["response"]["clientDataJSON"]
        return bytes(parse_client_data_json(base64url_to_bytes(data)).challenge)
    except Exception as error:  # The same.
        raise PasskeyRefused() from error


def _find_by_answer(session: Session, answer: str) -> Passkey | None:
    from webauthn.helpers import base64url_to_bytes

    try:
        digest = _digest(base64url_to_bytes(str(_parts(answer)["rawId"])))
    except ValueError:
        return None
    return session.scalar(select(Passkey).where(Passkey.digest == digest))


def _handle_in(answer: str) -> str:
    handle = _parts(answer)["response"].get("userHandle")
    return str(handle or "").rstrip("=")


def _parts(answer: str) -> dict[str, Any]:
    if len(answer) > MAX_ANSWER:
        raise PasskeyRefused()
    parts = json.loads(answer)
    if not isinstance(parts, dict):
        raise PasskeyRefused()
    return parts


def _digest(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()
