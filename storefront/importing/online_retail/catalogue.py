"""Products and variants derived from sale lines: names, categories, prices."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storefront.importing.online_retail.categories import category_of
from storefront.importing.online_retail.describing import describe
from storefront.importing.online_retail.names import differing_part, is_remark, shared_name, tidy_name
from storefront.importing.online_retail.reading import Line
from storefront.importing.online_retail.rules import product_code

MAX_NAME = 160
MAX_VARIANT_NAME = 120
PRICE_WINDOW = timedelta(days=90)


@dataclass
class VariantPlan:
    """A variant to be: `full_name` is how its SKU alone is called, `name` what tells it from its sisters."""

    sku: str
    full_name: str
    price_minor: int
    name: str = ""


@dataclass
class ProductPlan:
    """A product to be, with its variants in the order of their SKUs."""

    code: str
    name: str
    category: str
    variants: list[VariantPlan]
    first_sold_at: datetime

    @property
    def description(self) -> str:
        """What the shop says about it."""
        return describe(self.name, self.category, [variant.name for variant in self.variants])


@dataclass
class _Sightings:
    """What the lines of one SKU say about it."""

    names: Counter[str] = field(default_factory=Counter)
    prices: list[tuple[datetime, int]] = field(default_factory=list)


def plan_products(sales: Iterable[Line]) -> dict[str, ProductPlan]:
    """The products that the sale lines tell of, by code; a SKU that was never sold under a name is left out."""
    sightings: dict[str, _Sightings] = defaultdict(_Sightings)
    for line in sales:
        if line.price_minor:
            seen = sightings[line.code]
            seen.prices.append((line.placed_at, line.price_minor))
            seen.names[line.description] += 1
    families: dict[str, list[VariantPlan]] = defaultdict(list)
    for sku in sorted(sightings):
        name = _best_name(sightings[sku].names)
        if name:
            families[product_code(sku)].append(VariantPlan(sku, name, usual_price(sightings[sku].prices)))
    return {code: _product(code, variants, sightings) for code, variants in families.items()}


def usual_price(prices: Sequence[tuple[datetime, int]]) -> int:
    """The price that most lines of the last 90 days up to the last sale had; of equals the one used last."""
    last = max(when for when, _ in prices)
    recent = [(when, price) for when, price in prices if when >= last - PRICE_WINDOW]
    counts = Counter(price for _, price in recent)
    latest = {price: when for when, price in sorted(recent)}
    return max(counts, key=lambda price: (counts[price], latest[price], price))


def _best_name(names: Counter[str]) -> str:
    """The most frequent description that is a name, tidied; of equals the first in the alphabet."""
    usable = [(-count, name) for name, count in names.items() if not is_remark(name)]
    return tidy_name(min(usable)[1])[:MAX_VARIANT_NAME] if usable else ""


def _product(code: str, variants: list[VariantPlan], sightings: dict[str, _Sightings]) -> ProductPlan:
    name = _name_family(variants, sightings)
    first = min(when for variant in variants for when, _ in sightings[variant.sku].prices)
    return ProductPlan(code, name[:MAX_NAME], category_of(name), variants, first)


def _name_family(variants: list[VariantPlan], sightings: dict[str, _Sightings]) -> str:
    """Give each variant what tells it from its sisters, and return the product's name."""
    if len(variants) == 1:
        return variants[0].full_name
    shared = shared_name([variant.full_name for variant in variants])
    for variant in variants:
        told = differing_part(variant.full_name, shared) if shared else variant.full_name
        variant.name = told or variant.sku[5:] or "Standard"
    counts = Counter(variant.name for variant in variants)
    for variant in variants:
        if counts[variant.name] > 1:
            variant.name = f"{variant.name} ({variant.sku[5:] or 'Standard'})"
    best_known = max(variants, key=lambda variant: (len(sightings[variant.sku].prices), variant.sku))
    return shared or best_known.full_name
