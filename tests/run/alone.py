"""Buy something from a whole running shop by plain HTTP, as a shopper without JavaScript does; prints the order's end.

Run inside an empty network name space it shows that the shop needs nothing from outside:
`unshare --net sh -c 'ip link set lo up && exec python -m tests.run.alone'` (as root).
"""

import re
import tempfile
import time
import urllib.request
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urljoin

from tests.run.shop_process import ShopProcess

ADDRESS = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "line1": "12 St James's Square",
    "city": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
    "shipping_method": "standard",
    "terms": "y",
}


class Shopper:
    """A browser of the plainest kind: cookies, links, forms."""

    def __init__(self, base: str) -> None:
        self.url = base
        self.page = ""
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def go(self, path: str, form: dict[str, str] | None = None) -> None:
        """Open an address, or send a form there, and end up where its answer leads."""
        headers = {"Sec-Fetch-Site": "same-origin"}
        data = urlencode(form).encode() if form is not None else None
        with self._opener.open(urllib.request.Request(urljoin(self.url, path), data, headers), timeout=20) as answer:
            self.url, self.page = answer.url, answer.read().decode()

    def follow(self, pattern: str) -> None:
        """Go to the first address on the page that fits."""
        self.go(self._first(rf'(?:href|action)="({pattern})"'))

    def value(self, name: str) -> str:
        """What a hidden field carries."""
        return self._first(rf'name="{name}"[^>]*value="([^"]*)"')

    def _first(self, pattern: str) -> str:
        found = re.search(pattern, self.page)
        assert found, f"{pattern} is not on {self.url}"
        return unescape(found.group(1))


def buy(base: str, patience_seconds: float = 60) -> str:
    """Buy the first thing on the home page; returns the order's number once it is paid."""
    shopper = Shopper(base)
    shopper.go("/")
    shopper.follow(r"/p/[^\"]+")
    shopper.go("/cart/lines", {"variant_id": shopper.value("variant_id"), "quantity": "1"})
    shopper.go("/checkout")
    hidden = {name: shopper.value(name) for name in ("csrf_token", "key", "quoted_minor")}
    shopper.go("/checkout", ADDRESS | hidden)
    shopper.go(shopper.url, {"card_number": "4242424242424242", "choice": "pay"})
    deadline = time.monotonic() + patience_seconds
    while "Your order is paid" not in shopper.page:
        assert time.monotonic() < deadline, f"not paid: {shopper.url}"
        time.sleep(0.3)
        shopper.go(shopper.url)
    return shopper._first(r"<h1[^>]*>Order ([0-9A-Z-]+)</h1>")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, ShopProcess(Path(folder) / "var", DEMO="") as shop:
        print(f"order {buy(f'http://127.0.0.1:{shop.port}')} is paid")


if __name__ == "__main__":
    main()
