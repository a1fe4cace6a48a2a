"""The shield: who tries card after card is slowed, challenged, refused; who buys never notices it."""

from collections.abc import Callable

import pytest
from redis import Redis

from storefront.core.counters import REST_SECONDS, Counters
from storefront.payments.shield import (
    MAX_CODES_PER_ADDRESS,
    MAX_CODES_PER_SESSION,
    MAX_GUESSES,
    MAX_MAILS,
    Shield,
    Subjects,
    Verdict,
)

AWAY = "redis://127.0.0.1:1/0"
KEY = "a key for tests only"


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        self.now += minutes * 60


@pytest.fixture
def moment() -> Clock:
    return Clock()


@pytest.fixture(params=["redis", "memory"])
def shield(request: pytest.FixtureRequest, redis_url: str, moment: Clock) -> Shield:
    """A shield that counts in Redis, and one whose Redis is away."""
    return Shield(Counters(redis_url if request.param == "redis" else AWAY, moment), KEY)


def buyer(shield: Shield, number: int, address: str = "8.8.8.8") -> Subjects:
    return shield.subjects(address, f"buyer{number}@example.com", f"session-{number}")


def tries(shield: Shield, who: Callable[[int], Subjects], count: int, *, first: int = 0) -> list[Verdict]:
    """So many payments begun one after the other, each declined; what the shield said of each before."""
    said = []
    for number in range(count):
        said.append(shield.assess(who(number)).verdict)
        shield.note_start(first + number, who(number))
        shield.note_decline(first + number, "card_declined")
    return said


def test_twenty_ordinary_buyers_behind_one_address_never_see_it(shield: Shield, moment: Clock) -> None:
    for number in range(20):
        who = buyer(shield, number)
        assert shield.assess(who).verdict is Verdict.ALLOW
        shield.note_start(number + 1, who)
        if number % 5 == 0:
            shield.note_decline(number + 1, "ch_1")
            assert shield.assess(who).verdict is Verdict.ALLOW
        moment.pass_minutes(0.5)


def test_hundreds_of_small_tries_from_one_address_are_slowed_challenged_then_refused(shield: Shield) -> None:
    said = tries(shield, lambda number: buyer(shield, number), 200)
    assert said[:9] == [Verdict.ALLOW] * 9
    assert said == sorted(said)
    assert set(said) == set(Verdict)
    assert said.index(Verdict.REFUSE) <= 31
    assert said[-1] is Verdict.REFUSE


def test_one_email_or_one_session_is_known_again_behind_many_addresses(shield: Shield) -> None:
    def by_email(number: int) -> Subjects:
        address = ("thief@example.com", "Thief@Example.com ", " THIEF@example.COM")[number % 3]
        return shield.subjects(f"8.8.{number}.8", address, f"session-{number}")

    def by_session(number: int) -> Subjects:
        return shield.subjects(f"9.9.{number}.9", f"thief{number}@example.com", "one session")

    for first, who in ((0, by_email), (100, by_session)):
        said = tries(shield, who, 12, first=first)
        assert said[0] is Verdict.ALLOW
        assert said[-1] is Verdict.REFUSE


def test_an_ipv6_subscriber_is_one_address_and_its_neighbour_another(shield: Shield) -> None:
    tries(shield, lambda number: shield.subjects(f"2a00:1450:4001::{number:x}", f"a{number}@b.c", f"s{number}"), 40)
    assert shield.assess(buyer(shield, 900, "2a00:1450:4001::ffff")).verdict is Verdict.REFUSE
    assert shield.assess(buyer(shield, 901, "2a00:1450:4002::1")).verdict is Verdict.ALLOW


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "unix", None])
def test_an_address_that_means_nobody_is_not_counted(shield: Shield, address: str | None) -> None:
    said = tries(shield, lambda number: shield.subjects(address, f"a{number}@b.c", f"s{number}"), 59)
    assert set(said) == {Verdict.ALLOW}


