"""Cards are tried out on a running shop, over HTTP, from hundreds of addresses; people who buy never notice it."""

import itertools
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storefront.core.counters import Counters
from storefront.core.db import db
from storefront.payments.shield import DECLINES, Shield
from storefront.torture.browser import Answer, Browser, CutOff, hidden_fields
from storefront.torture.buyer import PAY_PAGE, Buyer, Outcome
from storefront.torture.goods import make_shop, stock_shelves
from storefront.torture.servers import WEB_SERVERS, Servers

GIFT = {"amount": "2500", "recipient": "mule@example.com", "words": "", "name": "Mallory", "terms": "y"}
THROUGH, SLOWED, CHALLENGED, REFUSED = "through", "slowed", "challenged", "refused"
MOST_TRIES, MOST_CARDS, AFTERWARDS = 60, 60, 60
NEIGHBOURS = "9.9.9.9"
HEARD_SECONDS = 10
_numbers = itertools.count(1)


class Place:
    """A shop on two web servers behind a proxy, and what is for sale in it."""

    def __init__(self, servers: Servers, variant_ids: list[int]) -> None:
        self.servers, self.variant_ids = servers, variant_ids
        self._counters = Counters(servers.settings.redis_cache_url)
        self._declined = itertools.count(1)

    def port(self, number: int) -> int:
        """One web server after the other."""
        return self.servers.ports[WEB_SERVERS[number % 2]]

    def is_attacked(self) -> bool:
        """What the desk would say."""
        return Shield(self._counters, self.servers.settings.secret_key).attack() is not None

    def hear_of_decline(self) -> None:
        """Wait until the provider's message about one more decline has come to the shield, however busy the machine."""
        declined, deadline = next(self._declined), time.monotonic() + HEARD_SECONDS
        while self._counters.sums([DECLINES])[0] < declined and time.monotonic() < deadline:
            time.sleep(0.02)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    servers = Servers(tmp_path, f"sqlite:///{tmp_path / 'shop.sqlite3'}", TRUSTED_PROXIES="1")
    app = make_shop(servers.settings)
    with app.app_context():
        variant_ids = stock_shelves(1, 100)
        db.session.remove()
        try:
            servers.start_all()
            yield Place(servers, variant_ids)
        finally:
            servers.stop_all()
            db.engine.dispose()


class Bot:
    """Whoever tries out cards on gift cards: which address, e-mail and browser it is seen with changes every time."""

    def __init__(self, place: Place, *, keeps: str) -> None:
        self._place = place
        self.keeps = keeps
        self._browser = Browser(place.port(0))
        self.pages: list[str] = []
        self.seen: list[str] = []
        self.cards = 0

    def try_until_refused(self) -> None:
        """Order and try one card each time, waiting where that is asked for, then more cards on the open pages."""
        while len(self.seen) < MOST_TRIES and CHALLENGED not in self.seen:
            self.order()
        for path in itertools.cycle(self.pages):
            self._decline(path)
            if self.cards % 4 == 0:
                self.order()
            if self.seen[-1] == REFUSED or self.cards >= MOST_CARDS:
                return

    def go_on(self) -> None:
        """Cards on the pages that are open still, and orders from everywhere."""
        for path in self.pages[-2:] * 6:
            self._decline(path)
        for _ in range(AFTERWARDS):
            self.order()

    def order(self) -> None:
        """One order with one card."""
        self._change()
        form = hidden_fields(self._browser.get("/gift-cards").text)
        answer = self._post("/gift-cards", form | GIFT | {"email": self._email})
        if answer.status == 303 and answer.location.endswith("/check"):
            self._read_check(answer.location)
            return
        self._note(answer.status, answer.location)

    def _post(self, path: str, form: dict[str, str]) -> Answer:
        """Once more where the server had hung up after a while of silence."""
        try:
            return self._browser.post(path, form)
        except CutOff:
            return self._browser.post(path, form)

    def _change(self) -> None:
        number = next(_numbers)
        if self.keeps != "session":
            self._browser.close()
            self._browser = Browser(self._place.port(number))
        is_there = self.keeps == "address"
        self._browser.address = "8.8.8.8" if is_there else f"8.{number // 250 + 10}.{number % 250}.8"
        # A shield that takes two ways to write an address for two people would be no use.
        mallory = ("mallory@example.com", "Mallory@Example.com", "MALLORY@example.COM")[number % 3]
        self._email = mallory if self.keeps == "email" else f"thief{number}@example.com"

    def _read_check(self, path: str) -> None:
        page = self._browser.get(path)
        wait = re.search(r"Please wait (\d+) second", page.text)
        if not wait:
            self.seen.append(REFUSED if page.status == 429 else CHALLENGED)
            return
        self.seen.append(SLOWED)
        time.sleep(int(wait.group(1)))
        answer = self._post(path.replace("/check", "/payments"), hidden_fields(page.text))
        if answer.location.startswith(PAY_PAGE):
            self._open(answer.location)

    def _note(self, status: int, location: str) -> None:
        self.seen.append(REFUSED if status == 429 else THROUGH)
        if status == 303:
            assert location.startswith(PAY_PAGE), location
            self._open(location)

    def _open(self, path: str) -> None:
        self.pages.append(path)
        self._decline(path)

    def _decline(self, path: str) -> None:
        self.cards += 1
        # A page that has seen ten cards is closed.
        if self._post(path, {"choice": "decline"}).status < 400:
            self._place.hear_of_decline()


class Shopper(Buyer):
    """Somebody who buys, some of them with a card that is declined at first."""

    is_clumsy = False

    def _pay(self, path: str) -> None:
        assert path.startswith(PAY_PAGE), f"a buyer was stopped: {path}"
        if self.is_clumsy:
            self._browser.post(path, {"choice": "decline"})
        super()._pay(path)


def buy(place: Place, number: int) -> Outcome:
    deadline = time.monotonic() + 30
    shopper = Shopper(number, place.port(number), place.variant_ids, deadline=deadline, address=NEIGHBOURS)
    shopper.is_clumsy = number % 5 == 0
    outcome = shopper.buy(lambda _shopper: None)
    assert not shopper.trouble, shopper.trouble
    return outcome


def test_who_tries_out_cards_is_slowed_challenged_refused_and_buyers_never_see_it(place: Place) -> None:
    bots = [Bot(place, keeps=keeps) for keeps in ("email", "session", "address")]
    with ThreadPoolExecutor(len(bots)) as pool:
        list(pool.map(Bot.try_until_refused, bots))
        steps = [THROUGH, SLOWED, CHALLENGED, REFUSED]
        assert {answer for bot in bots for answer in bot.seen} == set(steps)
        for bot in bots:
            # Where the shop hears of several declined cards at once, a step between may never be seen.
            seen = list(dict.fromkeys(bot.seen))
            assert seen == [step for step in steps if step in seen], (bot.keeps, bot.seen)
            assert (seen[0], seen[-1]) == (THROUGH, REFUSED), (bot.keeps, bot.seen)
            assert bot.cards < MOST_CARDS, bot.keeps
        opened = [len(bot.pages) for bot in bots]
        going_on = [pool.submit(bot.go_on) for bot in bots]
        outcomes = [buy(place, number) for number in range(20)]
        for each in going_on:
            each.result()
    assert outcomes == [Outcome.BOUGHT] * 20
    assert {answer for bot in bots for answer in bot.seen[-AFTERWARDS:]} == {REFUSED}
    assert [len(bot.pages) for bot in bots] == opened
    assert place.is_attacked()
