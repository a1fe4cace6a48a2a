"""What is bought together: co-purchase lift over the last year of orders, recomputed as a whole.

lift(a, b) = orders with both * orders / (orders with a * orders with b): how many times more often than chance
(R. Agrawal, T. Imielinski, A. Swami, 1993, doi:10.1145/170035.170072, for support; S. Brin et al., 1997,
doi:10.1145/253260.253325, for lift). Work grows with the sum of the squares of the orders' sizes, memory with the
number of lines: an order is looked at once for each of its products.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, selectinload

from storefront.catalog.models import Product, ProductStatus, Variant
from storefront.core.db import db, retry_deadlocks, table_of, transaction
from storefront.insight.days import Books
from storefront.insight.definitions import is_sold
from storefront.insight.models import ProductPair
from storefront.insight.periods import Span
from storefront.orders.models import Order, OrderLine

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Fewer orders with both are chance.
MIN_TOGETHER = 8
MIN_LIFT = 1.5
# So many are kept of each product; a page shows fewer, because some may be off the shelves.
KEPT = 8
SHOWN = 4
# Who orders more different things stocks a shop: that says little about what goes together.
MAX_PRODUCTS = 60
YEAR_DAYS = 365
ROWS_AT_ONCE = 5_000


class Pair(NamedTuple):
    """A product, another one that is bought with it, in how many orders, and its lift."""

    product_id: int
    other_id: int
    together: int
    lift: float


def rebuild_pairs(books: Books) -> int:
    """Compute all pairs anew and put them in the place of the old; opens a transaction, returns how many there are."""
    session = db.session()
    rows = read_baskets(session, books)
    session.rollback()
    return _write(list(find_pairs(rows)))


def read_baskets(session: Session, books: Books) -> list[tuple[int, int]]:
    """(order, product) of the year up to the last sale, each once, by order."""
    last = session.scalar(select(func.max(Order.placed_at)).where(is_sold()))
    if last is None:
        return []
    begin = books.begin(Span.ending(books.day_of(last), YEAR_DAYS).first)
    query = (
        select(OrderLine.order_id, Variant.product_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Variant, Variant.id == OrderLine.variant_id)
        .where(is_sold(), Order.placed_at >= begin)
        .distinct()
        .order_by(OrderLine.order_id)
    )
    return [(order_id, product_id) for order_id, product_id in session.execute(query)]


def find_pairs(rows: list[tuple[int, int]]) -> Iterator[Pair]:
    """The best pairs of each product, those with the highest lift first."""
    import numpy as np

    if not rows:
        return
    table = np.array(rows, dtype=np.int64)
    orders, products = np.unique(table[:, 0], return_inverse=True), np.unique(table[:, 1], return_inverse=True)
    sizes = np.bincount(orders[1])
    is_kept = sizes[orders[1]] <= MAX_PRODUCTS
    order_of, product_of = orders[1][is_kept], products[1][is_kept]
    count = len(np.unique(order_of))
    per_product = np.bincount(product_of, minlength=len(products[0]))
    starts = np.searchsorted(order_of, np.arange(len(orders[0]) + 1))
    by_product = np.argsort(product_of, kind="stable")
    bounds = np.searchsorted(product_of[by_product], np.arange(len(products[0]) + 1))
    for place in np.flatnonzero(per_product >= MIN_TOGETHER):
        mine = order_of[by_product[bounds[place] : bounds[place + 1]]]
        together = np.bincount(_basket_items(starts, mine, product_of), minlength=len(products[0]))
        yield from _best(int(place), together, per_product, count, products[0])


def list_bought_together(session: Session, product_id: int) -> list[Product]:
    """What is often bought with a product and can be shown, the closest first."""
    query = (
        select(Product)
        .join(ProductPair, ProductPair.other_id == Product.id)
        .where(ProductPair.product_id == product_id, Product.status == ProductStatus.ACTIVE)
        .order_by(ProductPair.place)
        .limit(SHOWN)
        .options(selectinload(Product.variants), selectinload(Product.images))
    )
    return list(session.scalars(query))


def _basket_items(starts: "NDArray[Any]", orders: "NDArray[Any]", product_of: "NDArray[Any]") -> "NDArray[Any]":
    """All products of these orders, one after the other: ranges put together without a loop."""
    import numpy as np

    lengths = starts[orders + 1] - starts[orders]
    offsets = np.repeat(starts[orders] - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
    items: NDArray[Any] = product_of[np.arange(lengths.sum()) + offsets]
    return items


def _best(
    place: int, together: "NDArray[Any]", per_product: "NDArray[Any]", count: int, ids: "NDArray[Any]"
) -> Iterator[Pair]:
    import numpy as np

    others = np.flatnonzero(together >= MIN_TOGETHER)
    others = others[others != place]
    lift = together[others] * count / (per_product[place] * per_product[others])
    order = np.lexsort((ids[others], -together[others], -lift))
    for index in order[:KEPT]:
        if lift[index] >= MIN_LIFT:
            other = others[index]
            yield Pair(int(ids[place]), int(ids[other]), int(together[other]), float(lift[index]))


@retry_deadlocks
def _write(pairs: list[Pair]) -> int:
    places: dict[int, int] = {}
    rows = []
    for pair in pairs:
        places[pair.product_id] = place = places.get(pair.product_id, 0) + 1
        facts = {"product_id": pair.product_id, "other_id": pair.other_id, "together": pair.together}
        rows.append({**facts, "lift_ppm": round(pair.lift * 1_000_000), "place": place})
    with transaction() as session:
        session.execute(delete(ProductPair).execution_options(synchronize_session=False))
        for start in range(0, len(rows), ROWS_AT_ONCE):
            session.execute(insert(table_of(ProductPair)), rows[start : start + ROWS_AT_ONCE])
    return len(rows)
