"""What a passkey is asked to sign: made here, kept for minutes beside the database, good for one browser and once."""

import hashlib
import hmac
import ipaddress
import secrets
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Flask, current_app

from storefront.config import Settings
from storefront.core.counters import Counters
from storefront.core.errors import N_, Conflict

EXTENSION = "storefront_challenges"
SECONDS = 300


class ChallengeGone(Conflict):
    """The challenge was used, is too old, or was another browser's."""

    message = N_("That took too long. Please try again.")


class Party(NamedTuple):
    """Whom passkeys are made for: a host's name, and the one address its pages come from."""

    id: str
    origin: str


def find_party(base_url: str) -> Party | None:
    """The shop as passkeys know it. They are made for names and https, and for this machine as "localhost".

    None when BASE_URL is neither: browsers would refuse.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
        is_name = True
    else:
        is_name = False
    if is_here:
        return Party("localhost", f"{parts.scheme}://localhost" + (f":{parts.port}" if parts.port else ""))
    return Party(host, f"https://{parts.netloc}") if is_name and parts.scheme == "https" else None


class Challenges:
    """Challenges by purpose and browser; while Redis is away each process knows but its own, and refuses the rest."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def make(self, purpose: str, browser: str, **facts: str) -> bytes:
        """A new challenge for that browser, with facts to find again."""
        challenge = secrets.token_bytes(32)
        self._counters.note(_name(challenge), {"purpose": purpose, "browser": browser, **facts}, SECONDS)
        return challenge

    def take(self, purpose: str, browser: str, challenge: bytes) -> dict[str, str]:
        """Use a challenge up, and give its facts; raises ChallengeGone."""
        facts = self._counters.take(_name(challenge))
        is_theirs = hmac.compare_digest(facts.get("browser", ""), browser)
        if facts.get("purpose") != purpose or not is_theirs:
            raise ChallengeGone()
        return facts


def init_challenges(app: Flask, settings: Settings) -> None:
    """Make the challenges of this process and hang them on the app."""
    app.extensions[EXTENSION] = Challenges(Counters(settings.redis_cache_url))


def get_challenges() -> Challenges:
    """The challenges of the running shop."""
    challenges: Challenges = current_app.extensions[EXTENSION]
    return challenges


def _name(challenge: bytes) -> str:
    return f"challenge:{hashlib.sha256(challenge).hexdigest()}"
