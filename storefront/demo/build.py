"""Choose the demo shop from the retailer's transactions: `python -m storefront.demo.build FILE` writes shop.json.gz.

Everything follows from the file, so building twice gives the same bytes.
"""

import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import click

from storefront.catalog.tiles.choice import choose
from storefront.demo.shop import DATA, DemoOrder, DemoShop, write_shop
from storefront.importing.goods import NewProduct, NewVariant
from storefront.importing.online_retail.account import Account
from storefront.importing.online_retail.catalogue import ProductPlan, VariantPlan, plan_products
from storefront.importing.online_retail.categories import CATEGORIES
from storefront.importing.online_retail.countries import country_code
from storefront.importing.online_retail.reading import LOCAL, Line, read_lines
from storefront.importing.online_retail.rules import Kind, product_code, sort_line

SHELVES = (
    "kitchen-dining",
    "home-decor",
    "lighting-candles",
    "bags-travel",
    "stationery-wrap",
    "garden",
    "toys-games",
    "christmas",
)
PER_SHELF = 25
# So many of the 25 come in variants, and so many at most look alike on their pictures or begin with the same words.
WITH_VARIANTS = 8
ALIKE = 4
ORDERS = 1_800
MAX_LINES = 8
# The retailer sells to shops by the dozen; the demo shop sells to people.
WHOLESALE = 6
MAX_QUANTITY = 6
# Names of other companies' characters and brands, and names that are cut off or crude, stay out of the demo.
UNWANTED = re.compile(
    r"charlie|lola|rex |dotcom|poppy's|keep calm|ipod|world war|gin |spliff|rasta|skull|[\"/]|\d{2}cm|assorted|multi"
    r"|\bno$|heads and tails|\bwith$|\bin$|made in|nurse|monkey|elephant|homemade|toilet|^images|^design|^envelope"
    r"|english rose$|^baby bib|flying ducks",
    re.IGNORECASE,
)


def build(source: Path) -> DemoShop:
    """The demo shop that the transactions in `source` give."""
    sales = [line for line in read_lines(source, Account()) if sort_line(line) is Kind.SALE and line.price_minor]
    sold = Counter(product_code(line.code) for line in sales)
    plans = _choose(plan_products(sales), sold)
    places = {variant.sku: place for place, variant in enumerate(v for plan in plans for v in plan.variants)}
    orders = _orders(sales, places)
    demand = Counter(dict.fromkeys(places.values(), 0))
    for order in orders:
        demand.update(dict(order.lines))
    products = tuple(_product(plan, places, demand) for plan in plans)
    return DemoShop(tuple((slug, CATEGORIES[slug]) for slug in SHELVES), products, orders)


def _choose(plans: dict[str, ProductPlan], sold: Counter[str]) -> list[ProductPlan]:
    """25 products a shelf, the most often bought first, but varied: not four dozen of the same bag."""
    chosen: list[ProductPlan] = []
    for shelf in SHELVES:
        fitting = [plan for plan in plans.values() if plan.category == shelf and _is_presentable(plan)]
        fitting.sort(key=lambda plan: (-sold[plan.code], plan.code))
        several = _varied([plan for plan in fitting if 2 <= len(plan.variants) <= 6], WITH_VARIANTS, [])
        single = [plan for plan in fitting if len(plan.variants) == 1]
        chosen += sorted(_varied(single, PER_SHELF, several), key=lambda plan: (-sold[plan.code], plan.code))
    return chosen


def _is_presentable(plan: ProductPlan) -> bool:
    texts = [plan.name, *(variant.name for variant in plan.variants)]
    return not any(UNWANTED.search(text) or len(text) > 38 for text in texts) and len(plan.name.split()) >= 2


def _varied(candidates: Iterable[ProductPlan], count: int, start: list[ProductPlan]) -> list[ProductPlan]:
    """`start`, filled up to `count` without more than a few of one kind."""
    result = list(start)
    looks = Counter(_look(plan) for plan in result)
    for plan in candidates:
        if len(result) == count:
            break
        alike = max(looks[key] for key in _looks(plan))
        if alike < ALIKE:
            result.append(plan)
            looks.update(_looks(plan))
    return result


def _look(plan: ProductPlan) -> str:
    return choose(plan.name, plan.category)[0].__name__


def _looks(plan: ProductPlan) -> tuple[str, ...]:
    return _look(plan), " ".join(plan.name.lower().split()[:2])


def _product(plan: ProductPlan, places: dict[str, int], demand: Counter[int]) -> NewProduct:
    variants = tuple(_variant(variant, demand[places[variant.sku]]) for variant in plan.variants)
    return NewProduct(plan.code, plan.name, plan.category, plan.description, variants)


def _variant(plan: VariantPlan, demand: int) -> NewVariant:
    """Two months' demand lies on the shelf; of every seventeen variants one is sold out and one nearly."""
    chance = zlib.crc32(plan.sku.encode()) % 17
    stock = 0 if chance == 0 else 3 if chance == 1 else max(12, round(demand / 9 * 2))
    return NewVariant(plan.sku, plan.name, plan.price_minor, stock)


def _orders(sales: list[Line], places: dict[str, int]) -> tuple[DemoOrder, ...]:
    invoices: dict[str, list[Line]] = defaultdict(list)
    for line in sales:
        if line.code in places:
            invoices[line.invoice].append(line)
    drawn = sorted(invoices, key=lambda invoice: (zlib.crc32(invoice.encode()), invoice))[:ORDERS]
    last = max(line.placed_at.astimezone(LOCAL).date() for line in sales)
    return tuple(_order(invoices[invoice], places, last.toordinal()) for invoice in sorted(drawn))


def _order(lines: list[Line], places: dict[str, int], last_day: int) -> DemoOrder:
    """One invoice as an order of the demo; the file's last day becomes the day before the seed."""
    first = lines[0]
    local = first.placed_at.astimezone(LOCAL)
    quantities: Counter[int] = Counter()
    for line in lines:
        quantities[places[line.code]] += min(MAX_QUANTITY, max(1, round(line.quantity / WHOLESALE)))
    kept = tuple((place, min(MAX_QUANTITY, quantity)) for place, quantity in list(quantities.items())[:MAX_LINES])
    chance = zlib.crc32(first.invoice.encode(), 1) % 40
    returned = kept[0][1] if chance == 0 else 0
    return DemoOrder(
        days_ago=last_day - local.date().toordinal() + 1,
        minute=local.hour * 60 + local.minute,
        customer=int(first.customer) if first.customer.isdigit() else 0,
        country=country_code(first.country) or "GB",
        lines=kept,
        returned=returned,
    )


if __name__ == "__main__":
    write_shop(build(Path(sys.argv[1])))
    click.echo(f"{DATA}: {DATA.stat().st_size} bytes")
