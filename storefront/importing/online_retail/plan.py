"""From a file to everything that is to be written, without touching the database: a bad file ends here."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path

from storefront.importing.goods import NewProduct, NewVariant
from storefront.importing.online_retail.account import Account, Reason
from storefront.importing.online_retail.catalogue import ProductPlan, plan_products
from storefront.importing.online_retail.orders import OrderPlan, ReturnPlan, mark_cancelled, plan_orders, plan_returns
from storefront.importing.online_retail.reading import Line, read_lines
from storefront.importing.online_retail.rules import Kind, sort_line

DAYS_A_MONTH = 30.4
# A variant that nobody bought in the last two months of the file is dead: it opens with nothing on the shelf.
DEAD_AFTER_DAYS = 60
MONTHS_OF_STOCK = 2


@dataclass(frozen=True)
class Plan:
    """What the file gives: products, orders by invoice, returns; and the account of the lines so far."""

    products: list[NewProduct]
    orders: dict[str, OrderPlan]
    returns: list[ReturnPlan]
    account: Account


def make_plan(path: Path, progress: Callable[[int], object] = lambda read: None) -> Plan:
    """Read the file and decide about every line; raises FileRefused."""
    account = Account()
    sorted_lines = _sort(_without_duplicates(read_lines(path, account, progress), account), account)
    products = plan_products(sorted_lines[Kind.SALE])
    named = {variant.sku for product in products.values() for variant in product.variants}
    sales = _named(sorted_lines[Kind.SALE], named, account)
    orders = plan_orders(sales, sorted_lines[Kind.SHIPPING], account)
    returns = plan_returns(sorted_lines[Kind.RETURN], orders, account)
    mark_cancelled(returns)
    stock = opening_stock(orders.values())
    return Plan([_new_product(product, stock) for product in products.values()], orders, returns, account)


def _without_duplicates(lines: Iterable[Line], account: Account) -> Iterator[Line]:
    """Every line but those that say, field by field, what an earlier one of the same invoice said."""
    seen: set[Line] = set()
    for line in lines:
        said = replace(line, number=0)
        if said in seen:
            account.refuse(line.number, line.invoice, line.code, Reason.DUPLICATE)
        else:
            seen.add(said)
            yield line


def _sort(lines: Iterable[Line], account: Account) -> dict[Kind, list[Line]]:
    by_kind: dict[Kind, list[Line]] = {kind: [] for kind in Kind}
    for line in lines:
        kind = sort_line(line)
        if isinstance(kind, Kind):
            by_kind[kind].append(line)
        else:
            account.refuse(line.number, line.invoice, line.code, kind)
    return by_kind


def _named(sales: Iterable[Line], named: set[str], account: Account) -> list[Line]:
    kept = []
    for line in sales:
        if line.code in named:
            kept.append(line)
        else:
            account.refuse(line.number, line.invoice, line.code, Reason.NO_NAME)
    return kept


def opening_stock(orders: Iterable[OrderPlan]) -> Counter[str]:
    """Pieces per SKU to open with: two months of its mean demand in the file, nothing of what is dead.

    Cancelled orders are no demand. A month is 30.4 days, and a file is never counted as shorter than one month.
    """
    sales = [(order.placed_at, sold.line) for order in orders if not order.is_cancelled for sold in order.goods]
    if not sales:
        return Counter()
    first, last = min(at for at, _ in sales), max(at for at, _ in sales)
    months = max(1.0, (last - first).days / DAYS_A_MONTH)
    demand: Counter[str] = Counter()
    alive: set[str] = set()
    for at, line in sales:
        demand[line.code] += line.quantity
        if (last - at).days <= DEAD_AFTER_DAYS:
            alive.add(line.code)
    return Counter({sku: ceil(MONTHS_OF_STOCK * units / months) for sku, units in demand.items() if sku in alive})


def _new_product(plan: ProductPlan, stock: Counter[str]) -> NewProduct:
    variants = tuple(NewVariant(v.sku, v.name, v.price_minor, stock[v.sku]) for v in plan.variants)
    return NewProduct(plan.code, plan.name, plan.category, plan.description, variants)
