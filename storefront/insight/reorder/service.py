"""The only writer of suppliers, terms and purchase orders. What arrives is booked through the stock service."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.db import insert_once, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict, InvalidInput
from storefront.insight.reorder.models import (
    AWAITED,
    BuyingTerms,
    PurchaseLine,
    PurchaseOrder,
    PurchaseReceipt,
    PurchaseStatus,
    Supplier,
)
from storefront.insight.reorder.queries import UnknownPurchase, UnknownSupplier
from storefront.stock import service as stock
from storefront.stock.models import EntryKind


@dataclass(frozen=True)
class SupplierData:
    """A supplier as a form gives it; None is not known."""

    name: str
    lead_days: int | None = None
    review_days: int = 7
    pack_size: int | None = None
    minimum: int | None = None


@dataclass(frozen=True)
class TermsData:
    """A variant's own terms; None is the supplier's, or not known."""

    supplier_id: int | None = None
    lead_days: int | None = None
    pack_size: int | None = None
    minimum: int | None = None


@dataclass(frozen=True)
class NewLine:
    """So many pieces of a variant to order."""

    variant_id: int
    sku: str
    name: str
    quantity: int


class TakenName(Conflict):
    """Another supplier has that name."""

    message = N_("There is a supplier of this name already.")


class NothingToOrder(InvalidInput):
    """A purchase order needs a line."""

    message = N_("Nothing of this supplier is to be ordered now.")


class AlreadySent(Conflict):
    """Its quantities are agreed on."""

    message = N_("This order has been sent or discarded. Its quantities stay as they are.")


class NotSent(Conflict):
    """Nothing can arrive of what nobody ordered."""

    message = N_("This order has not been sent yet.")


class NothingLeft(InvalidInput):
    """Every line would go."""

    message = N_("Leave at least one piece to order, or discard the whole order.")


class TooMuchReceived(Conflict):
    """More arrived than is still awaited."""

    message = N_("Of %(sku)s only %(open)s are still awaited. Book what is beyond that on the product's stock page.")


class NothingReceived(InvalidInput):
    """A delivery has at least one piece."""

    message = N_("Enter how many pieces have arrived.")


def add_supplier(data: SupplierData) -> int:
    """A new supplier; opens a transaction. Raises TakenName."""
    try:
        with transaction() as session:
            supplier = Supplier(**asdict(data))
            session.add(supplier)
            session.flush()
            return supplier.id
    except IntegrityError as error:
        raise TakenName(field="name") from error


def change_supplier(supplier_id: int, data: SupplierData) -> None:
    """Change a supplier and its terms; opens a transaction. Raises UnknownSupplier, TakenName."""
    try:
        with transaction() as session:
            found = session.get(Supplier, supplier_id)
            if found is None:
                raise UnknownSupplier
            for name, value in asdict(data).items():
                setattr(found, name, value)
    except IntegrityError as error:
        raise TakenName(field="name") from error


@retry_deadlocks
def set_terms(terms: Mapping[int, TermsData]) -> None:
    """Set the terms of variants, all or none; opens a transaction, idempotent."""
    with transaction() as session:
        known = _ensure_terms(session, terms)
        for variant_id, data in terms.items():
            for name, value in asdict(data).items():
                setattr(known[variant_id], name, value)


@retry_deadlocks
def change_terms(variant_ids: Iterable[int], changes: Mapping[str, Any]) -> None:
    """Set some columns of TermsData alike for many variants and leave the others; opens a transaction."""
    with transaction() as session:
        for row in _ensure_terms(session, variant_ids).values():
            for name, value in changes.items():
                setattr(row, name, value)


def _ensure_terms(session: Session, variant_ids: Iterable[int]) -> dict[int, BuyingTerms]:
    wanted = list(variant_ids)
    known = {
        row.variant_id: row for row in session.scalars(select(BuyingTerms).where(BuyingTerms.variant_id.in_(wanted)))
    }
    fresh = [BuyingTerms(variant_id=variant_id) for variant_id in wanted if variant_id not in known]
    session.add_all(fresh)
    return known | {row.variant_id: row for row in fresh}


@retry_deadlocks
def place_purchase(key: str, supplier_id: int, lines: Iterable[NewLine], actor: str, due_on: date | None) -> int:
    """Draft an order and return its id; opens a transaction, made once per `key`. `due_on`: if it were sent today.

    Raises UnknownSupplier, NothingToOrder.
    """
    wanted = [line for line in lines if line.quantity > 0]
    order = {"key": key, "supplier_id": supplier_id, "actor": actor, "due_on": due_on, "status": PurchaseStatus.DRAFT}
    with transaction() as session:
        if session.get(Supplier, supplier_id) is None:
            raise UnknownSupplier
        known = session.scalar(select(PurchaseOrder.id).where(PurchaseOrder.key == key))
        if known is None and not wanted:
            raise NothingToOrder
        written: Any = session.execute(insert_once(session, PurchaseOrder).values(created_at=clock.now(), **order))
        purchase_id: int = session.scalars(select(PurchaseOrder.id).where(PurchaseOrder.key == key)).one()
        if written.rowcount and known is None:
            session.add_all(PurchaseLine(purchase_id=purchase_id, **asdict(line)) for line in wanted)
        return purchase_id


@retry_deadlocks
def change_quantities(purchase_id: int, quantities: Mapping[int, int]) -> None:
    """Set pieces by line id while the order is a draft, 0 takes a line away; opens a transaction, idempotent.

    Lines that are not named stay. Raises UnknownPurchase, AlreadySent, NothingLeft; then nothing is changed.
    """
    with transaction() as session:
        order = _lock(session, purchase_id)
        if not order.is_draft:
            raise AlreadySent
        _write_quantities(session, order, quantities)


@retry_deadlocks
def send_purchase(purchase_id: int, quantities: Mapping[int, int], zone: ZoneInfo) -> None:
    """The same, and from now on the order is sent and due as many days later; opens a transaction.

    Sent a second time with the same quantities it stays as it is. Raises as `change_quantities` does.
    """
    with transaction() as session:
        order = _lock(session, purchase_id)
        if order.is_awaited and all(quantities.get(line.id, line.quantity) == line.quantity for line in order.lines):
            return
        if not order.is_draft:
            raise AlreadySent
        _write_quantities(session, order, quantities)
        order.status, order.sent_at = PurchaseStatus.OPEN, clock.now()
        if order.due_on is not None:
            order.due_on += order.sent_at.astimezone(zone).date() - order.created_at.astimezone(zone).date()


@retry_deadlocks
def receive(purchase_id: int, key: str, arrived: Mapping[int, int], actor: str) -> bool:
    """Book what arrived (pieces by line id) into stock; opens a transaction. False when this `key` was booked before.

    Raises UnknownPurchase, NotSent, NothingReceived, TooMuchReceived; then nothing is booked.
    """
    pieces = {line_id: count for line_id, count in arrived.items() if count > 0}
    with transaction() as session:
        order = session.get(PurchaseOrder, purchase_id)
        if order is None:
            raise UnknownPurchase
        if order.is_draft:
            raise NotSent
        if session.scalar(select(PurchaseReceipt.id).where(PurchaseReceipt.key == key)):
            return False
        if not pieces:
            raise NothingReceived
        receipt = {"purchase_id": purchase_id, "key": key, "pieces": sum(pieces.values())}
        written: Any = session.execute(
            insert_once(session, PurchaseReceipt).values(actor=actor, created_at=clock.now(), **receipt)
        )
        if not written.rowcount:
            return False
        lines = [line for line in order.lines if line.id in pieces]
        for line in lines:
            _count_received(session, line, pieces[line.id])
        _settle(session, order)
        for line in sorted(lines, key=lambda line: line.variant_id):
            stock.change(line.variant_id, pieces[line.id], EntryKind.RECEIPT, actor, order.number)
        return True


def close_purchase(purchase_id: int) -> None:
    """What has not arrived will not come, a draft is discarded; opens a transaction. Raises UnknownPurchase."""
    with transaction() as session:
        if session.get(PurchaseOrder, purchase_id) is None:
            raise UnknownPurchase
        session.execute(
            update(PurchaseOrder)
            .where(PurchaseOrder.id == purchase_id, PurchaseOrder.status.in_(AWAITED))
            .values(status=PurchaseStatus.CLOSED)
        )


def _lock(session: Session, purchase_id: int) -> PurchaseOrder:
    order = session.get(PurchaseOrder, purchase_id, with_for_update=True)
    if order is None:
        raise UnknownPurchase
    return order


def _write_quantities(session: Session, order: PurchaseOrder, quantities: Mapping[int, int]) -> None:
    pieces = {line: quantities.get(line.id, line.quantity) for line in order.lines}
    if not any(pieces.values()):
        raise NothingLeft
    for line, count in pieces.items():
        if count:
            line.quantity = count
        else:
            session.delete(line)


def _count_received(session: Session, line: PurchaseLine, count: int) -> None:
    """The guard: never more than was ordered, whoever books at the same time."""
    changed: Any = session.execute(
        update(PurchaseLine)
        .where(PurchaseLine.id == line.id, PurchaseLine.received + count <= PurchaseLine.quantity)
        .values(received=PurchaseLine.received + count)
        .execution_options(synchronize_session=False)
    )
    if not changed.rowcount:
        raise TooMuchReceived(sku=line.sku, open=line.open)


def _settle(session: Session, order: PurchaseOrder) -> None:
    for line in order.lines:
        session.refresh(line)
    order.status = PurchaseStatus.PARTLY if any(line.open for line in order.lines) else PurchaseStatus.RECEIVED
    session.flush()
