"""The only writers of zones and methods. Orders keep the name and the price they were placed with."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storefront.core.db import retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict
from storefront.core.text import slugify
from storefront.shipping.models import MethodKind, ShippingMethod, ShippingZone, WeightBand, ZoneCountry
from storefront.shipping.queries import get_method, get_zone


class TakenZone(Conflict):
    """Another zone has that name, one of the countries, or is the rest of the world already."""

    message = N_("%(what)s belongs to another zone already.")


@dataclass(frozen=True, kw_only=True)
class ZoneData:
    """A zone as a merchant enters it; countries are ISO 3166-1 alpha-2, none for the rest of the world."""

    name: str
    countries: Sequence[str] = ()
    is_rest: bool = False


@dataclass(frozen=True, kw_only=True)
class MethodData:
    """A method as a merchant enters it; `bands` maps grams to minor units, for methods priced by weight."""

    name: str
    kind: MethodKind = MethodKind.FLAT
    price_minor: int = 0
    free_from_minor: int | None = None
    first_day: int = 0
    last_day: int = 0
    note: str = ""
    is_active: bool = True
    bands: Mapping[int, int] = field(default_factory=dict)


def create_zone(data: ZoneData) -> int:
    """Add a zone and return its id; opens a transaction. Raises TakenZone."""
    with transaction() as session:
        zone = ShippingZone()
        session.add(zone)
        _write_zone(session, zone, data)
        return zone.id


def change_zone(zone_id: int, data: ZoneData) -> None:
    """Write what the merchant entered; opens a transaction. Raises TakenZone, UnknownShipping."""
    with transaction() as session:
        _write_zone(session, get_zone(session, zone_id), data)


def delete_zone(zone_id: int) -> None:
    """Take a zone away with its methods: nothing is sent there any more; opens a transaction."""
    with transaction() as session:
        session.delete(get_zone(session, zone_id))


@retry_deadlocks
def create_method(zone_id: int, data: MethodData, code: str = "") -> int:
    """Add a method behind the others of its zone and return its id; opens a transaction. Raises UnknownShipping."""
    with transaction() as session:
        zone = get_zone(session, zone_id)
        behind = max((method.position for method in zone.methods), default=-1) + 1
        method = ShippingMethod(position=behind, code=code or _new_code(data.name))
        zone.methods.append(method)
        _write_method(session, method, data)
        return method.id


@retry_deadlocks
def change_method(method_id: int, data: MethodData) -> None:
    """Write what the merchant entered; opens a transaction. Raises UnknownShipping."""
    with transaction() as session:
        _write_method(session, get_method(session, method_id), data)


def delete_method(method_id: int) -> None:
    """Take a method away; opens a transaction. Raises UnknownShipping."""
    with transaction() as session:
        session.delete(get_method(session, method_id))


def move_method(method_id: int, steps: int) -> None:
    """Move a method up (-1) or down (1) within its zone, no further than its end; opens a transaction."""
    with transaction() as session:
        method = get_method(session, method_id)
        others = list(method.zone.methods)
        place = max(others.index(method) + steps, 0)
        others.remove(method)
        others.insert(place, method)
        for position, each in enumerate(others):
            each.position = position


def _write_zone(session: Session, zone: ShippingZone, data: ZoneData) -> None:
    _check_zone(session, zone, data)
    zone.name, zone.is_rest = data.name, data.is_rest
    kept = {country.country: country for country in zone.countries}
    wanted = [] if data.is_rest else dict.fromkeys(data.countries)
    zone.countries = [kept.get(code) or ZoneCountry(country=code) for code in wanted]
    try:
        session.flush()
    except IntegrityError:
        raise TakenZone(what=data.name, field="name") from None


def _check_zone(session: Session, zone: ShippingZone, data: ZoneData) -> None:
    """Say which of it is taken; who writes the same at the same moment is stopped by the keys of the tables."""
    with session.no_autoflush:
        others = [other for other in session.scalars(select(ShippingZone)) if other is not zone]
        taken = {country.country for other in others for country in other.countries}
    if data.name in {other.name for other in others}:
        raise TakenZone(what=data.name, field="name")
    if data.is_rest and any(other.is_rest for other in others):
        raise TakenZone(what=N_("The rest of the world"), field="is_rest")
    for code in data.countries:
        if code in taken and not data.is_rest:
            raise TakenZone(what=code, field="countries")


def _write_method(session: Session, method: ShippingMethod, data: MethodData) -> None:
    values = {name: value for name, value in vars(data).items() if name != "bands"}
    for name, value in values.items():
        setattr(method, name, value)
    kept = {band.up_to_grams: band for band in method.bands}
    wanted = data.bands if data.kind is MethodKind.WEIGHT else {}
    method.bands = [kept.get(grams) or WeightBand(up_to_grams=grams) for grams in wanted]
    for band in method.bands:
        band.price_minor = wanted[band.up_to_grams]
    session.flush()


def _new_code(name: str) -> str:
    return f"{slugify(name, 30)}-{secrets.token_hex(3)}"
