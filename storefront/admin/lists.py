"""What the desk's lists are narrowed to, as it stands in the URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from storefront.admin.queries import LOW_STOCK, has_at_most
from storefront.catalog.models import ProductStatus
from storefront.catalog.queries import ProductFilter, Sort
from storefront.orders.models import OrderStatus
from storefront.orders.queries import OrderFilter

E = TypeVar("E", bound=StrEnum)
PRODUCTS_SIZE = 25
MAX_WORDS = 100
ANY = "any"


class Left(StrEnum):
    """How much of a product is left in at least one of its variants."""

    LOW = "low"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class ProductList:
    """The list of products: search words, status ("any" for both), category, what is left, order, page."""

    words: str
    status: str
    category_id: int | None
    left: Left | None
    sort: Sort
    page: int

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the usual is chosen."""
        return bool(self.words or self.category_id or self.left or self.status != ProductStatus.ACTIVE)

    def wanted(self) -> ProductFilter:
        """The filter as the catalogue takes it."""
        status = None if self.status == ANY else ProductStatus(self.status)
        also = None if self.left is None else has_at_most(LOW_STOCK if self.left is Left.LOW else 0)
        return ProductFilter(words=self.words, status=status, category_id=self.category_id, also=also)

    def arguments(self) -> dict[str, Any]:
        """The URL arguments that lead here, without the page and without what is usual."""
        given = {"q": self.words, "status": self.status, "category": str(self.category_id or "")}
        given |= {"left": str(self.left or ""), "sort": str(self.sort)}
        usual = {"status": str(ProductStatus.ACTIVE), "sort": str(Sort.NEW)}
        return {name: value for name, value in given.items() if value and value != usual.get(name)}


@dataclass(frozen=True, kw_only=True)
class OrderList:
    """The list of orders: search words, status, page; `is_late` for those that should have been sent before `today`."""

    words: str
    status: OrderStatus | None
    page: int
    is_late: bool
    today: date

    def wanted(self) -> OrderFilter:
        """The filter as orders take it."""
        return OrderFilter(words=self.words, status=self.status, late_on=self.today if self.is_late else None)

    def arguments(self) -> dict[str, Any]:
        """The URL arguments that lead here, without the page."""
        given = {"q": self.words, "status": str(self.status or ""), "late": "1" if self.is_late else ""}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, kw_only=True)
class WordList:
    """A list that is narrowed by search words alone: words, page."""

    words: str
    page: int

    def arguments(self) -> dict[str, Any]:
        """The URL arguments that lead here, without the page."""
        return {"q": self.words} if self.words else {}


def read_words(arguments: Mapping[str, str]) -> WordList:
    """What the URL asks for; a page that makes no sense is the first."""
    return WordList(words=_words(arguments), page=_number(arguments.get("page", "")) or 1)


def read_products(arguments: Mapping[str, str]) -> ProductList:
    """What the URL asks for; whatever makes no sense is taken as the usual."""
    category, status = arguments.get("category", ""), arguments.get("status", "")
    return ProductList(
        words=_words(arguments),
        status=status if status in {ANY, *ProductStatus} else ProductStatus.ACTIVE,
        category_id=_number(category) or None,
        left=_member(Left, arguments.get("left")),
        sort=_member(Sort, arguments.get("sort")) or Sort.NEW,
        page=_number(arguments.get("page", "")) or 1,
    )


def read_orders(arguments: Mapping[str, str], today: date) -> OrderList:
    """What the URL asks for; whatever makes no sense is taken as the usual."""
    return OrderList(
        words=_words(arguments),
        status=_member(OrderStatus, arguments.get("status")),
        page=_number(arguments.get("page", "")) or 1,
        is_late=arguments.get("late") == "1",
        today=today,
    )


def _words(arguments: Mapping[str, str]) -> str:
    return arguments.get("q", "").strip()[:MAX_WORDS]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0


def _member(members: type[E], value: str | None) -> E | None:
    return members(value) if value in set(members) else None
