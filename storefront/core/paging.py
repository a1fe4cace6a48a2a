"""One page of a longer list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """`items` of page `number` (from 1) of `total` rows, `size` a page."""

    items: Sequence[T]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before this one."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return self.number < self.pages

    def around(self, reach: int = 2) -> list[int | None]:
        """Page numbers for a pager: the first, the last, those near this one; None where some are left out."""
        near = {1, self.pages, *range(max(1, self.number - reach), min(self.pages, self.number + reach) + 1)}
        numbers: list[int | None] = []
        for number in sorted(near):
            previous = numbers[-1] if numbers else 0
            if previous is not None and number - previous > 1:
                numbers.append(None)
            numbers.append(number)
        return numbers


def fetch_page(session: Session, query: Select[T], number: int, size: int) -> Page[T]:
    """Page `number` of `query`; a number beyond the end gives the last page, one below 1 the first."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).options().subquery())) or 0
    pages = max(1, -(-total // size))
    number = min(max(number, 1), pages)
    items: Sequence[Any] = session.scalars(query.limit(size).offset((number - 1) * size)).unique().all()
    return Page(items, number, size, total)
