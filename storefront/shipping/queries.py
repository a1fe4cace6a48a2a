"""Reads of shipping: what goes where, and what it costs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, exists, select
from sqlalchemy.orm import Session, selectinload

from storefront.core.db import table_of
from storefront.core.errors import N_, InvalidInput, NotFound
from storefront.shipping.models import MethodKind, ShippingMethod, ShippingZone, WeightBand, ZoneCountry

METHODS, ZONES, COUNTRIES, BANDS = map(table_of, (ShippingMethod, ShippingZone, ZoneCountry, WeightBand))


def _offered() -> Select[Any]:
    is_named = exists().where(COUNTRIES.c.country == bindparam("country"))
    is_here = exists().where(COUNTRIES.c.country == bindparam("country"), COUNTRIES.c.zone_id == ZONES.c.id)
    return (
        select(METHODS)
        .join(ZONES, ZONES.c.id == METHODS.c.zone_id)
        .where(METHODS.c.is_active, is_here | (ZONES.c.is_rest & ~is_named))
        .order_by(METHODS.c.position, METHODS.c.id)
    )


# Made once: every order in a rush asks it.
OFFERED = _offered()
_is_served = exists().where(METHODS.c.zone_id == ZONES.c.id, METHODS.c.is_active)
SERVES_THE_REST = select(ZONES.c.id).where(ZONES.c.is_rest, _is_served).limit(1)
SERVED = select(COUNTRIES.c.country).join(ZONES, ZONES.c.id == COUNTRIES.c.zone_id).where(_is_served)


class NoSuchMethod(InvalidInput):
    """The shipping method does not go to that country, or not with a parcel so heavy."""

    message = N_("Choose how we should send it.")


class UnknownShipping(NotFound):
    """There is no such zone or method (any more)."""

    message = N_("This is not among the shop's ways to send any more.")


class Offer(NamedTuple):
    """A method as it is offered for one parcel; days are working days, the price is minor units before tax on top."""

    code: str
    name: str
    note: str
    kind: MethodKind
    first_day: int
    last_day: int
    price_minor: int


def list_offers(session: Session, country: str, items_minor: int, weight_grams: int) -> list[Offer]:
    """What can be chosen for goods of that value and weight to `country`, in the shop's order."""
    offers = []
    for row in session.connection().execute(OFFERED, {"country": country}):
        price = _band_price(session, row.id, weight_grams) if row.kind is MethodKind.WEIGHT else row.price_minor
        if price is None:
            continue
        is_free = row.free_from_minor is not None and items_minor >= row.free_from_minor
        days = (row.first_day, row.last_day)
        offers.append(Offer(row.code, row.name, row.note, row.kind, *days, 0 if is_free else price))
    return offers


def choose(offers: Sequence[Offer], code: str) -> Offer:
    """The offer of that code; raises NoSuchMethod."""
    for offer in offers:
        if offer.code == code:
            return offer
    raise NoSuchMethod(field="shipping_method")


def find_served_countries(session: Session) -> set[str] | None:
    """The countries that an active method goes to; None when that is every country."""
    if session.connection().scalar(SERVES_THE_REST):
        return None
    return set(session.connection().scalars(SERVED))


def list_zones(session: Session) -> list[ShippingZone]:
    """All zones with countries, methods and bands, the rest of the world last."""
    shown = (
        selectinload(ShippingZone.countries),
        selectinload(ShippingZone.methods).selectinload(ShippingMethod.bands),
    )
    return list(session.scalars(select(ShippingZone).options(*shown).order_by(ShippingZone.is_rest, ShippingZone.id)))


def get_zone(session: Session, zone_id: int) -> ShippingZone:
    """The zone; raises UnknownShipping."""
    zone = session.get(ShippingZone, zone_id)
    if zone is None:
        raise UnknownShipping(id=zone_id)
    return zone


def get_method(session: Session, method_id: int) -> ShippingMethod:
    """The method with its bands; raises UnknownShipping."""
    method = session.get(ShippingMethod, method_id)
    if method is None:
        raise UnknownShipping(id=method_id)
    return method


def _band_price(session: Session, method_id: int, weight_grams: int) -> int | None:
    query = select(BANDS.c.price_minor).where(BANDS.c.method_id == method_id, BANDS.c.up_to_grams >= weight_grams)
    return session.scalar(query.order_by(BANDS.c.up_to_grams).limit(1))