def test_who_has_paid_leaves_no_trace(shield: Shield, moment: Clock) -> None:
    who = buyer(shield, 1)
    for number in range(50):
        shield.note_start(number, who)
        shield.note_decline(number, "ch_1")
        moment.pass_minutes(1)
        for _ in range(2):
            shield.note_success(number)
        assert shield.assess(who).verdict is Verdict.ALLOW


def test_a_start_and_a_decline_count_once_however_often_they_are_told(shield: Shield) -> None:
    who = buyer(shield, 1)
    for _ in range(30):
        shield.note_start(1, who)
        shield.note_decline(1, "ch_1")
    assert shield.assess(who).verdict is Verdict.ALLOW
    for number in range(3):
        shield.note_decline(1, f"ch_{number}")
    assert shield.assess(who).verdict is Verdict.SLOW


def test_a_decline_that_another_process_hears_of_counts_for_whom_it_concerns(redis_url: str, moment: Clock) -> None:
    web, worker = (Shield(Counters(redis_url, moment), KEY) for _ in range(2))
    who = buyer(web, 1)
    web.note_start(1, who)
    for number in range(20):
        worker.note_decline(1, f"ch_{number}")
    assert web.assess(who).verdict is Verdict.REFUSE


def test_what_is_ten_minutes_old_is_forgotten(shield: Shield, moment: Clock) -> None:
    tries(shield, lambda number: buyer(shield, number), 40)
    assert shield.assess(buyer(shield, 1)).verdict is Verdict.REFUSE
    moment.pass_minutes(10)
    assert shield.assess(buyer(shield, 1)).verdict is Verdict.ALLOW


def test_who_is_slowed_waits_longer_the_more_they_try(shield: Shield) -> None:
    waits = []
    for number in range(16):
        shield.note_start(number, buyer(shield, 1, "10.0.0.1"))
        found = shield.assess(buyer(shield, 1, "10.0.0.1"))
        waits.append(found.wait_seconds)
    assert waits == [0] * 9 + [2, 3, 4, 5, 6, 7, 0]


def test_an_attack_begins_and_ends_and_twenty_buyers_behind_one_address_notice_nothing_of_it(
    shield: Shield, moment: Clock
) -> None:
    assert shield.attack() is None
    tries(shield, lambda number: buyer(shield, number, f"8.{number}.8.8"), 60)
    found = shield.attack()
    assert found is not None
    assert (found.starts, found.declines) == (60, 60)
    moment.pass_minutes(2)
    again = shield.attack()
    assert again is not None
    assert again.since == found.since
    for number in range(100, 120):
        assert shield.assess(buyer(shield, number, "9.9.9.9")).verdict is Verdict.ALLOW
        shield.note_start(number, buyer(shield, number, "9.9.9.9"))
    moment.pass_minutes(10)
    assert shield.attack() is None


def test_limits_are_lower_during_an_attack(shield: Shield) -> None:
    def begin(who: Subjects, first: int, count: int) -> Verdict:
        for number in range(first, first + count):
            shield.note_start(number, who)
        return shield.assess(who).verdict

    person = shield.subjects(None, "thief@example.com", "a session")
    assert begin(person, 1000, 8) is Verdict.ALLOW
    tries(shield, lambda number: buyer(shield, number, f"8.{number}.8.8"), 60)
    assert shield.assess(person).verdict is Verdict.SLOW
    assert begin(person, 1010, 2) is Verdict.CHALLENGE
    assert begin(person, 1020, 10) is Verdict.REFUSE
    tries(shield, lambda number: buyer(shield, 500 + number, "9.9.9.9"), 15, first=2000)
    assert shield.assess(buyer(shield, 600, "9.9.9.9")).verdict is Verdict.REFUSE


