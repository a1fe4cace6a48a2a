"""The shield against card testing: who tries to pay too often is slowed down, asked for proof, and then refused.

A payment that was begun counts one point for its address, its e-mail and its session, a decline three more; one that
succeeds takes its points back. So people who buy leave no trace, and who tries hundreds of cards leaves a long one.
"""

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from flask import Flask, current_app

from storefront.config import Settings
from storefront.core.counters import Counters

EXTENSION = "storefront_shield"
START_POINTS, DECLINE_POINTS = 1, 3
DAY_SECONDS = 86_400
PROOF_SECONDS, PASS_SECONDS, MAX_GUESSES, MAX_MAILS = 900, 1800, 5, 3
MAX_CODES_PER_SESSION, MAX_CODES_PER_ADDRESS = 10, 30
SLOW_SECONDS = (2, 8)
# The provider's page is out of our reach once it is open, so it is closed after so many cards; nobody owns as many.
MAX_DECLINES = 10
STARTS, DECLINES, REFUSALS = "all-starts", "all-declines", "all-refusals"
# A shop is attacked when so many payments were declined in ten minutes, and they are most of what was tried.
ATTACK_DECLINES = 60


class Verdict(IntEnum):
    """What becomes of a try to pay."""

    ALLOW = 0
    SLOW = 1
    CHALLENGE = 2
    REFUSE = 3


@dataclass(frozen=True)
class Limits:
    """From how many points on in ten minutes a subject is slowed, challenged, refused."""

    slow: int
    challenge: int
    refuse: int

    def verdict(self, points: int) -> Verdict:
        """What that many points mean."""
        if points >= self.refuse:
            return Verdict.REFUSE
        return Verdict.CHALLENGE if points >= self.challenge else Verdict.SLOW if points >= self.slow else Verdict.ALLOW


# Twenty buyers behind one address who each begin a payment, every fifth after a decline: 20 + 4 * 3 = 32 points while
# none has succeeded yet. One person who mistypes a card twice has 7.
ADDRESS, PERSON = Limits(40, 60, 120), Limits(10, 16, 40)
# While the shop is attacked; still nobody of those twenty notices.
ATTACKED_ADDRESS, ATTACKED_PERSON = Limits(36, 40, 60), Limits(8, 10, 20)


@dataclass(frozen=True)
class Subjects:
    """Whose tries are counted, as keyed digests: address (none when it says nothing), e-mail, session."""

    address: str | None
    email: str
    session: str

    @property
    def all(self) -> list[str]:
        """Those there are."""
        return [subject for subject in (self.address, self.email, self.session) if subject]


@dataclass(frozen=True)
class Assessment:
    """The verdict, and how long to wait when it is SLOW."""

    verdict: Verdict
    wait_seconds: int = 0


@dataclass(frozen=True)
class Attack:
    """What the last ten minutes were like, for staff."""

    since: datetime
    starts: int
    declines: int
    refusals: int


