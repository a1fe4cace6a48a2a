"""Several web processes count together, whichever of them is asked."""

import re
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from prometheus_client.parser import text_string_to_metric_families

from tests.run.shop_process import ShopProcess, eventually

SHOPPERS = 12


def begin_checkout(address: str) -> None:
    """A shopper of their own, with a cookie of their own, whose goods are kept."""
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    opener.addheaders = [("Sec-Fetch-Site", "same-origin")]
    product = re.search(r'href="(/p/[^"?]+)', opener.open(f"{address}/").read().decode())
    page = opener.open(address + product[1]).read().decode()
    variant_id = re.search(r'name="variant_id" value="(\d+)"', page)[1]
    form = urlencode({"variant_id": variant_id, "quantity": 1}).encode()
    opener.open(f"{address}/cart/lines", form)
    assert opener.open(f"{address}/checkout").status == 200


def read_held(shop: ShopProcess) -> int:
    status, body = shop.get("/metrics")
    assert status == 200, body
    samples = [one for family in text_string_to_metric_families(body.decode()) for one in family.samples]
    return sum(
        int(one.value) for one in samples if one.name == "storefront_gate_total" and one.labels["outcome"] == "held"
    )


def test_each_of_them_tells_the_counts_of_all(tmp_path: Path) -> None:
    with ShopProcess(tmp_path / "data", WEB_WORKERS="2", DEMO="1") as shop:
        for _ in range(SHOPPERS):
            begin_checkout(f"http://127.0.0.1:{shop.port}")
        assert [read_held(shop) for _ in range(10)] == [SHOPPERS] * 10
        files = list((tmp_path / "data" / "metrics").glob("counter_*.db"))
        assert len(files) == 2
        web = [process for process in shop.members() if str(process.pid) in {file.stem[8:] for file in files}]
        assert len(web) == 2
        web[0].kill()
        assert eventually(lambda: len(list((tmp_path / "data" / "metrics").glob("counter_*.db"))) == 3, 20), shop.output
        begin_checkout(f"http://127.0.0.1:{shop.port}")
        assert read_held(shop) == SHOPPERS + 1
