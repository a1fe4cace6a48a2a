"""The transactions of the "Online Retail" data set as catalogue, customers and history: rules in docs/importing.md."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.db import transaction
from storefront.core.errors import N_, Conflict
from storefront.importing.online_retail.account import Account, Sums
from storefront.importing.online_retail.loading import CURRENCY, SOURCE, Load
from storefront.importing.online_retail.plan import make_plan
from storefront.importing.online_retail.reading import FileRefused
from storefront.orders.models import Order, OrderLine, OrderReturn, OrderStatus, ReturnLine


class WrongCurrency(Conflict):
    """The file's prices are in another currency than the shop's."""

    message = N_("The prices in this file are in %(currency)s, but the shop sells in %(shop)s.")


@dataclass(frozen=True)
class Progress:
    """Who hears how far an import is: bytes of the file that were read, orders that were written."""

    read: Callable[[int], object] = lambda count: None
    planned: Callable[[int], object] = lambda count: None
    wrote: Callable[[int], object] = lambda count: None


def import_online_retail(path: Path, *, currency: str, progress: Progress | None = None) -> Account:
    """Import a CSV file (gzip or plain) and account for its lines; opens one transaction, idempotent on the file.

    Raises FileRefused for a file whose structure is wrong, and WrongCurrency; both leave the shop as it was.
    """
    if currency != CURRENCY:
        raise WrongCurrency(currency=CURRENCY, shop=currency)
    progress = progress or Progress()
    plan = make_plan(path, progress.read)
    progress.planned(len(plan.orders))
    with transaction() as session:
        Load(session, plan, clock.now(), progress.wrote).run()
    return plan.account


def stored_sums(session: Session) -> Sums:
    """What the shop holds of this source, by plain SQL: the figures an account must agree with after a first run."""
    orders = session.execute(select(func.count(), func.sum(Order.shipping_minor)).where(Order.source == SOURCE)).one()
    sold = session.execute(
        select(func.sum(OrderLine.quantity), func.sum(OrderLine.total_minor))
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.source == SOURCE)
    ).one()
    returned = session.execute(
        select(func.sum(ReturnLine.quantity), func.sum(ReturnLine.amount_minor))
        .join(OrderReturn, OrderReturn.id == ReturnLine.return_id)
        .join(Order, Order.id == OrderReturn.order_id)
        .where(Order.source == SOURCE)
    ).one()
    cancelled = select(func.count()).where(Order.source == SOURCE, Order.status == OrderStatus.CANCELLED)
    return Sums(
        orders=orders[0],
        units=int(sold[0] or 0),
        items_minor=int(sold[1] or 0),
        shipping_minor=int(orders[1] or 0),
        cancelled_orders=session.scalars(cancelled).one(),
        returned_units=int(returned[0] or 0),
        returned_minor=int(returned[1] or 0),
    )


__all__ = ["Account", "FileRefused", "Progress", "Sums", "WrongCurrency", "import_online_retail", "stored_sums"]
