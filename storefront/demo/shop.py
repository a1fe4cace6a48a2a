"""The packaged data of the demo shop: what stands in shop.json.gz, typed."""

import gzip
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from storefront.importing.goods import NewProduct, NewVariant

DATA = Path(__file__).with_name("shop.json.gz")


@dataclass(frozen=True)
class DemoOrder:
    """An order `days_ago` days before the day of the seed, at a minute of the shop's day.

    `customer` is a number that comes again with the same buyer, 0 for a guest; `lines` are (variant's place, quantity).
    """

    days_ago: int
    minute: int
    customer: int
    country: str
    lines: tuple[tuple[int, int], ...]
    returned: int = 0


@dataclass(frozen=True)
class DemoShop:
    """Categories as (slug, name), products, orders; a variant's place counts through all products in order."""

    categories: tuple[tuple[str, str], ...]
    products: tuple[NewProduct, ...]
    orders: tuple[DemoOrder, ...]

    @property
    def variants(self) -> list[tuple[NewProduct, NewVariant]]:
        """Every variant with its product, by place."""
        return [(product, variant) for product in self.products for variant in product.variants]


def write_shop(shop: DemoShop, path: Path = DATA) -> None:
    """Write the data, the same bytes for the same shop."""
    text = json.dumps(
        {
            "source": "Online Retail, doi:10.1057/dbm.2012.17, CC0",
            "categories": shop.categories,
            "products": [asdict(product) for product in shop.products],
            "orders": [list(vars(order).values()) for order in shop.orders],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def read_shop(path: Path = DATA) -> DemoShop:
    """The packaged shop."""
    data: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return DemoShop(
        categories=tuple((slug, name) for slug, name in data["categories"]),
        products=tuple(_product(product) for product in data["products"]),
        orders=tuple(_order(*order) for order in data["orders"]),
    )


def _product(data: dict[str, Any]) -> NewProduct:
    variants = tuple(NewVariant(**variant) for variant in data.pop("variants"))
    return NewProduct(variants=variants, **data)


def _order(days_ago: int, minute: int, customer: int, country: str, lines: list[list[int]], returned: int) -> DemoOrder:
    pairs = tuple((place, quantity) for place, quantity in lines)
    return DemoOrder(days_ago, minute, customer, country, pairs, returned)
