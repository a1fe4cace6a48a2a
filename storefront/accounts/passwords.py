"""Passwords: argon2id hashes, eight characters or more, and none that thieves try first or guess from a name."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from storefront.core.errors import N_, InvalidInput

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_PASSWORD = 8
MAX_PASSWORD = 256
# So many signs that are in no name have to be guessed.
MIN_UNKNOWN = 6


class WeakPassword(InvalidInput):
    """The password is too short or too long."""

    message = N_("Use 8 to 256 characters.")


class CommonPassword(InvalidInput):
    """The password is among those that are tried first."""

    message = N_("This password is on the lists that thieves try first. Choose another one.")


class KnownWords(InvalidInput):
    """The password is little more than names that everybody knows."""

    message = N_("This is little more than a name or an address that others know. Add something that only you know.")


def make_hash(password: str, *names: str) -> str:
    """The argon2id hash of a password that may be used by somebody of these names and addresses.

    Raises WeakPassword, CommonPassword, KnownWords.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise WeakPassword(field="password")
    if password.lower() in _common_passwords():
        raise CommonPassword(field="password")
    check_words(password, *names)
    return _hasher().hash(password)


def check_words(password: str, *names: str) -> None:
    """Raises KnownWords when hardly anything is left of a password without the words of these names."""
    rest = password.lower()
    for word in sorted(re.findall(r"\w{3,}", " ".join(names).lower()), key=len, reverse=True):
        rest = rest.replace(word, "")
    if len(rest) < min(MIN_UNKNOWN, len(password)):
        raise KnownWords(field="password")


def fits(password_hash: str | None, password: str) -> bool:
    """Whether a password is the one behind a hash; without a hash it takes as long and is not."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        _hasher().verify(password_hash or _decoy_hash(), password[:MAX_PASSWORD])
    except (Argon2Error, InvalidHashError):
        return False
    return password_hash is not None


@lru_cache(maxsize=1)
def _common_passwords() -> frozenset[str]:
    """The 30,000 that zxcvbn ranks, as far as they are long enough to be chosen here."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= MIN_PASSWORD)


@lru_cache(maxsize=1)
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()


@lru_cache(maxsize=1)
def _decoy_hash() -> str:
    """Verified when there is no user, so that an unknown address takes as long as a known one."""
    return _hasher().hash("nobody has this password")