def test_many_declines_among_many_more_sales_are_no_attack(shield: Shield) -> None:
    for number in range(200):
        shield.note_start(number, buyer(shield, number, f"8.{number}.8.8"))
        if number < 60:
            shield.note_decline(number, "ch_1")
    assert shield.attack() is None


def test_who_shows_that_the_mail_is_theirs_is_let_through_but_not_past_refusal(shield: Shield) -> None:
    who = buyer(shield, 1)
    tries(shield, lambda _number: who, 4)
    assert shield.assess(who).verdict is Verdict.CHALLENGE
    code = shield.open_challenge(who)
    assert code is not None
    assert shield.has_challenge(who)
    assert not shield.answer_challenge(buyer(shield, 2), code)
    assert shield.answer_challenge(who, f" {code[:3]} {code[3:]} ")
    assert shield.assess(who).verdict is Verdict.ALLOW
    assert not shield.answer_challenge(who, code)
    for number in range(100, 110):
        shield.note_start(number, who)
        shield.note_decline(number, "ch_1")
    assert shield.assess(who).verdict is Verdict.REFUSE


def test_a_code_cannot_be_guessed(shield: Shield) -> None:
    who = buyer(shield, 1)
    code = shield.open_challenge(who)
    assert code is not None
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(MAX_GUESSES):
        assert not shield.answer_challenge(who, wrong)
    assert not shield.answer_challenge(who, code)


def test_a_code_is_good_for_a_quarter_of_an_hour(redis_url: str, moment: Clock) -> None:
    memory = Shield(Counters(AWAY, moment), KEY)
    who = buyer(memory, 1)
    code = memory.open_challenge(who)
    moment.pass_minutes(15)
    assert not memory.answer_challenge(who, code or "")
    in_redis = Shield(Counters(redis_url, moment), KEY)
    in_redis.open_challenge(who)
    with Redis.from_url(redis_url) as client:
        assert 890 <= client.ttl(f"counter:challenge-{who.session}") <= 900


def test_nobody_is_buried_in_mails(shield: Shield, moment: Clock) -> None:
    def again() -> str | None:
        return shield.open_challenge(buyer(shield, 1))

    assert all(again() for _ in range(MAX_MAILS))
    assert again() is None
    moment.pass_minutes(10)
    assert again() is not None


def test_codes_of_coupons_and_cards_cannot_be_tried_out(shield: Shield) -> None:
    def count(who: Callable[[int], Subjects]) -> int:
        for number in range(100):
            if not shield.may_try_code(who(number)):
                return number
            shield.note_wrong_code(who(number))
        return 100

    assert count(lambda _number: buyer(shield, 1, "10.0.0.1")) == MAX_CODES_PER_SESSION
    assert count(lambda number: buyer(shield, 1000 + number)) == MAX_CODES_PER_ADDRESS


def test_redis_that_goes_away_is_not_asked_again_at_once_and_used_when_it_is_back(
    redis_url: str, moment: Clock
) -> None:
    counters = Counters(AWAY, moment)
    counters.add({"x": 3})
    assert counters.sums(["x"]) == [3]
    counters._redis = Redis.from_url(redis_url)
    counters.add({"x": 1})
    assert counters.sums(["x"]) == [4]
    moment.now += REST_SECONDS + 1
    assert counters.sums(["x"]) == [0]


def test_no_address_and_no_mail_is_kept_in_clear(redis_url: str, moment: Clock) -> None:
    shield = Shield(Counters(redis_url, moment), KEY)
    who = shield.subjects("8.8.8.8", "ada@example.com", "the session")
    shield.note_start(1, who)
    shield.note_decline(1, "ch_1")
    shield.note_wrong_code(who)
    code = shield.open_challenge(who)
    with Redis.from_url(redis_url) as client:
        kept = [(name, client.hgetall(name) if client.type(name) == b"hash" else b"") for name in client.keys("*")]
    text = str(kept)
    assert kept
    for word in ("8.8.8.8", "ada", "example", "the session", str(code)):
        assert word not in text
