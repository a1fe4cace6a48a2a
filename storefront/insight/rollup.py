"""The only writer of the rollups. A day is never added to: it is read again from the orders and written anew."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import case, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from storefront.catalog.models import Product, Variant
from storefront.core.db import Model, joined, retry_deadlocks, table_of, transaction
from storefront.insight.days import Books, month_of, next_month
from storefront.insight.definitions import is_sold
from storefront.insight.models import (
    UNKNOWN,
    Buyer,
    CohortMonth,
    CustomerDay,
    DailyCategory,
    DailyPayments,
    DailySales,
    DailyTotals,
    HourlyOrders,
    MonthlySales,
    Sold,
)
from storefront.insight.reading import Day, read_day, read_payments
from storefront.orders.models import Order, OrderReturn
from storefront.payments.models import Payment, Refund

DAILY = (DailySales, DailyTotals, DailyCategory, HourlyOrders, CustomerDay, DailyPayments)
SOLD = tuple(name for name in vars(Sold) if name.endswith(("orders", "units", "_minor")))
# So many days are written in one transaction of a rebuild: on SQLite a shopper's order waits for it.
AT_ONCE = 20
BUYERS_AT_ONCE = 500


def write_days(days: Iterable[date], books: Books) -> None:
    """Recompute days and all that is made of them; joins the caller's transaction."""
    wanted = sorted(set(days))
    customers = {customer_id for day in wanted for customer_id in _write_day(day, books)}
    months = {month_of(day) for day in wanted}
    for month in sorted(months):
        _write_month(month)
    for month in sorted(months | _write_buyers(customers)):
        _write_cohorts(month)


@retry_deadlocks
def rebuild_days(days: Sequence[date], books: Books) -> None:
    """The same in a transaction of its own."""
    with transaction():
        write_days(days, books)


def rebuild(books: Books, progress: Callable[[int], object] = lambda count: None) -> int:
    """Write every day anew, forget days without anything, and return how many days there are.

    Opens a transaction per twenty days, so that the shop goes on selling meanwhile; idempotent.
    """
    with transaction() as session:
        days = list_days(session, books)
        _forget_others(session, days)
    remaining = iter(days)
    while some := list(islice(remaining, AT_ONCE)):
        rebuild_days(some, books)
        progress(len(some))
    return len(days)


def list_days(session: Session, books: Books) -> list[date]:
    """Every day on which something was sold or given back, or a payment begun."""
    moments: Iterator[datetime] = iter(session.scalars(select(Order.placed_at).where(is_sold())))
    found = {books.day_of(moment) for moment in moments}
    for model in (OrderReturn, Refund):
        query = select(model.created_at).join(Order, Order.id == model.order_id).where(is_sold())
        found |= {books.day_of(moment) for moment in session.scalars(query)}
    found |= {books.day_of(moment) for moment in session.scalars(select(Payment.created_at))}
    return sorted(found)


def _write_day(day: date, books: Books) -> set[int]:
    """Returns the customers whose history this changes."""
    session = joined()
    before = set(session.scalars(select(CustomerDay.customer_id).where(CustomerDay.day == day)))
    for model in DAILY:
        session.execute(delete(model).where(model.day == day).execution_options(synchronize_session=False))
    found = read_day(session, day, books)
    _insert(session, DailyPayments, read_payments(session, day, books), day)
    if not found.is_empty:
        _insert(session, DailySales, ({"variant_id": key, **_sold(sums)} for key, sums in found.variants.items()), day)
        _insert(session, DailyTotals, [_totals(found)], day)
        _insert(session, HourlyOrders, ({"hour": hour, **sums} for hour, sums in found.hours.items()), day)
        _insert(session, CustomerDay, map(_customer, found.customers.items()), day)
        _write_categories(session, day)
    return before | found.customers.keys()


def _insert(session: Session, model: type[Model], rows: Iterable[dict[str, Any]], day: date) -> None:
    complete = [{"day": day, **row} for row in rows]
    if complete:
        session.execute(insert(table_of(model)), complete)


def _sold(sums: Counter[str]) -> dict[str, int]:
    return {name: sums[name] for name in SOLD}


def _customer(item: tuple[int, Counter[str]]) -> dict[str, int]:
    customer_id, sums = item
    columns = ("orders", "units", "gross_minor", "discount_minor", "refund_minor", "net_minor")
    return {"customer_id": customer_id, **{name: sums[name] for name in columns}}


def _totals(found: Day) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for each in found.variants.values():
        sums.update(each)
    names = ("cancelled_orders", "guest_orders", "shipping_minor", "refund_shipping_minor", "total_tax_minor")
    return {**_sold(sums), "orders": found.totals["orders"], **{name: found.totals[name] for name in names}}


