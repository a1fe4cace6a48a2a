"""Writes a plan into the shop, in one transaction: what is there already is found by its reference and left alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storefront.accounts.models import Customer
from storefront.catalog.service import count_sold
from storefront.importing.bulk import ids_by, insert_rows
from storefront.importing.goods import Booking, Goods, add_goods
from storefront.importing.history import NewEvent, NewLine, NewOrder, NewReturn, add_orders, add_returns, known_returns
from storefront.importing.online_retail.account import Outcome
from storefront.importing.online_retail.categories import CATEGORIES
from storefront.importing.online_retail.countries import country_code
from storefront.importing.online_retail.names import is_remark, tidy_name
from storefront.importing.online_retail.orders import OrderPlan, ReturnPlan
from storefront.importing.online_retail.plan import Plan
from storefront.importing.online_retail.reading import Line
from storefront.importing.online_retail.rules import product_code
from storefront.orders.models import Order, OrderStatus

SOURCE = "online-retail"
ACTOR = "import"
CURRENCY = "GBP"
MAX_NAME = 160


@dataclass(frozen=True)
class Load:
    """One run: the transaction's session, the plan, the time it counts as, and who hears of written orders."""

    session: Session
    plan: Plan
    at: datetime
    wrote: Callable[[int], object]

    def run(self) -> None:
        """Write everything that is missing and complete the account; joins the session's transaction."""
        account = self.plan.account
        booking = Booking(ACTOR, "Opening stock: two months of demand", self.at)
        goods = add_goods(self.session, self.plan.products, CATEGORIES, booking)
        account.products, account.variants = goods.new_products, goods.new_variants
        known = ids_by(self.session, Order.id, Order.external_ref, map(reference, self.plan.orders))
        new = [order for order in self.plan.orders.values() if reference(order.invoice) not in known]
        customer_ids = self._add_customers(new)
        ids = known | add_orders(self.session, self._new_orders(new, goods, customer_ids), ACTOR)
        self._account_orders(known)
        self._count_sold(new, goods)
        self._add_returns(ids)

    def _add_customers(self, orders: Sequence[OrderPlan]) -> dict[str, int]:
        """Customers by the retailer's number; the country of their first order is theirs."""
        first: dict[str, OrderPlan] = {}
        for order in orders:
            if order.customer:
                first.setdefault(reference(order.customer), order)
        known = ids_by(self.session, Customer.id, Customer.external_ref, first)
        rows = (
            {"external_ref": ref, "country": country_code(order.country) or None, "created_at": order.placed_at}
            for ref, order in first.items()
            if ref not in known
        )
        self.plan.account.customers = insert_rows(self.session, Customer, rows)
        return ids_by(self.session, Customer.id, Customer.external_ref, first)

    def _new_orders(
        self, orders: Sequence[OrderPlan], goods: Goods, customer_ids: Mapping[str, int]
    ) -> Iterator[NewOrder]:
        names = {variant.sku: product.name for product in self.plan.products for variant in product.variants}
        for order in orders:
            status = OrderStatus.CANCELLED if order.is_cancelled else OrderStatus.FULFILLED
            yield NewOrder(
                external_ref=reference(order.invoice),
                number=order.invoice,
                source=SOURCE,
                status=status,
                currency=CURRENCY,
                placed_at=order.placed_at,
                lines=[_new_line(sold.line, goods, names) for sold in order.goods],
                events=[NewEvent("imported", None, status, self.at)],
                buyer={
                    "customer_id": customer_ids.get(reference(order.customer)),
                    "country": country_code(order.country),
                },
                shipping_minor=order.shipping_minor,
            )
            self.wrote(1)

    def _account_orders(self, known: Mapping[str, int]) -> None:
        account, sums = self.plan.account, self.plan.account.sums
        for order in self.plan.orders.values():
            if reference(order.invoice) in known:
                account.outcomes[Outcome.ALREADY] += len(order.goods) + len(order.shipping)
                continue
            account.outcomes[Outcome.SALE] += len(order.goods)
            account.outcomes[Outcome.SHIPPING] += len(order.shipping)
            sums.orders += 1
            sums.cancelled_orders += order.is_cancelled
            sums.units += sum(sold.line.quantity for sold in order.goods)
            sums.items_minor += sum(sold.line.quantity * (sold.line.price_minor or 0) for sold in order.goods)
            sums.shipping_minor += order.shipping_minor

    def _count_sold(self, orders: Sequence[OrderPlan], goods: Goods) -> None:
        """Best sellers count what was sold and not cancelled."""
        sold: Counter[int] = Counter()
        for order in orders:
            if not order.is_cancelled:
                for each in order.goods:
                    sold[goods.product_ids[product_code(each.line.code)]] += each.line.quantity
        count_sold(dict(sold))

    def _add_returns(self, order_ids: Mapping[str, int]) -> None:
        """One return for each cancellation invoice and order, with its lines."""
        account, sums = self.plan.account, self.plan.account.sums
        known = known_returns(self.session, (reference(plan.line.invoice) for plan in self.plan.returns))
        lines: dict[tuple[str, int], list[tuple[int, int, int]]] = defaultdict(list)
        times: dict[tuple[str, int], datetime] = {}
        for plan in self.plan.returns:
            is_new = False
            for key, line in _return_lines(plan, order_ids):
                if key not in known:
                    is_new = True
                    lines[key].append(line)
                    times.setdefault(key, plan.line.placed_at)
                    sums.returned_units += line[1]
                    sums.returned_minor += line[2]
            account.outcomes[Outcome.RETURN if is_new else Outcome.ALREADY] += 1
        new = [NewReturn(ref, key, "Imported", times[ref, key], lines[ref, key]) for ref, key in lines]
        add_returns(self.session, new)


def reference(number: str) -> str:
    """How an invoice or a customer of the retailer is found again in the shop."""
    return f"{SOURCE}:{number}"


def _new_line(line: Line, goods: Goods, names: Mapping[str, str]) -> NewLine:
    """The line as the invoice had it; a remark in the place of the name gives way to the product's name."""
    name = names[line.code] if is_remark(line.description) else tidy_name(line.description)
    return NewLine(goods.variant_ids[line.code], line.code, name[:MAX_NAME], "", line.quantity, line.price_minor or 0)


def _return_lines(
    plan: ReturnPlan, order_ids: Mapping[str, int]
) -> Iterator[tuple[tuple[str, int], tuple[int, int, int]]]:
    for part in plan.parts:
        key = reference(plan.line.invoice), order_ids[reference(part.order.invoice)]
        yield key, (part.place, part.quantity, part.quantity * (plan.line.price_minor or 0))