class Shield:
    """Counts and judges. Call nothing of it inside a database transaction."""

    def __init__(self, counters: Counters, secret_key: str) -> None:
        self._counters = counters
        self._key = secret_key.encode()

    def subjects(self, address: str | None, email: str, session: str) -> Subjects:
        """The digests of a visitor; a private address is a proxy's or our own network's, and means nobody."""
        net = _network(address)
        return Subjects(
            self._digest("address", net) if net else None,
            self._digest("email", email.strip().lower()),
            self._digest("session", session),
        )

    def assess(self, who: Subjects) -> Assessment:
        """What to do about a payment that is about to begin."""
        *points, starts, declines = self._counters.sums([*who.all, STARTS, DECLINES])
        is_attacked = _is_attack(starts, declines)
        address, person = (ATTACKED_ADDRESS, ATTACKED_PERSON) if is_attacked else (ADDRESS, PERSON)
        limits = [address if subject == who.address else person for subject in who.all]
        worst = max(limit.verdict(number) for limit, number in zip(limits, points, strict=True))
        if worst in {Verdict.SLOW, Verdict.CHALLENGE} and self._counters.read(f"pass-{who.session}"):
            return Assessment(Verdict.ALLOW)
        if worst is Verdict.REFUSE:
            self._counters.add({REFUSALS: 1})
        over = max(number - limit.slow for limit, number in zip(limits, points, strict=True))
        wait = min(SLOW_SECONDS[1], SLOW_SECONDS[0] + max(0, over)) if worst is Verdict.SLOW else 0
        return Assessment(worst, wait)

    def note_start(self, payment_id: int, who: Subjects) -> None:
        """Count an attempt to pay, once, and remember whose it is for what the provider says of it later."""
        if not self._counters.is_first(f"started-{payment_id}", DAY_SECONDS):
            return
        minute = self._counters.minute()
        fields = {"who": " ".join(who.all), str(minute): str(START_POINTS)}
        points = dict.fromkeys([*who.all, STARTS], START_POINTS)
        self._counters.add(points, minute, {f"payment-{payment_id}": (fields, DAY_SECONDS)})

    def note_decline(self, payment_id: int, marker: str) -> bool:
        """Count a decline of an attempt, once for each `marker`; True when its page has seen enough cards."""
        if not self._counters.is_first(f"declined-{payment_id}-{marker}", DAY_SECONDS):
            return False
        whose = self._counters.read(f"payment-{payment_id}").get("who", "").split()
        minute = self._counters.minute()
        self._counters.add({**dict.fromkeys(whose, DECLINE_POINTS), DECLINES: 1}, minute)
        if not whose:
            return False
        self._counters.count(f"payment-{payment_id}", str(minute), DECLINE_POINTS)
        return self._counters.count(f"payment-{payment_id}", "declines") >= MAX_DECLINES

    def note_success(self, payment_id: int) -> None:
        """Who has paid gets the points of this attempt back; the minutes they were counted in lose them."""
        fields = self._counters.take(f"payment-{payment_id}")
        whose = fields.pop("who", "").split()
        fields.pop("declines", None)
        for minute, points in fields.items():
            self._counters.add(dict.fromkeys(whose, -int(points)), int(minute))

    def open_challenge(self, who: Subjects) -> str | None:
        """A new code to be mailed; None when that address was sent enough of them."""
        (mails,) = self._counters.sums([f"mails-{who.email}"])
        if mails >= MAX_MAILS:
            return None
        code = f"{secrets.randbelow(1_000_000):06}"
        self._counters.add({f"mails-{who.email}": 1})
        fields = {"code": self._digest(f"code-{who.session}", code), "guesses": "0"}
        self._counters.note(f"challenge-{who.session}", fields, PROOF_SECONDS)
        return code

    def has_challenge(self, who: Subjects) -> bool:
        """Whether a code was mailed that can still be entered."""
        return bool(self._counters.read(f"challenge-{who.session}"))

    def answer_challenge(self, who: Subjects, code: str) -> bool:
        """Whether that is the code; who has it is let through for half an hour, up to being refused."""
        name = f"challenge-{who.session}"
        expected = self._counters.read(name).get("code", "")
        if not expected or self._counters.count(name, "guesses") > MAX_GUESSES:
            return False
        given = "".join(letter for letter in code if letter.isdecimal())
        if not hmac.compare_digest(expected, self._digest(f"code-{who.session}", given)):
            return False
        self._counters.take(name)
        self._counters.note(f"pass-{who.session}", {"is": "1"}, PASS_SECONDS)
        return True

    def may_try_code(self, who: Subjects) -> bool:
        """Whether coupons and gift cards may still be guessed at."""
        session, *address = self._counters.sums([f"codes-{who.session}"] + [f"codes-{who.address}"] * bool(who.address))
        return session < MAX_CODES_PER_SESSION and all(number < MAX_CODES_PER_ADDRESS for number in address)

    def note_wrong_code(self, who: Subjects) -> None:
        """Count a code that nobody knows."""
        self._counters.add({f"codes-{subject}": 1 for subject in (who.session, who.address) if subject})

    def attack(self) -> Attack | None:
        """Whether the shop is attacked now."""
        starts, declines, refusals = self._counters.sums([STARTS, DECLINES, REFUSALS])
        if not _is_attack(starts, declines):
            return None
        moment = str(self._counters.minute() * 60)
        since = self._counters.read("attack").get("since", moment)
        self._counters.note("attack", {"since": since}, PROOF_SECONDS)
        return Attack(datetime.fromtimestamp(int(since), UTC), starts, declines, refusals)

    def _digest(self, kind: str, text: str) -> str:
        return hmac.new(self._key, f"shield {kind} {text}".encode(), hashlib.sha256).hexdigest()[:24]


def init_shield(app: Flask, settings: Settings) -> None:
    """Make the shield of this process and hang it on the app; `get_shield()` finds it."""
    app.extensions[EXTENSION] = Shield(Counters(settings.redis_cache_url), settings.secret_key)


def get_shield() -> Shield:
    """The shield of the running shop."""
    shield: Shield = current_app.extensions[EXTENSION]
    return shield


def _is_attack(starts: int, declines: int) -> bool:
    return declines >= ATTACK_DECLINES and 2 * declines > starts


def _network(address: str | None) -> str | None:
    """An IPv4 address, or the /64 that one subscriber has of IPv6; None for what is no public address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if not parsed.is_global:
        return None
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