def _write_categories(session: Session, day: date | None = None) -> None:
    """The categories of one day, or of all days, as the products stand in them now."""
    category = func.coalesce(Product.category_id, UNKNOWN)
    sums = [func.sum(getattr(DailySales, name)) for name in SOLD]
    query = (
        select(DailySales.day, category, *sums)
        .outerjoin(Variant, Variant.id == DailySales.variant_id)
        .outerjoin(Product, Product.id == Variant.product_id)
        .group_by(DailySales.day, category)
    )
    query = query if day is None else query.where(DailySales.day == day)
    session.execute(insert(table_of(DailyCategory)).from_select(["day", "category_id", *SOLD], query))


@retry_deadlocks
def refresh_categories() -> None:
    """Put all that was ever sold under the categories that products stand in now; opens a transaction."""
    with transaction() as session:
        session.execute(delete(DailyCategory).execution_options(synchronize_session=False))
        _write_categories(session)


def _write_month(month: date) -> None:
    session = joined()
    session.execute(
        delete(MonthlySales).where(MonthlySales.month == month).execution_options(synchronize_session=False)
    )
    is_in = (DailySales.day >= month) & (DailySales.day < next_month(month))
    sums = [func.sum(getattr(DailySales, name)) for name in SOLD]
    query = select(literal(month), DailySales.variant_id, *sums).where(is_in).group_by(DailySales.variant_id)
    session.execute(insert(table_of(MonthlySales)).from_select(["month", "variant_id", *SOLD], query))


def _write_buyers(customer_ids: Iterable[int]) -> set[date]:
    """Returns the months in which those bought whose first order is not where it was: their cohorts change."""
    session, remaining, months = joined(), iter(sorted(customer_ids)), set[date]()
    bought = case((CustomerDay.orders > 0, CustomerDay.day))
    sums = (func.min(bought), func.max(bought), func.sum(CustomerDay.orders), func.sum(CustomerDay.net_minor))
    names = ["customer_id", "first_day", "last_day", "orders", "net_minor"]
    while some := list(islice(remaining, BUYERS_AT_ONCE)):
        is_one = Buyer.customer_id.in_(some)
        firsts = select(Buyer.customer_id, Buyer.first_day).where(is_one)
        before = {row.customer_id: row.first_day for row in session.execute(firsts)}
        session.execute(delete(Buyer).where(is_one).execution_options(synchronize_session=False))
        query = select(CustomerDay.customer_id, *sums).where(CustomerDay.customer_id.in_(some))
        query = query.group_by(CustomerDay.customer_id).having(func.sum(CustomerDay.orders) > 0)
        session.execute(insert(table_of(Buyer)).from_select(names, query))
        after = {row.customer_id: row.first_day for row in session.execute(firsts)}
        moved = [one for one in some if before.get(one) != after.get(one)]
        bought_on = select(CustomerDay.day).where(CustomerDay.customer_id.in_(moved)).distinct()
        months |= {month_of(day) for day in session.scalars(bought_on)} if moved else set()
    return months


def _write_cohorts(month: date) -> None:
    session = joined()
    session.execute(delete(CohortMonth).where(CohortMonth.month == month).execution_options(synchronize_session=False))
    is_in = (CustomerDay.day >= month) & (CustomerDay.day < next_month(month))
    buying = case((CustomerDay.orders > 0, CustomerDay.customer_id))
    sums = (
        func.count(buying.distinct()),
        func.sum(CustomerDay.orders),
        func.sum(CustomerDay.net_minor),
    )
    joined_ = select(Buyer.first_day, *sums).join(CustomerDay, CustomerDay.customer_id == Buyer.customer_id)
    cohorts: defaultdict[date, Counter[str]] = defaultdict(Counter)
    for first_day, buyers, orders, net in session.execute(joined_.where(is_in).group_by(Buyer.first_day)):
        cohorts[month_of(first_day)].update(buyers=int(buyers), orders=int(orders), net_minor=int(net))
    rows = [{"month": month, "first_month": first, **sums} for first, sums in cohorts.items()]
    if rows:
        session.execute(insert(table_of(CohortMonth)), rows)


def _forget_others(session: Session, days: Sequence[date]) -> None:
    """Delete what is left of days, months and buyers that there is nothing of any more."""
    for model in DAILY:
        known = set(session.scalars(select(model.day).distinct()))
        for day in known - set(days):
            session.execute(delete(model).where(model.day == day).execution_options(synchronize_session=False))
    months = {month_of(day) for day in days}
    for monthly in (MonthlySales, CohortMonth):
        for month in set(session.scalars(select(monthly.month).distinct())) - months:
            is_it = monthly.month == month
            session.execute(delete(monthly).where(is_it).execution_options(synchronize_session=False))
    is_gone = Buyer.customer_id.not_in(select(CustomerDay.customer_id))
    session.execute(delete(Buyer).where(is_gone).execution_options(synchronize_session=False))
