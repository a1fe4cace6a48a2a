"""What a shopper may narrow a list of products to, as it stands in the address of the page."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from storefront.catalog.queries import ProductFilter, Sort
from storefront.core.money import InvalidAmount, parse_minor
from storefront.stock.queries import is_product_in_stock

MAX_WORDS_LENGTH = 100


@dataclass(frozen=True, kw_only=True)
class Browse:
    """The choices of one list; `min` and `max` as typed, so that the page can show them again."""

    sort: Sort = Sort.POPULAR
    page: int = 1
    words: str = ""
    in_stock: bool = False
    min: str = ""
    max: str = ""
    currency: str

    @property
    def is_narrowed(self) -> bool:
        """Whether anything besides the words keeps products out."""
        return bool(self.in_stock or self.min or self.max)

    @property
    def is_readable(self) -> bool:
        """Whether both prices, where given, are amounts."""
        return not ((self.min and self.min_minor is None) or (self.max and self.max_minor is None))

    @property
    def min_minor(self) -> int | None:
        """The lower price in minor units, None when there is none or it is no amount."""
        return _minor(self.min, self.currency)

    @property
    def max_minor(self) -> int | None:
        """The upper price in minor units, None when there is none or it is no amount."""
        return _minor(self.max, self.currency)

    def filter(self, category_id: int | None = None) -> ProductFilter:
        """What the query is asked for."""
        return ProductFilter(
            category_id=category_id,
            words=self.words,
            min_price_minor=self.min_minor,
            max_price_minor=self.max_minor,
            also=is_product_in_stock() if self.in_stock else None,
        )

    def query(self, **changes: object) -> dict[str, object]:
        """The choices as arguments of an address, with `changes`; what is empty or usual is left out.

        Any change but that of the page leads back to the first page.
        """
        values = {
            "q": self.words,
            "sort": "" if self.sort is Sort.POPULAR else self.sort.value,
            "in_stock": "1" if self.in_stock else "",
            "min": self.min,
            "max": self.max,
            **changes,
        }
        return {name: value for name, value in values.items() if value and not (name == "page" and value == 1)}


def read_browse(arguments: Mapping[str, str], currency: str) -> Browse:
    """The choices in `arguments`; what cannot be understood counts as not chosen."""
    sort, number = arguments.get("sort", ""), arguments.get("page", "")
    return Browse(
        sort=Sort(sort) if sort in set(Sort) else Sort.POPULAR,
        page=int(number) if number.isdecimal() and len(number) < 7 else 1,
        words=" ".join(arguments.get("q", "").split())[:MAX_WORDS_LENGTH],
        in_stock=arguments.get("in_stock") == "1",
        min=arguments.get("min", "").strip()[:12],
        max=arguments.get("max", "").strip()[:12],
        currency=currency,
    )


def sort_choices() -> list[tuple[Sort, str]]:
    """Each order a list can be in, with its name."""
    return [
        (Sort.POPULAR, _("Most popular")),
        (Sort.NEW, _("Newest")),
        (Sort.PRICE_UP, _("Price, low to high")),
        (Sort.PRICE_DOWN, _("Price, high to low")),
        (Sort.NAME, _("Name")),
    ]


def _minor(text: str, currency: str) -> int | None:
    try:
        return parse_minor(text, currency) if text else None
    except InvalidAmount:
        return None
